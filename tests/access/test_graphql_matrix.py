"""Every field at the root of the GraphQL door with every kind of key: the table says who may.

Nothing here knows a single field. A test tries all rows and reports all that is wrong at once.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from entrepot.apis.graphql import open_schema
from entrepot.apis.graphql.ids import read_id, write_id
from entrepot.identity.model import make_secret
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.access.graphql_table import (
    GRAPHQL_TABLE,
    ITS_MAKERS,
    Foreign,
    GraphqlRow,
)
from tests.factories.digests import digest_of
from tests.factories.graphql import Key, Mall, open_graphql
from tests.factories.graphql_hooks import CREATE
from tests.factories.network import Network

Names = Mapping[str, str]
ABSENT: Names = {
    "variant": write_id("Variant", 999_999),
    "advert": write_id("Advert", 999_999),
    "doomed": write_id("Advert", 999_998),
    "inventory": write_id("Inventory", 999_999),
    "seller": write_id("Seller", 999_999),
    "number": "999999",
    "order": write_id("Order", 999_999),
    "invoice": write_id("Invoice", 999_999),
    "line": write_id("LineItem", 999_999),
    "pickup": write_id("Invoice", 999_997),
    "adjustment": write_id("Adjustment", 999_999 << 20),
    "address": write_id("Address", 999_999 * 4 + 2),
    "invoice_number": "999998",
    "till": "a till of nobody's",
    "refund": write_id("RefundRequest", 999_999),
    "refund_to_deny": write_id("RefundRequest", 999_998),
    "refund_returned": write_id("RefundRequest", 999_997),
    "refund_denied": write_id("RefundRequest", 999_996),
    "refund_number": "999995",
    "carrier": write_id("ShipmentCarrier", 1),
    "day": "2100-01-01",
    "since": "2020-01-01",
    "webhook": write_id("Webhook", 999_999),
}


@pytest.fixture
async def mall(pool: Pool, settings: Settings, network: Network) -> AsyncIterator[Mall]:
    async with open_graphql(pool, settings) as graphql:
        yield await Mall(graphql, network).build()


async def names_of(mall: Mall, seller: Id, variant: Id) -> Names:
    """What stands in documents about a seller's variant, which its marketplace has sold."""
    await mall.stock(seller, variant, 14)
    pickup = await mall.sell(variant, "a pickup", "CLICK_AND_COLLECT")
    # So that one order alone was changed since what documents ask.
    await mall.graphql.pool.execute("UPDATE marketplace_orders SET updated_at = '2019-01-01'")
    invoice = await mall.sell(variant, "a till of the mall's")
    refund = await refund_of(mall, invoice)
    asked_back = read_id(refund)
    assert asked_back is not None
    id_, advert = await mall.wire(variant), await mall.advert(variant)
    named, number = read_id(id_), read_id(advert)
    assert named is not None
    assert number is not None
    given = {"type": "ADVERT", "url": "https://93.184.216.34/hook"}
    made = await mall.seller.data(CREATE, {"input": {"attributes": given}}, Idempotency_Key="one")
    doomed = await mall.seller.data(
        'mutation { advertUpsert(input: { attributes: { title: "Doomed", code: "DOOMED" } })'
        " { advert { id } } }"
    )
    return {
        "variant": id_,
        "advert": advert,
        "doomed": doomed["advertUpsert"]["advert"]["id"],
        "inventory": write_id("Inventory", named.number),
        "seller": await mall.seller_id_of(seller),
        "number": str(number.number),
        "order": invoice["order"],
        "invoice": invoice["id"],
        "line": invoice["lineItems"][0]["id"],
        "pickup": pickup["id"],
        "adjustment": invoice["adjustments"][0]["id"],
        "address": invoice["shippingAddress"]["id"],
        "invoice_number": str(invoice["legacyId"]),
        "till": "a till of the mall's",
        "refund": refund,
        "refund_number": str(asked_back.number),
        "refund_to_deny": await refund_of(mall, invoice),
        "refund_returned": await refund_of(mall, invoice, "Return"),
        "refund_denied": await refund_of(mall, invoice, "Deny"),
        "carrier": write_id("ShipmentCarrier", 1),
        "day": "2100-01-01",
        "since": "2020-01-01",
        "webhook": made["webhookCreate"]["webhook"]["id"],
    }


async def refund_of(mall: Mall, invoice: Mapping[str, Any], step: str | None = None) -> str:
    """Ask the money of one unit back, and do a step of that; the request's id."""
    query = (
        "mutation($invoice: ID!, $line: ID!) { refundRequestCreate(input: { invoiceId: $invoice,"
        " notes: [], lineItems: { lineItemId: $line, quantity: 1 } }) { refundRequest { id } } }"
    )
    asked = {"invoice": invoice["id"], "line": invoice["lineItems"][0]["id"]}
    made = (await mall.market.data(query, asked))["refundRequestCreate"]
    id_: str = made["refundRequest"]["id"]
    if step is not None:
        act = f'refundRequest{step}(input: {{ refundRequestId: "{id_}", notes: [] }})'
        done = await mall.market.data(f"mutation {{ it: {act} {{ errors {{ field }} }} }}")
        assert done == {"it": {"errors": None}}
    return id_


async def ask(key: Key, row: GraphqlRow, names: Names) -> httpx.Response:
    """How a row is answered."""
    document = row.document
    for name, value in names.items():
        document = document.replace("{" + name + "}", value)
    return await key.post({"query": document}, headers={"X-Request-Id": "same"})


def result_of(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON, as it is read
    """What a row is answered with; an error where it has one."""
    answer = response.json()
    return answer["errors"][0] if "errors" in answer else answer["data"]["it"]


def test_every_field_at_the_root_has_its_row() -> None:
    schema = open_schema()
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    served = {f"Query.{name}" for name in schema.query_type.fields}
    served |= {f"Mutation.{name}" for name in schema.mutation_type.fields}
    assert {row.field for row in GRAPHQL_TABLE} == served
    assert len(GRAPHQL_TABLE) == len(served)


async def test_without_a_key_that_holds_all_fields_give_one_answer(mall: Mall) -> None:
    secrets = [None, "", "nonsense", f"ent_app_{'A' * 36}", make_secret("app", bytes(range(32)))]
    secrets += [await dead(mall, change) for change in ("revoked_at", "expires_at")]
    own = await names_of(mall, mall.seller_id, mall.shoes)
    before = await digest_of(mall.graphql.pool)
    answers = set()
    for row in GRAPHQL_TABLE:
        for secret in secrets:
            for names in (own, ABSENT):
                response = await ask(mall.graphql.nobody(secret), row, names)
                answers.add((response.status_code, response.text))
    ((status, text),) = answers
    assert (status, "API Token has expired" in text) == (401, True)
    assert await digest_of(mall.graphql.pool) == before


async def dead(mall: Mall, column: str) -> str:
    """The secret of a key of the seller's that was revoked or has expired."""
    key = await mall.graphql.key(mall.seller_id)
    async with mall.graphql.pool.acquire() as connection:
        await connection.execute(
            f"UPDATE tokens SET {column} = now() - interval '1 second' WHERE id = ("
            " SELECT id FROM tokens WHERE organisation = $1 ORDER BY id DESC LIMIT 1)",
            mall.seller_id,
        )
    assert key.secret is not None
    return key.secret


async def test_a_field_needs_its_scopes_and_no_other(mall: Mall) -> None:
    own = await names_of(mall, mall.seller_id, mall.shoes)
    wrong: list[object] = []
    for row in GRAPHQL_TABLE:
        by = mall.market_id if row.by == "marketplace" else mall.seller_id
        alone = await mall.graphql.key(by, *(row.scopes or (Scope.SETTLEMENT_READ,)))
        answer = (await ask(alone, row, own)).json()
        done = answer["data"]["it"] if "errors" not in answer else None
        if not done or (isinstance(done, dict) and done.get("errors")):
            wrong.append((row.field, answer))
        for scope in row.scopes:
            without = await mall.graphql.key(by, *(each for each in Scope if each is not scope))
            refused = result_of(await ask(without, row, own))
            if (
                refused.get("extensions") != {"code": "MISSING_SCOPE"}
                or scope.value not in refused["message"]
            ):
                wrong.append((row.field, scope, refused))
    assert not wrong


async def test_what_is_anothers_is_answered_like_what_is_nobodys(mall: Mall) -> None:
    """A stranger, and another seller of the same marketplace, learn nothing of what is there."""
    own = await names_of(mall, mall.seller_id, mall.shoes)
    rival = await mall.graphql.key(mall.other_id)
    before = await digest_of(mall.graphql.pool)
    wrong: list[object] = []
    for row in GRAPHQL_TABLE:
        for asker in (mall.stranger, rival):
            foreign, absent = await ask(asker, row, own), await ask(asker, row, ABSENT)
            nobodys = absent.text
            for name, value in ABSENT.items():
                nobodys = nobodys.replace(value, own[name])
            if foreign.status_code != 200 or foreign.text != nobodys:
                wrong.append((row.field, foreign.text, absent.text))
            result = result_of(foreign)
            if not _is_as_told(row, result):
                wrong.append((row.field, row.foreign, result))
            if row.foreign is Foreign.UNNAMED and "SHOE" in foreign.text.upper():
                wrong.append((row.field, foreign.text))
    assert not wrong
    assert await digest_of(mall.graphql.pool) == before


def _is_as_told(row: GraphqlRow, result: Any) -> bool:  # noqa: ANN401 - JSON, as it is read
    match row.foreign:
        case Foreign.NULL:
            return result is None or set(result) == {None}
        case Foreign.LEFT_OUT:
            return bool(result["totalCount"] == 0 and result["nodes"] == [])
        case Foreign.EMPTY:
            return bool(result == [])
        case Foreign.NOT_PERMITTED:
            return bool(result["extensions"] == {"code": "NOT_PERMITTED"})
        case Foreign.REFUSED:
            return bool(result["extensions"] == {"code": "NOT_FOUND"})
        case Foreign.UNNAMED:
            return "extensions" not in result
    raise AssertionError("there are six ways")


async def test_a_marketplace_sees_what_its_sellers_have_and_acts_on_it(mall: Mall) -> None:
    theirs = await names_of(mall, mall.seller_id, mall.shoes)
    wrong: list[object] = []
    for row in GRAPHQL_TABLE:
        result = result_of(await ask(mall.market, row, theirs))
        if row.operator == ITS_MAKERS:
            is_right = result["extensions"] == {"code": "NOT_FOUND"}
        elif row.field.startswith("Mutation"):
            is_right = "extensions" not in result and result["errors"] is None
        elif row.foreign is Foreign.NULL:
            is_right = bool(result) and None not in result
        elif row.foreign is Foreign.LEFT_OUT:
            is_right = result["totalCount"] == 1
        else:
            is_right = bool(result) and "extensions" not in result
        if not is_right:
            wrong.append((row.field, result))
    assert not wrong


def test_ids_are_what_clients_make_them() -> None:
    assert write_id("Variant", 5356) == "VmFyaWFudC01MzU2"
    assert write_id("Seller", 78) == "U2VsbGVyLTc4"
    assert write_id("Order", 10033) == "T3JkZXItMTAwMzM="
    assert base64.b64decode(ABSENT["variant"]) == b"Variant-999999"
