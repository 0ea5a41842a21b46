"""Shipments and refund requests at the GraphQL door, by the seller and by the marketplace.

Numbers in names of tests are those of the compatibility tests in marketplace-api.md, 16.
"""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.apis.graphql.ids import write_id
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.graphql import Key

POST = write_id("ShipmentCarrier", 9)
SHIP = (
    "mutation shipmentCreate($input: ShipmentCreateMutationInput!) { shipmentCreate(input: $input)"
    " { status errors { field messages } shipment { id legacyId carrier trackingNumber trackingLink"
    " dispatchedAt createdAt note homepageLink updatedAt externalIds { key } metadata { key }"
    " shippedItems { id quantity lineItem { id quantityAwaitingDispatch shipments { id }"
    " shipment { id } } } invoice { id statusFlags status shipments { id } } } } }"
)
REFUND = (
    " { status errors { field messages } refundRequest { id legacyId status initiatedBy restock"
    " createdAt updatedAt refundedAt cashAmountCents cashAmountFormatted requestValueCents"
    " totalCents refundAmountCents notes { note status createdAt } externalIds { key }"
    " metadata { key } lineItems { id legacyId quantity dispatched reason status amountCents"
    " amountPerItemCents description onlyRemittance notes { note } lineItem { id }"
    " refundRequest { id } } invoice { id statusFlags } } } }"
)
INVOICE = (
    "query($id: ID!) { node(id: $id) { ... on Invoice { status statusFlags updatedAt"
    " order { aggregateInvoiceStatus aggregateInvoiceStatusFinal status shipments { id } }"
    " shipments { id } refundRequests { id } lineItems { id status statusFull quantity"
    " quantityAwaitingDispatch quantityReturnable shipment { id } } } } }"
)
MESSAGE = "Shipped items quantity exceeds the maximum number of undispatched items."


class Sold:
    """An invoice of seller one with two lines, of 3 and 2 units."""

    def __init__(self, door: BazaarDoor, invoice: Any) -> None:  # noqa: ANN401 - JSON, as it is read
        self.door = door
        self.id: str = invoice["id"]
        self.lines = [line["id"] for line in invoice["lineItems"]]

    async def ship(self, *items: tuple[int, int], key: Key | None = None, **said: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """Ship of these lines so many; the whole answer."""
        given = {
            "invoiceId": self.id,
            "dispatchedAt": "2100-01-01",
            "postageCarrierId": POST,
            "trackingNumber": "T 1",
            "shippedItems": [
                {"lineItemId": self.lines[line], "quantity": quantity} for line, quantity in items
            ],
            **said,
        }
        return await (key or self.door.key_one).ask(SHIP, {"input": given})

    async def refund(self, *items: dict[str, Any], **said: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """Ask money back for these lines; the payload."""
        given = {"invoiceId": self.id, "lineItems": items, "notes": [], **said}
        return await step(self.door.key_one, "Create", given)

    async def invoice(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        """How far it is."""
        return (await self.door.market.data(INVOICE, {"id": self.id}))["node"]


async def step(key: Key, name: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Do something with a refund request; the payload, or the errors of the request."""
    kind = f"RefundRequest{name}MutationInput!"
    field = f"refundRequest{name}"
    query = f"mutation($input: {kind}) {{ {field}(input: $input){REFUND}"
    answer = await key.ask(query, {"input": {"notes": [], **given}})
    return answer["errors"] if "errors" in answer else answer["data"][field]


@pytest.fixture
async def sold(door: BazaarDoor) -> Sold:
    lines = [
        door.line(1, "wholesale", quantity=quantity, cost={"amount": 1000 * quantity})
        for quantity in (3, 2)
    ]
    (invoice,) = (await door.create(*lines))["order"]["invoices"]["nodes"]
    return Sold(door, invoice)


def made(answer: Any) -> Any:  # noqa: ANN401 - JSON, as it is read
    """The shipment of an answer that went well."""
    payload = answer["data"]["shipmentCreate"]
    assert (payload["errors"], payload["status"]) == (None, 200)
    return payload["shipment"]


async def test_shipping_in_parts(sold: Sold) -> None:
    before = await sold.invoice()
    assert (before["status"], before["statusFlags"]) == ("PAID", ["PAID"])
    assert before["lineItems"][0]["quantityAwaitingDispatch"] == 3
    first = made(await sold.ship((0, 2), note="left at the door"))
    assert (first["carrier"], first["trackingNumber"]) == ("Australia Post", "T 1")
    assert first["trackingLink"].endswith("T%201")
    assert first["note"] == "left at the door"
    assert first["dispatchedAt"] == "2100-01-01T00:00:00Z"
    assert first["invoice"]["statusFlags"] == ["PAID", "PARTIALLY_SENT"]
    (item,) = first["shippedItems"]
    assert (item["quantity"], item["lineItem"]["quantityAwaitingDispatch"]) == (2, 1)
    assert item["lineItem"]["shipments"] == [{"id": first["id"]}]
    partly = await sold.invoice()
    assert partly["updatedAt"] >= before["updatedAt"]
    assert [line["statusFull"] for line in partly["lineItems"]] == ["ALLOCATED"] * 2
    second = made(await sold.ship((0, 1), (1, 2), key=sold.door.market))
    after = await sold.invoice()
    assert (after["status"], after["statusFlags"]) == ("SENT", ["PAID", "SENT"])
    assert [line["statusFull"] for line in after["lineItems"]] == ["SHIPPED"] * 2
    assert [line["quantityReturnable"] for line in after["lineItems"]] == [3, 2]
    assert after["order"] == {
        "aggregateInvoiceStatus": "SENT",
        "aggregateInvoiceStatusFinal": True,
        "status": "COMPLETE",
        "shipments": [{"id": first["id"]}, {"id": second["id"]}],
    }
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [first["id"], item["id"], POST, second["shippedItems"][1]["id"]]
    for key in (sold.door.key_one, sold.door.market):
        nodes = (await key.data(query, {"ids": ids}))["nodes"]
        assert [node["id"] for node in nodes] == ids
    foreign = (await sold.door.key_two.data(query, {"ids": ids}))["nodes"]
    assert foreign == [None, None, {"id": POST}, None]


async def test_5_a_day_a_moment_and_what_is_neither(sold: Sold) -> None:
    whole = made(await sold.ship((0, 1), dispatchedAt="2100-03-27T00:08:29.581Z"))
    assert whole["dispatchedAt"] == "2100-03-27T00:00:00Z"
    answer = await sold.ship((0, 1), dispatchedAt="2024-06-21T00")
    assert answer["errors"][0]["message"] == (
        "Variable $input of type ShipmentCreateMutationInput! was provided invalid value for"
        ' dispatchedAt (Could not coerce value "2024-06-21T00" to ISO8601Date)'
    )
    early = (await sold.ship((0, 1), dispatchedAt="2020-01-01"))["data"]["shipmentCreate"]
    assert early["shipment"] is None
    assert early["errors"] == [
        {
            "field": "dispatched_at",
            "messages": ["Dispatched at is before shipped items were ordered"],
        }
    ]


async def test_no_more_leaves_than_is_open(sold: Sold, door: BazaarDoor) -> None:
    payload = (await sold.ship((0, 4)))["data"]["shipmentCreate"]
    assert payload["errors"] == [{"field": "quantity", "messages": [MESSAGE]}]
    payload = (await sold.ship((0, 3), (1, 3)))["data"]["shipmentCreate"]
    assert payload["errors"][0]["messages"] == [MESSAGE, "This is about line 2 of 2."]
    payload = (await sold.ship())["data"]["shipmentCreate"]
    assert payload["errors"][0]["field"] == "shipped_items"
    (other,) = (await door.create(door.line(1, "wholesale")))["order"]["invoices"]["nodes"]
    items = [{"lineItemId": other["lineItems"][0]["id"], "quantity": 1}]
    payload = (await sold.ship(shippedItems=items))["data"]["shipmentCreate"]
    assert payload["errors"][0]["field"] == "line_item_id"


async def test_what_a_shipment_names_must_be_there(sold: Sold, door: BazaarDoor) -> None:
    (theirs,) = (await door.create(door.line(2, "wholesale")))["order"]["invoices"]["nodes"]
    lines = [{"lineItemId": theirs["lineItems"][0]["id"], "quantity": 1}]
    for said, name in (
        ({"invoiceId": theirs["id"]}, "invoiceId"),
        ({"invoiceId": "x"}, "invoiceId"),
        ({"postageCarrierId": write_id("ShipmentCarrier", 99)}, "postageCarrierId"),
        ({"shippedItems": lines}, "lineItemId"),
    ):
        answer = await sold.ship((0, 1), **said)
        assert answer["data"] == {"shipmentCreate": None}
        assert answer["errors"][0]["message"].startswith(f"No object found for {name}: ")


async def test_carriers_are_listed(door: BazaarDoor) -> None:
    query = (
        "{ shipmentCarriers(first: 100) { totalCount nodes { id name homepageUrl trackingUrl }"
        " edges { node { id } } } }"
    )
    carriers = (await door.key_one.data(query))["shipmentCarriers"]
    assert carriers["totalCount"] == len(carriers["nodes"]) == 10
    named = {each["id"]: each["name"] for each in carriers["nodes"]}
    assert named[POST] == "Australia Post"


async def test_10_a_cancellation_step_by_step(sold: Sold, door: BazaarDoor) -> None:
    line = {"lineItemId": sold.lines[0], "quantity": 2, "dispatched": False, "reason": "No need"}
    note = {"note": "They rang", "adminId": "1"}
    # One object where lists are expected (4).
    payload = await step(
        door.key_one,
        "Create",
        {"invoiceId": sold.id, "lineItems": line, "notes": note, "initiatedBy": "BUYER"},
    )
    assert (payload["errors"], payload["status"]) == (None, 200)
    request = payload["refundRequest"]
    assert (request["status"], request["initiatedBy"]) == ("AWAITING", "BUYER")
    assert (request["totalCents"], request["cashAmountCents"]) == (2000, None)
    assert [each["note"] for each in request["notes"]] == ["They rang"]
    (part,) = request["lineItems"]
    assert (part["dispatched"], part["status"], part["amountPerItemCents"]) == (
        False,
        "AWAITING_RETURN",
        1000,
    )
    assert part["lineItem"] == {"id": sold.lines[0]}
    assert request["invoice"]["statusFlags"] == ["PAID", "AWAITING_REFUND"]
    payload = (await sold.ship((0, 2)))["data"]["shipmentCreate"]
    assert payload["errors"] == [{"field": "quantity", "messages": [MESSAGE]}]
    named = {"refundRequestId": request["id"]}
    skipped = await step(door.market, "Refund", named)
    assert skipped["refundRequest"] is None
    assert skipped["errors"][0]["messages"] == [
        "Can only mark a returned or processed RefundRequest as refunded"
    ]
    back = await step(door.key_one, "Return", {**named, "returnedConsignments": [{"a": 1}]})
    assert back["refundRequest"]["status"] == "RETURNED"
    assert await door.held(1, "wholesale") == 5
    refused = await step(door.key_one, "Refund", named)
    assert refused[0]["extensions"] == {"code": "NOT_PERMITTED"}
    done = await step(door.market, "Refund", {**named, "cashAmountCents": 1900, "receipts": []})
    assert done["refundRequest"]["status"] == "REFUNDED"
    assert done["refundRequest"]["cashAmountFormatted"] == "A$19.00"
    assert done["refundRequest"]["lineItems"][0]["status"] == "REFUNDED"
    assert await door.held(1, "wholesale") == 3
    invoice = await sold.invoice()
    assert invoice["statusFlags"] == ["PAID", "CANCELLED"]
    assert invoice["lineItems"][0]["quantityAwaitingDispatch"] == 1
    ids = [request["id"], part["id"]]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for key in (door.key_one, door.market):
        nodes = (await key.data(query, {"ids": ids}))["nodes"]
        assert [node["__typename"] for node in nodes] == ["RefundRequest", "RefundRequestLineItem"]
    assert (await door.key_two.data(query, {"ids": ids}))["nodes"] == [None, None]


async def test_what_is_denied_is_to_be_dispatched_again(sold: Sold, door: BazaarDoor) -> None:
    line = {"lineItemId": sold.lines[1], "quantity": 2}
    named = {"refundRequestId": (await sold.refund(line))["refundRequest"]["id"]}
    assert (await sold.invoice())["lineItems"][1]["quantityAwaitingDispatch"] == 0
    denied = await step(door.market, "Deny", {**named, "notes": [{"note": "Too late"}]})
    assert denied["refundRequest"]["status"] == "DENIED"
    assert denied["refundRequest"]["notes"][-1]["status"] == "DENIED"
    assert (await sold.invoice())["lineItems"][1]["quantityAwaitingDispatch"] == 2
    again = await step(door.market, "RevertDenial", named)
    assert again["refundRequest"]["status"] == "AWAITING"
    twice = await step(door.market, "RevertDenial", named)
    assert twice["errors"][0]["field"] == "base"
    for name in ("Deny", "RevertDenial"):
        refused = await step(door.key_one, name, named)
        assert refused[0]["extensions"] == {"code": "NOT_PERMITTED"}
    absent = await step(door.market, "Deny", {"refundRequestId": write_id("RefundRequest", 9)})
    assert absent[0]["message"].startswith("No object found for refundRequestId: ")


async def test_a_return_and_what_is_wrong_with_requests(sold: Sold, door: BazaarDoor) -> None:
    made(await sold.ship((0, 3)))
    line = {"lineItemId": sold.lines[0], "quantity": 1, "dispatched": True}
    postage = {"custom": "Postage", "quantity": 1, "amountPerItemCents": 150}
    request = (await sold.refund(line, postage, restock=True))["refundRequest"]
    assert (request["totalCents"], request["restock"]) == (1150, True)
    assert request["lineItems"][1]["lineItem"] is None
    assert request["lineItems"][1]["description"] == "Postage"
    assert request["invoice"]["statusFlags"] == ["PAID", "PARTIALLY_SENT", "AWAITING_RETURN"]
    (other,) = (await door.create(door.line(1, "wholesale")))["order"]["invoices"]["nodes"]
    foreign = {"lineItemId": other["lineItems"][0]["id"], "quantity": 1}
    (error,) = (await sold.refund(foreign))["errors"]
    assert error["field"] == "line_item_id"
    assert error["messages"][0] == (
        "line items must be part of the same invoice for which you are raising a refund request."
    )
    for wrong, field in (
        ({"lineItemId": sold.lines[0], "quantity": 3, "dispatched": True}, "quantity"),
        ({"lineItemId": sold.lines[1], "quantity": 0}, "quantity"),
        ({"lineItemId": sold.lines[1], "quantity": 1, "amountPerItemCents": -1}, None),
    ):
        payload = await sold.refund(wrong)
        assert payload["errors"][0]["field"] == (field or "amount_per_item_cents")


async def test_invoices_by_how_far_they_are(door: BazaarDoor) -> None:
    """Each is found by the status that it shows, from its order to its end."""

    async def buy(delivery: str) -> Sold:
        line = door.line(1, "wholesale", quantity=2, deliveryType=delivery)
        (invoice,) = (await door.create(line))["order"]["invoices"]["nodes"]
        return Sold(door, invoice)

    async def cancel(sold: Sold, quantity: int, *, dispatched: bool) -> str:
        item = {"lineItemId": sold.lines[0], "quantity": quantity, "dispatched": dispatched}
        id_: str = (await sold.refund(item))["refundRequest"]["id"]
        return id_

    async def pay_back(id_: str) -> None:
        for name in ("Return", "Refund"):
            done = await step(door.market, name, {"refundRequestId": id_})
            assert done["errors"] is None

    fetched, parted, gone, back = [
        await buy(delivery) for delivery in ("CLICK_AND_COLLECT", *["BUY_ONLINE"] * 3)
    ]
    seen: list[dict[str, list[str]]] = [await by_status(door)]
    made(await fetched.ship((0, 1)))
    made(await parted.ship((0, 1)))
    await pay_back(await cancel(gone, 2, dispatched=False))
    made(await back.ship((0, 2)))
    returning = await cancel(back, 2, dispatched=True)
    seen.append(await by_status(door))
    made(await fetched.ship((0, 1)))
    await pay_back(returning)
    seen.append(await by_status(door))
    assert seen == [
        {"PAID": [fetched.id, parted.id, gone.id, back.id], "collect": [fetched.id]},
        {
            "PAID": [fetched.id],
            "PARTIALLY_SENT": [parted.id],
            "CANCELLED": [gone.id],
            "SENT": [back.id],
            "return": [back.id],
            "collect": [fetched.id],
        },
        {
            "COLLECTED": [fetched.id],
            "PARTIALLY_SENT": [parted.id],
            "CANCELLED": [gone.id],
            "REFUNDED": [back.id],
        },
    ]


async def by_status(door: BazaarDoor) -> dict[str, list[str]]:
    """Invoices by each status that finds any, which is the one they show."""
    query = (
        "query($filters: InvoiceFilters) { invoices(filters: $filters) { totalCount"
        " nodes { id status } } }"
    )
    found: dict[str, list[str]] = {}
    for status in (
        *("AWAITING_PAYMENT", "PAID", "PARTIALLY_SENT", "SENT", "COLLECTED", "REFUNDED"),
        "CANCELLED",
    ):
        page = (await door.market.data(query, {"filters": {"statuses": status}}))["invoices"]
        assert {node["status"] for node in page["nodes"]} <= {status}
        assert page["totalCount"] == len(page["nodes"])
        if page["nodes"]:
            found[status] = [node["id"] for node in page["nodes"]]
    for name, wanted in (("return", "awaitingReturn"), ("collect", "awaitingCollection")):
        page = (await door.key_one.data(query, {"filters": {wanted: True}}))["invoices"]
        if page["nodes"]:
            found[name] = [node["id"] for node in page["nodes"]]
    return found


async def test_refund_requests_page_by_page(sold: Sold, door: BazaarDoor) -> None:
    made_ids = []
    for quantity in (1, 1, 1):
        line = {"lineItemId": sold.lines[0], "quantity": quantity}
        made_ids.append((await sold.refund(line))["refundRequest"]["id"])
    await step(door.market, "Deny", {"refundRequestId": made_ids[0]})
    query = (
        "query($filters: RefundRequestFilters, $after: String) { refundRequests(filters: $filters,"
        " first: 2, after: $after) { totalCount nodes { id invoice { id } } edges { cursor }"
        " pageInfo { endCursor hasNextPage } } }"
    )
    first = (await door.market.data(query))["refundRequests"]
    after = {"after": first["pageInfo"]["endCursor"]}
    second = (await door.market.data(query, after))["refundRequests"]
    found = [node["id"] for page in (first, second) for node in page["nodes"]]
    assert found == made_ids[::-1]
    assert (first["totalCount"], second["pageInfo"]["hasNextPage"]) == (3, False)
    number = (await door.market.data("{ invoices { nodes { legacyId } } }"))["invoices"]["nodes"]
    for filters, expected in (
        ({"statuses": "DENIED"}, 1),
        ({"statuses": ["DENIED", "AWAITING"]}, 3),
        ({"statuses": ["PROCESSED"]}, 0),
        ({"invoiceLegacyId": number[0]["legacyId"]}, 3),
        ({"invoiceLegacyId": 1}, 0),
        ({"createdSince": "2100-01-01"}, 0),
        ({"legacyId": 1}, 0),
    ):
        page = (await door.key_one.data(query, {"filters": filters}))["refundRequests"]
        assert page["totalCount"] == expected, filters
        assert len(page["nodes"]) == min(expected, 2)
    assert (await door.key_two.data(query))["refundRequests"]["totalCount"] == 0
    counted = await door.market.data("{ refundRequests(first: 0) { totalCount nodes { id } } }")
    assert counted == {"refundRequests": {"totalCount": 3, "nodes": []}}


async def test_sent_again_under_a_key_it_happens_once(sold: Sold, door: BazaarDoor) -> None:
    given = {
        "invoiceId": sold.id,
        "dispatchedAt": "2100-01-01",
        "postageCarrierId": POST,
        "trackingNumber": "T 1",
        "shippedItems": {"lineItemId": sold.lines[0], "quantity": 2},
    }
    first = await door.key_one.data(SHIP, {"input": given}, Idempotency_Key="s")
    again = await door.key_one.data(SHIP, {"input": given}, Idempotency_Key="s")
    assert again == first
    assert len((await sold.invoice())["shipments"]) == 1
