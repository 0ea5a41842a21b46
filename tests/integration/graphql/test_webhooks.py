"""Webhooks of this door: made, changed and shown; told of objects as their own query says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from entrepot import __version__
from entrepot.apis.graphql.ids import write_id
from entrepot.catalogue import VariantChanges, change_variant
from entrepot.connectors.webhooks import (
    WebhookChanges,
    change_webhook,
    list_webhooks,
    rotate_secret,
    send_ping,
    who_asks,
)
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Answered, Guard, Unanswered
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.partnerships import end_trading_right, grant_trading_right
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.callers import caller_for
from tests.factories.feeding import publish_all
from tests.factories.graphql import Graphql, Key, Mall
from tests.factories.graphql_hooks import CREATE, GraphqlHooks
from tests.factories.hooks import URL
from tests.factories.network import Network

UPDATE = """
mutation ($input: WebhookUpdateMutationInput!) {
  webhookUpdate(input: $input) {
    status errors { field messages }
    webhook { id type eventName enabled queryString headers url }
  }
}
"""
STOCK = "query ($id: ID!) { node(id: $id) { ... on Variant { label countOnHand } } }"
EVENTS = """
query ($webhook: ID) {
  webhookEvents(webhookId: $webhook) {
    totalCount
    nodes { id eventName status skipped payload processedAt retryAfter responses { id status } }
  }
}
"""


@pytest.fixture
def hooks(graphql: Graphql, settings: Settings) -> GraphqlHooks:
    """Whoever is told at this door."""
    return GraphqlHooks(graphql, settings)


async def update(key: Key, webhook: str, **attributes: object) -> Any:  # noqa: ANN401 - JSON, as it is read
    """What webhookUpdate answers."""
    given = {"webhookId": webhook, "attributes": attributes}
    return (await key.data(UPDATE, {"input": given}))["webhookUpdate"]


async def refused(key: Key, **attributes: object) -> list[Any]:
    """What is wrong with a webhook, as webhookCreate answers it."""
    given = {"type": "VARIANT", "url": URL, **attributes}
    payload = (await key.data(CREATE, {"input": {"attributes": given}}))["webhookCreate"]
    assert payload["webhook"] is None
    errors: list[Any] = payload["errors"]
    return errors


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


async def test_body_and_headers_are_what_receivers_know(mall: Mall, hooks: GraphqlHooks) -> None:
    """Contract test 12: the body's and the headers' shape, and the signature over raw bytes."""
    await hooks.make(
        mall.market,
        "VARIANT",
        queryString=STOCK,
        hmacKey="s3cret",
        headers={"X-Token": "mine"},
    )
    await mall.stock(mall.seller_id, mall.shoes, 3)
    (said,) = await hooks.send()
    (sent,) = hooks.sent
    label = await hooks.pool.fetchval("SELECT name FROM variants WHERE id = $1", mall.shoes)
    vertical = await hooks.pool.fetchval(
        "SELECT slug FROM organisations WHERE id = $1", mall.market_id
    )
    assert list(said) == ["id", "event_name", "payload"]
    assert decoded(said["id"]) == "WebhookEvent-1"
    assert said["event_name"] == "update"
    assert said["payload"] == {"data": {"node": {"label": label, "countOnHand": 3}}}
    signature = hmac.digest(b"s3cret", sent.body, hashlib.sha256)
    assert dict(sent.headers) == {
        "Content-Type": "application/json",
        "User-Agent": f"Entrepot/{__version__}",
        "Marketplacer-Sequence": "1",
        "Marketplacer-Vertical": vertical,
        "Idempotency-Key": base64.b64encode(f"{vertical}:1".encode()).decode(),
        "Marketplacer-Hmac-256": base64.b64encode(signature).decode(),
        "X-Token": "mine",
    }
    assert hooks.waited == [30.0]


async def test_a_refusal_switches_it_off_and_a_failure_is_tried_again(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    """Contract test 12: 500, 429 and silence are tried again; 400 disables."""
    made = await hooks.make(mall.seller, "VARIANT", maxRetries=4)
    await mall.stock(mall.seller_id, mall.shoes, 3)
    hooks.answer = Answered(500, 3)
    assert len(await hooks.send()) == 1
    hooks.wait(seconds=59)
    assert await hooks.send() == []
    hooks.wait(seconds=2)
    hooks.answer = Unanswered("timed out", 30_000)
    assert len(await hooks.send()) == 1
    hooks.wait(seconds=92)
    hooks.answer = Answered(429, 3)
    assert len(await hooks.send()) == 1
    assert await hooks.webhook(mall.seller_id) == ("enabled", None, 1)
    hooks.wait(seconds=81)
    hooks.answer = Answered(400, 3)
    assert len(await hooks.send()) == 1
    assert (await hooks.webhook(mall.seller_id))[:2] == ("disabled", "refused")
    ((kind, facts),) = await hooks.notices(mall.seller_id)
    assert (kind, facts["reason"]) == ("webhooks.disabled", "refused")
    keys = {each.headers["Idempotency-Key"] for each in hooks.sent}
    assert len(keys) == 1, "each try has the same"
    (event,) = (await mall.seller.data(EVENTS))["webhookEvents"]["nodes"]
    assert (event["status"], event["skipped"], event["payload"]) == ("failed", False, None)
    assert [each["status"] for each in event["responses"]] == [500, 429, 400]
    names = {decoded(each["id"]) for each in event["responses"]}
    assert names == {f"WebhookEventResponse-100{number}" for number in (1, 3, 4)}
    await mall.stock(mall.seller_id, mall.shoes, 2)
    assert await hooks.send() == [], "it is off"
    assert (await update(mall.seller, made["id"], enabled=True))["webhook"]["enabled"] is True
    hooks.answer = Answered(200, 3)
    await mall.stock(mall.seller_id, mall.shoes, 1)
    assert len(await hooks.send()) == 1


async def test_it_is_tried_as_often_as_it_says(mall: Mall, hooks: GraphqlHooks) -> None:
    await hooks.make(mall.seller, "VARIANT", maxRetries=0)
    await mall.stock(mall.seller_id, mall.shoes, 3)
    hooks.answer = Answered(503, 3)
    assert len(await hooks.send()) == 1
    hooks.wait(days=1)
    assert await hooks.send() == []
    assert await hooks.states() == ["parked"]
    ((kind, facts),) = await hooks.notices(mall.seller_id)
    assert (kind, facts["error"]) == ("webhooks.delivery_parked", "status 503")


async def test_the_newest_wins_and_what_says_the_same_is_left_out(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    await hooks.make(mall.market, "VARIANT", queryString=STOCK, allowSkip=True)
    for on_hand in (4, 3, 2):
        await mall.stock(mall.seller_id, mall.shoes, on_hand)
        await hooks.tell()
    assert await hooks.states() == ["replaced", "replaced", "waiting"]
    (said,) = await hooks.send()
    assert said["payload"]["data"]["node"]["countOnHand"] == 2
    await mall.stock(mall.seller_id, mall.shoes, 9)
    await hooks.tell()
    await mall.stock(mall.seller_id, mall.shoes, 2)
    assert await hooks.send() == [], "it is what was told last"
    assert (await hooks.states())[-2:] == ["replaced", "skipped"]
    await mall.stock(mall.seller_id, mall.shoes, 1)
    assert len(await hooks.send()) == 1


async def test_goods_that_come_change_and_go_are_told(mall: Mall, hooks: GraphqlHooks) -> None:
    for told_of in ("VARIANT", "ADVERT"):
        await hooks.make(mall.seller, told_of)
        await hooks.make(mall.market, told_of)
    made = await mall.seller.data(
        'mutation { advertUpsert(input: { attributes: { title: "Boots",'
        ' variants: [{ sku: "B-1" }, { sku: "B-2" }] } }) { advert { id'
        " variants { nodes { id } } } } }"
    )
    advert = made["advertUpsert"]["advert"]
    assert await names(hooks) == ["create Advert"] * 2 + ["create Variant"] * 4
    for each in advert["variants"]["nodes"]:
        await mall.seller.data(
            "mutation ($id: ID!) { variantUpdate(input: { variantId: $id, attributes:"
            ' { price: "7.5" } }) { errors { field } } }',
            {"id": each["id"]},
        )
    assert await names(hooks) == ["update Advert"] * 2 + ["update Variant"] * 4
    await mall.seller.data(
        "mutation ($id: ID!) { advertUpsert(input: { advertId: $id, attributes:"
        ' { variants: [{ sku: "B-3" }] } }) { errors { field } } }',
        {"id": advert["id"]},
    )
    assert await names(hooks) == [
        *["create Variant"] * 2,
        *["update Advert"] * 2,
    ]


async def test_what_is_deleted_is_told_though_nobody_sees_it(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    for told_of in ("VARIANT", "ADVERT"):
        query = "query ($id: ID!) { gone: node(id: $id) { id } }"
        await hooks.make(
            mall.market, told_of, eventName="DESTROY", allowSkip=True, queryString=query
        )
    gone = await change_variant(
        mall.graphql.pool,
        new_id,
        caller_for(mall.seller_id),
        mall.shoes,
        VariantChanges(state="deleted"),
    )
    assert isinstance(gone, Written), gone
    said = await hooks.send()
    assert [each["event_name"] for each in said] == ["destroy"] * 2
    assert [each["payload"] for each in said] == [{"data": {"gone": None}}] * 2
    events = (await mall.market.data(EVENTS))["webhookEvents"]["nodes"]
    assert {each["status"] for each in events} == {"processed"}


async def test_what_partners_offer_is_told_to_who_has_partners(
    mall: Mall, hooks: GraphqlHooks, network: Network
) -> None:
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Variant { countOnHand countFromPartners } } }"
    )
    await hooks.make(mall.market, "VARIANT", queryString=query)
    wholesaler = await network.organisation("wholesaler")
    partnership = await network.partnership(wholesaler, mall.seller_id)
    theirs = await network.variant(wholesaler, "PAIR")
    await network.match(partnership, (wholesaler, theirs), (mall.seller_id, mall.shoes))
    await publish_all(mall.graphql.pool, who_asks)
    await hooks.send()
    hooks.sent.clear()
    await mall.stock(wholesaler, theirs, 7)
    await publish_all(mall.graphql.pool, who_asks)
    assert [each["payload"]["data"]["node"] for each in await hooks.send()] == [
        {"countOnHand": 5, "countFromPartners": 7}
    ]


async def test_other_doors_show_it_and_change_its_state_alone(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    made = await hooks.make(mall.seller, "VARIANT", headers={"X-Token": "mine"})
    pool, caller = mall.graphql.pool, caller_for(mall.seller_id)
    (shown,) = await list_webhooks(pool, caller, Page())  # type: ignore[misc] # no refusal
    assert (shown.kind, shown.events) == ("graphql", ())
    assert shown.graphql is not None
    assert shown.graphql.told_of == "VARIANT"
    assert shown.graphql.header_names == ("X-Token",)
    guard, id_ = Guard(inside_allowed=True), shown.inner_id
    refused = [
        await change_webhook(pool, new_id, caller, id_, WebhookChanges(url=URL), guard),
        await change_webhook(pool, new_id, caller, id_, WebhookChanges(events=("*",)), guard),
        await rotate_secret(pool, new_id, caller, id_, open_box(hooks.settings)),
        await send_ping(pool, new_id, caller, id_),
    ]
    assert [getattr(each, "code", each) for each in refused] == ["webhooks.other_kind"] * 4
    for state in ("disabled", "enabled", "deleted"):
        changes = WebhookChanges(state=state)
        changed = await change_webhook(pool, new_id, caller, id_, changes, guard)
        assert isinstance(changed, Written), changed
        assert changed.answer.state == state
    gone = await mall.seller.ask(UPDATE, {"input": {"webhookId": made["id"]}})
    assert gone["errors"][0]["message"] == f"No object found for webhookId: {made['id']}"


async def test_a_query_that_cannot_be_run_is_tried_again_and_nobody_blamed(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    await hooks.make(mall.seller, "VARIANT")
    await mall.stock(mall.seller_id, mall.shoes, 3)
    await hooks.pool.execute("UPDATE webhooks SET query = '{ nothing }'")
    assert await hooks.send() == []
    row = await hooks.pool.fetchrow(
        "SELECT d.state, d.last_error, w.consecutive_failures FROM webhook_deliveries AS d"
        " INNER JOIN webhooks AS w ON w.id = d.webhook"
    )
    assert tuple(row or ()) == ("waiting", "the query does not fit this release", 0)


async def test_an_order_is_told_invoice_by_invoice(door: BazaarDoor, settings: Settings) -> None:
    """Contract tests 2 and 12: each hears of its invoices; of an order that was refused, nobody."""
    hooks = GraphqlHooks(door.graphql, settings)
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Invoice { totalCents seller { businessName }"
        " order { id } } } }"
    )
    for key in (door.market, door.key_one):
        await hooks.make(key, "INVOICE", queryString=query)
    refused = await door.create(door.line(1, "marketplace"), door.line(1, "wholesale"))
    assert refused["errors"]
    assert await hooks.send() == []
    assert (await door.create(door.line(1, "wholesale"), door.line(2, "wholesale")))["order"]
    said = await hooks.send()
    assert {each["event_name"] for each in said} == {"create"}
    told = [
        (sent.headers["Marketplacer-Vertical"].partition("-")[0], node and node["seller"])
        for sent, node in ((each, each.said["payload"]["data"]["node"]) for each in hooks.sent)
    ]
    one, two = ({"businessName": f"seller-{number}"} for number in ("one", "two"))
    # A seller may not ask for the order, so the whole of its invoice is null, as at the door.
    assert sorted(told, key=str) == sorted(
        [("bazaar", one), ("bazaar", two), ("seller", None)], key=str
    )
    events = await door.market.data("{ webhookEvents { nodes { invoice { totalCents } } } }")
    assert [each["invoice"]["totalCents"] for each in events["webhookEvents"]["nodes"]] == [
        1000
    ] * 2


async def test_what_becomes_of_an_invoice_is_told_to_both(
    door: BazaarDoor, settings: Settings
) -> None:
    hooks = GraphqlHooks(door.graphql, settings)
    for key in (door.market, door.key_one, door.key_two):
        for told_of in ("INVOICE", "SHIPMENT", "REFUND_REQUEST"):
            await hooks.make(key, told_of)
    line = door.line(1, "wholesale", quantity=3, cost={"amount": 3000})
    (invoice,) = (await door.create(line))["order"]["invoices"]["nodes"]
    assert await names(hooks) == ["create Invoice"] * 2
    item = {"lineItemId": invoice["lineItems"][0]["id"], "quantity": 1}
    await act(
        door.key_one,
        "shipmentCreate",
        "ShipmentCreate",
        invoiceId=invoice["id"],
        dispatchedAt="2100-01-01",
        postageCarrierId=write_id("ShipmentCarrier", 9),
        trackingNumber="T 1",
        shippedItems=[item],
    )
    assert await names(hooks) == ["create Shipment"] * 2 + ["update Invoice"] * 2
    refund = await act(
        door.key_one,
        "refundRequestCreate",
        "RefundRequestCreate",
        invoiceId=invoice["id"],
        lineItems=[{**item, "dispatched": False, "reason": "Sold out"}],
        notes=[],
    )
    assert await names(hooks) == ["create RefundRequest"] * 2 + ["update Invoice"] * 2
    id_ = refund["refundRequest"]["id"]
    for name in ("Return", "Refund"):
        await act(
            door.market,
            f"refundRequest{name}",
            f"RefundRequest{name}",
            refundRequestId=id_,
            notes=[],
        )
        assert await names(hooks) == ["update Invoice"] * 2 + ["update RefundRequest"] * 2
    query = "{ webhookEvents { nodes { shipment { id } refundRequest { id } invoice { id } } } }"
    for key, count in ((door.market, 9), (door.key_one, 9), (door.key_two, 0)):
        events = (await key.data(query))["webhookEvents"]["nodes"]
        assert len(events) == count
        assert all(sum(each is not None for each in event.values()) == 1 for event in events)


async def act(key: Key, field: str, kind: str, **given: object) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Do an act that must go well; its payload."""
    query = f"mutation ($input: {kind}MutationInput!) {{ {field}(input: $input)"
    thing = "shipment" if field.startswith("ship") else "refundRequest"
    query += f" {{ errors {{ field messages }} {thing} {{ id }} }} }}"
    payload = (await key.data(query, {"input": given}))[field]
    assert payload["errors"] is None, payload
    return payload


async def test_a_seller_that_comes_and_goes_is_told_to_its_marketplace(
    mall: Mall, hooks: GraphqlHooks
) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Seller { businessName } } }"
    await hooks.make(mall.market, "SELLER", queryString=query)
    await hooks.make(mall.stranger, "SELLER", queryString=query)
    pool, stranger = mall.graphql.pool, caller_for(mall.stranger_id)
    await grant_trading_right(pool, new_id, stranger, mall.market_id, "marketplace")
    (said,) = await hooks.send()
    assert said["event_name"] == "create"
    assert said["payload"]["data"]["node"]["businessName"].startswith("stranger")
    await end_trading_right(pool, new_id, stranger, mall.market_id, "marketplace")
    (said,) = await hooks.send()
    assert said["event_name"] == "update"
    assert all(sent.headers["Marketplacer-Vertical"].startswith("market") for sent in hooks.sent)


async def names(hooks: GraphqlHooks) -> list[str]:
    """What is sent: the name of the event and the type of its object, sorted."""
    said = await hooks.send()
    return sorted(
        f"{each['event_name']} {each['payload']['data']['node']['__typename']}".replace(
            "UnpublishedAdvert", "Advert"
        )
        for each in said
    )


async def test_each_hears_of_its_own_and_a_marketplace_of_its_sellers(
    mall: Mall, hooks: GraphqlHooks, network: Network
) -> None:
    hats = base64.b64encode(b"Seller-0").decode()
    seller = (await mall.market.data('{ sellersWhere(q: "hatter") { nodes { id } } }'))[
        "sellersWhere"
    ]["nodes"][0]["id"]
    assert seller != hats
    await hooks.make(mall.market, "VARIANT", sellerId=seller, queryString=STOCK)
    await hooks.make(mall.seller, "VARIANT", queryString=STOCK)
    await hooks.make(mall.stranger, "VARIANT", queryString=STOCK)
    await mall.stock(mall.seller_id, mall.shoes, 3)
    await mall.stock(mall.other_id, mall.hats, 4)
    await hooks.send()
    told = {
        (
            each.headers["Marketplacer-Vertical"].partition("-")[0],
            each.said["payload"]["data"]["node"]["countOnHand"],
        )
        for each in hooks.sent
    }
    assert told == {("shoemaker", 3), ("market", 4)}
    await mall.stock(mall.other_id, mall.hats, 5)
    await hooks.tell()
    await network.pool.execute("UPDATE trading_rights SET state = 'ended'")
    assert await hooks.send() == [], "what is not to be seen any more is not told"
    assert (await hooks.states())[-1] == "skipped"
    unknown = await mall.market.ask(
        CREATE, {"input": {"attributes": {"type": "ADVERT", "url": URL, "sellerId": hats}}}
    )
    assert unknown["errors"][0]["message"] == f"No object found for sellerId: {hats}"


async def test_a_query_says_what_its_maker_may_read(mall: Mall, hooks: GraphqlHooks) -> None:
    poor = await mall.graphql.key(mall.seller_id, Scope.WEBHOOKS_WRITE)
    attributes = {"type": "VARIANT", "url": URL}
    answer = await poor.ask(CREATE, {"input": {"attributes": attributes}})
    assert answer["errors"][0]["extensions"]["code"] == "MISSING_SCOPE"
    made = await hooks.make(mall.seller, "VARIANT", queryString=STOCK)
    changed = await poor.ask(
        UPDATE, {"input": {"webhookId": made["id"], "attributes": {"url": f"{URL}/mine"}}}
    )
    assert changed["errors"][0]["extensions"]["code"] == "MISSING_SCOPE"
    assert (await update(poor, made["id"], enabled=False))["webhook"]["enabled"] is False
    switched_on = await poor.ask(
        UPDATE, {"input": {"webhookId": made["id"], "attributes": {"enabled": True}}}
    )
    assert switched_on["errors"][0]["extensions"]["code"] == "MISSING_SCOPE"


async def test_what_is_wrong_is_said_by_attribute(mall: Mall, hooks: GraphqlHooks) -> None:
    wrong = await refused(
        mall.market,
        url="http://shop.example/hook",
        queryString="query ($id: ID!) { node(id: $id) { nothing } }",
        maxRetries=51,
        concurrentSendLimit=0,
        hmacKey="k" * 501,
        headers={"User-Agent": "mine"},
    )
    assert {each["field"] for each in wrong} == {
        "url",
        "query_string",
        "max_retries",
        "concurrent_send_limit",
        "hmac_key",
        "headers",
    }
    for query, says in {
        "{ siteConfig { name } }": "($id: ID!)",
        "query ($id: ID) { nodes(ids: []) { id } }": "$id",
        "mutation ($id: ID!) { variantUpdate(input: {}) { status } }": "attributes",
        "query ($id: ID!, $x: ID!) { nodes(ids: [$id, $x]) { id } }": "Nothing is given for $x",
        "query ($id: ID!) { node(id: $id) { " + "a: id " * 101 + "} }": "aliases",
        "query ($id: ID!) { node(id: $id) { id }": "Expected",
        "": "characters",
    }.items():
        ((error,)) = await refused(mall.market, queryString=query)
        assert error["field"] == "query_string"
        assert says in " ".join(error["messages"]), error
    for headers in (
        {"A b": "c"},
        {"Marketplacer-Sequence": "1"},
        {"X": "é"},
        {"X": " a"},
        {"X": "a", "x": "b"},
        {"X": 1},
        ["X"],
    ):
        ((error,)) = await refused(mall.market, headers=headers)
        assert error["field"] == "headers"
    assert await hooks.pool.fetchval("SELECT count(*) FROM webhooks") == 0


async def test_secrets_are_kept_sealed_and_shown_to_nobody(mall: Mall, hooks: GraphqlHooks) -> None:
    headers = {"X-Token": "hush-header"}
    made = await hooks.make(mall.seller, "VARIANT", hmacKey="hush-key", headers=headers)
    assert made["headers"] == {"X-Token": "********"}
    await mall.stock(mall.seller_id, mall.shoes, 3)
    hooks.answer = Answered(500, 1)
    await hooks.send()
    kept = await update(mall.seller, made["id"], headers={"X-Token": "********", "X-B": "b"})
    assert kept["webhook"]["headers"] == {"X-Token": "********", "X-B": "********"}
    hooks.wait(seconds=61)
    hooks.answer = Answered(200, 1)
    await hooks.send()
    assert hooks.sent[-1].headers["X-Token"] == "hush-header"
    assert "Marketplacer-Hmac-256" in hooks.sent[-1].headers
    for table in ("webhooks", "webhook_deliveries", "webhook_attempts", "audit", "outbox"):
        dump = str(await hooks.pool.fetch(f"SELECT t.* FROM {table} AS t"))
        assert "hush" not in dump


async def test_sent_twice_it_is_made_once(mall: Mall, hooks: GraphqlHooks) -> None:
    given = {"input": {"attributes": {"type": "ADVERT", "url": URL, "hmacKey": "k"}}}
    first = await mall.market.data(CREATE, given, Idempotency_Key="once")
    again = await mall.market.data(CREATE, given, Idempotency_Key="once")
    assert first == again
    assert await hooks.pool.fetchval("SELECT count(*) FROM webhooks") == 1
    assert first["webhookCreate"]["webhook"] == {
        "id": first["webhookCreate"]["webhook"]["id"],
        "type": "ADVERT",
        "eventName": None,
        "enabled": True,
        "queryString": "query ($id: ID!) { node(id: $id) { __typename } }",
        "headers": {},
        "maxRetries": 25,
        "concurrentSendLimit": 100,
        "allowSkip": False,
        "legacyFormat": True,
        "url": URL,
        "seller": None,
    }


async def test_they_are_listed_with_what_they_were_told(mall: Mall, hooks: GraphqlHooks) -> None:
    first = await hooks.make(mall.seller, "VARIANT", eventName="UPDATE")
    second = await hooks.make(mall.seller, "ADVERT")
    for on_hand in (4, 3):
        await mall.stock(mall.seller_id, mall.shoes, on_hand)
        await hooks.send()
    listing = "{ webhooks { totalCount nodes { id eventName events { id status } } } }"
    with mall.graphql.statements() as seen:
        found = (await mall.seller.data(listing))["webhooks"]
    assert found["totalCount"] == 2
    assert len(seen) <= 4, seen
    assert [each["id"] for each in found["nodes"]] == [first["id"], second["id"]]
    assert [each["status"] for each in found["nodes"][0]["events"]] == ["processed"] * 2
    assert found["nodes"][1]["events"] == []
    events = (await mall.seller.data(EVENTS, {"webhook": first["id"]}))["webhookEvents"]
    assert (events["totalCount"], [decoded(each["id"]) for each in events["nodes"]]) == (
        2,
        ["WebhookEvent-2", "WebhookEvent-1"],
    )
    assert all(each["processedAt"] and not each["retryAfter"] for each in events["nodes"])
    page = "query ($after: String) { webhookEvents(first: 1, after: $after) { nodes { id }"
    page += " pageInfo { endCursor hasNextPage } } }"
    one = (await mall.seller.data(page))["webhookEvents"]
    two = (await mall.seller.data(page, {"after": one["pageInfo"]["endCursor"]}))["webhookEvents"]
    assert [one["nodes"][0]["id"], two["nodes"][0]["id"]] == [
        each["id"] for each in events["nodes"]
    ]
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (True, False)
    ids = [first["id"], events["nodes"][0]["id"], events["nodes"][0]["responses"][0]["id"]]
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    own = (await mall.seller.data(nodes, {"ids": ids}))["nodes"]
    assert [each["__typename"] for each in own] == [
        "Webhook",
        "WebhookEvent",
        "WebhookEventResponse",
    ]
    assert (await mall.market.data(nodes, {"ids": ids}))["nodes"] == [None] * 3
    beyond = base64.b64encode(b'["' + b"f" * 32 + b'"]').decode()
    assert len((await mall.seller.data(page, {"after": beyond}))["webhookEvents"]["nodes"]) == 1
    assert (await mall.seller.data("{ webhooks(first: 0) { nodes { id } } }"))["webhooks"] == {
        "nodes": []
    }
    foreign = await mall.market.ask(EVENTS, {"webhook": first["id"]})
    assert foreign["errors"][0]["message"] == f"No object found for webhookId: {first['id']}"
