"""variantUpdate: attributes and stock of a seller's own variants, once, and by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.orders import PlaceOrder, WantedLine, place_order
from entrepot.stock import list_positions
from tests.factories.callers import acts_of, caller_for
from tests.factories.graphql import Key, Mall

UPDATE = """
mutation($input: VariantUpdateMutationInput!) {
  variantUpdate(input: $input) {
    clientMutationId status errors { field messages }
    variant { id sku barcode countOnHand published pricingModel itemTaxRate lowestPrice
      wholesalePrice minPurchaseQuantity }
  }
}
"""


async def update(
    key: Key, id_: str | None, attributes: Mapping[str, object], **headers: str
) -> dict[str, Any]:
    """What variantUpdate answers."""
    sent = {"variantId": id_, "attributes": attributes, "clientMutationId": "mine"}
    data = await key.data(UPDATE, {"input": sent}, **headers)
    payload: dict[str, Any] = data["variantUpdate"]
    assert (payload["clientMutationId"], payload["status"]) == ("mine", 200)
    return payload


async def figures(mall: Mall, owner: Id, variant: Id) -> list[tuple[str, str, str]]:
    """On hand, held and allocated of a variant's positions."""
    rows = await list_positions(mall.graphql.pool, caller_for(owner), Page(), variant=variant)
    return [(row.on_hand, row.held, row.allocated) for row in rows]  # type: ignore[union-attr] # no refusal


async def order(mall: Mall, variant: Id, quantity: int) -> None:
    """Let the seller's own shop sell some of a variant."""
    lines = (WantedLine(variant, Decimal(quantity)),)
    command = PlaceOrder(new_id(), new_id(), "own", "no_backorder", lines, paid=True)
    answer = await place_order(mall.graphql.desk, caller_for(mall.seller_id), command, new_id())
    assert not hasattr(answer, "faults"), answer


async def test_attributes_are_changed_and_others_stay(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    attributes = {
        "barcode": "4006381333931",
        "price": "349.99",
        "wholesalePrice": "200",
        "itemTaxRate": 21,
        "minPurchaseQuantity": 3,
        "published": False,
        "sku": "SHOE-NEW",
        "variantPricingModel": {"pricingModel": "MARKETPLACE"},
    }
    payload = await update(mall.seller, id_, attributes)
    assert payload["errors"] is None  # null, and never an empty list
    assert payload["variant"] == {
        "id": id_,
        "sku": "SHOE-NEW",
        "barcode": "4006381333931",
        "countOnHand": 5,
        "published": False,
        "pricingModel": "MARKETPLACE",
        "itemTaxRate": "21.0",
        "lowestPrice": "349.99",
        "wholesalePrice": "200.0",
        "minPurchaseQuantity": 3,
    }
    payload = await update(mall.seller, id_, {"price": 1, "barcode": None, "sku": None})
    assert payload["variant"]["lowestPrice"] == "1.0"
    assert payload["variant"]["barcode"] is None
    assert payload["variant"]["sku"] == "SHOE-NEW"
    assert payload["variant"]["wholesalePrice"] == "200.0"


async def test_count_on_hand_is_what_is_available_afterwards(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    await order(mall, mall.shoes, 2)
    payload = await update(mall.seller, id_, {"countOnHand": 10})
    assert payload["variant"]["countOnHand"] == 10
    assert await figures(mall, mall.seller_id, mall.shoes) == [("12", "2", "0")]
    payload = await update(mall.seller, id_, {"countOnHand": 0})
    assert payload["variant"]["countOnHand"] == 0
    assert await figures(mall, mall.seller_id, mall.shoes) == [("2", "2", "0")]
    acts = [act for act, _, _ in await acts_of(mall.graphql.pool, mall.seller_id)]
    assert acts.count("stock.counted") == 3


async def test_a_variant_without_a_position_gets_one(mall: Mall) -> None:
    key = await mall.graphql.key(mall.other_id)
    payload = await update(key, await mall.wire(mall.hats), {"countOnHand": 7})
    assert payload["variant"]["countOnHand"] == 7
    assert await figures(mall, mall.other_id, mall.hats) == [("7", "0", "0")]


async def test_sent_twice_it_happens_once(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    key = {"Idempotency_Key": "one"}
    for attributes in ({"countOnHand": 10}, {"countOnHand": 10, "price": 7}):
        again = {"Idempotency_Key": str(attributes)}
        first = await update(mall.seller, id_, attributes, **again)
        assert first["variant"]["countOnHand"] == 10
        await order(mall, mall.shoes, 4)
        second = await update(mall.seller, id_, attributes, **again)
        assert second["errors"] is None
        assert second["variant"]["countOnHand"] == 6  # nothing was counted again
    await update(mall.seller, id_, {"countOnHand": 3}, **key)
    sent = {"variantId": id_, "attributes": {"countOnHand": 4}}
    answer = await mall.seller.ask(UPDATE, {"input": sent}, **{"Idempotency-Key": "one"})
    assert answer["errors"][0]["extensions"] == {"code": "request.key_reused"}
    assert answer["data"] == {"variantUpdate": None}


async def test_twins_in_flight_are_one(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    payloads = await asyncio.gather(
        *[update(mall.seller, id_, {"countOnHand": 9}, Idempotency_Key="twin") for _ in range(5)]
    )
    assert [each["errors"] for each in payloads] == [None] * 5
    acts = [act for act, _, _ in await acts_of(mall.graphql.pool, mall.seller_id)]
    assert acts.count("stock.counted") == 2  # that of the test's own world, and this one


async def test_two_updates_of_one_document_are_two(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    query = """mutation($id: ID!) {
      a: variantUpdate(input: {variantId: $id, attributes: {countOnHand: 3}}) { ...it }
      b: variantUpdate(input: {variantId: $id, attributes: {countOnHand: 4}}) { ...it }
    }
    fragment it on VariantUpdateMutationPayload { variant { countOnHand } }"""
    data: Any = None
    for _ in range(2):
        data = await mall.seller.data(query, {"id": id_}, Idempotency_Key="both")
    assert data["b"]["variant"]["countOnHand"] == 4
    assert await figures(mall, mall.seller_id, mall.shoes) == [("4", "0", "0")]


async def test_counting_while_it_sells_never_gives_away_what_was_sold(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    await update(mall.seller, id_, {"countOnHand": 100})
    await asyncio.gather(
        *[order(mall, mall.shoes, 1) for _ in range(20)],
        *[update(mall.seller, id_, {"countOnHand": 50}) for _ in range(5)],
    )
    ((on_hand, held, _),) = await figures(mall, mall.seller_id, mall.shoes)
    assert held == "20"
    assert 50 <= int(on_hand) <= 70


async def test_several_locations_add_up(mall: Mall) -> None:
    await mall.network.location(mall.seller_id, "second", rank=1)
    await mall.network.location(mall.seller_id, "shelf", rank=2, ships_orders=False)
    await mall.stock(mall.seller_id, mall.shoes, 4, code="second")
    await mall.stock(mall.seller_id, mall.shoes, 90, code="shelf")
    id_ = await mall.wire(mall.shoes)
    payload = await update(mall.seller, id_, {"countOnHand": 10})
    assert payload["variant"]["countOnHand"] == 10
    payload = await update(mall.seller, id_, {"countOnHand": 3})
    (error,) = payload["errors"]
    assert (error["field"], payload["variant"]) == ("count_on_hand", None)
    assert "other locations are 4" in error["messages"][0]


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"countOnHand": -1}, "count_on_hand"),
        ({"sku": " "}, "sku"),
        ({"price": -1}, "price"),
        ({"wholesalePrice": "cheap"}, "wholesale_price"),
        ({"barcode": "123"}, "barcode"),
        ({"itemTaxRate": 101}, "item_tax_rate"),
        ({"infiniteQuantity": True}, "infinite_quantity"),
        ({"minPurchaseQuantity": -1}, "min_purchase_quantity"),
    ],
)
async def test_what_is_wrong_is_named_by_attribute(
    mall: Mall, attributes: dict[str, object], field: str
) -> None:
    before = await acts_of(mall.graphql.pool, mall.seller_id)
    for headers in ({}, {"Idempotency_Key": "k"}):
        payload = await update(mall.seller, await mall.wire(mall.shoes), attributes, **headers)
        assert payload["variant"] is None
        assert [error["field"] for error in payload["errors"]] == [field]
        assert payload["errors"][0]["messages"][0]
    assert await acts_of(mall.graphql.pool, mall.seller_id) == before


async def test_all_that_is_wrong_is_named_at_once(mall: Mall) -> None:
    wrong = {"sku": " ", "price": -1, "itemTaxRate": 200}
    payload = await update(mall.seller, await mall.wire(mall.shoes), wrong)
    assert {error["field"] for error in payload["errors"]} == {"sku", "price", "item_tax_rate"}
    payload = await update(mall.seller, None, {"price": 1})
    assert payload["errors"][0]["field"] == "variant_id"
    other = await mall.network.variant(mall.seller_id, "OTHER")
    async with mall.graphql.pool.acquire() as connection:
        sku = await connection.fetchval("SELECT sku FROM variants WHERE id = $1", other)
    payload = await update(mall.seller, await mall.wire(mall.shoes), {"sku": sku})
    assert payload["errors"][0]["field"] == "sku"


async def test_what_is_not_ones_own_is_not_changed(mall: Mall) -> None:
    """A stranger's variant is like none, and so is another seller's."""
    absent = "VmFyaWFudC05OTk5OQ=="
    for key, id_ in (
        (mall.seller, await mall.wire(mall.hats)),
        (mall.stranger, await mall.wire(mall.shoes)),
        (mall.seller, absent),
        (mall.seller, "no id"),
        (mall.seller, await mall.advert(mall.shoes)),
    ):
        sent = {"input": {"variantId": id_, "attributes": {"countOnHand": 1, "price": 1}}}
        answer = await key.ask(UPDATE, sent)
        assert answer["data"] == {"variantUpdate": None}
        assert answer["errors"][0]["message"] == f"No object found for variantId: {id_}"
    assert await figures(mall, mall.seller_id, mall.shoes) == [("5", "0", "0")]


async def test_a_marketplace_counts_what_its_sellers_have(mall: Mall) -> None:
    """It is the seller's act, by the marketplace's token; a right that is paused ends it."""
    sent = {
        "input": {
            "variantId": await mall.wire(mall.shoes),
            "attributes": {"countOnHand": 9, "price": 3},
        }
    }
    payload = (await mall.market.data(UPDATE, sent))["variantUpdate"]
    assert payload["errors"] is None
    assert await figures(mall, mall.seller_id, mall.shoes) == [("9", "0", "0")]
    async with mall.graphql.pool.acquire() as connection:
        acts = await connection.fetch(
            "SELECT a.act, t.organisation FROM audit AS a INNER JOIN tokens AS t ON a.token = t.id"
            " WHERE a.organisation = $1 ORDER BY a.id",
            mall.seller_id,
        )
        assert [tuple(row) for row in acts] == [
            ("catalogue.variant_changed", mall.market_id),
            ("stock.counted", mall.market_id),
        ]
        await connection.execute(
            "UPDATE trading_rights SET state = 'paused' WHERE seller = $1", mall.seller_id
        )
    answer = await mall.market.ask(UPDATE, sent)
    assert answer["errors"][0]["extensions"] == {"code": "NOT_FOUND"}


async def test_each_part_needs_its_scope_before_anything_is_done(mall: Mall) -> None:
    id_ = await mall.wire(mall.shoes)
    key = await mall.graphql.key(mall.seller_id, Scope.CATALOGUE_READ, Scope.CATALOGUE_WRITE)
    sent = {"input": {"variantId": id_, "attributes": {"countOnHand": 1, "price": 99}}}
    answer = await key.ask(UPDATE, sent)
    assert answer["errors"][0]["extensions"] == {"code": "MISSING_SCOPE"}
    payload = await update(key, id_, {"price": 3})
    assert payload["variant"]["lowestPrice"] == "3.0"
    reader = await mall.graphql.key(mall.seller_id, Scope.CATALOGUE_READ)
    answer = await reader.ask(UPDATE, {"input": {"variantId": id_, "attributes": {}}})
    assert answer["errors"][0]["extensions"] == {"code": "MISSING_SCOPE"}


async def test_nothing_is_counted_of_what_has_no_limit(mall: Mall) -> None:
    endless = await mall.network.variant(mall.seller_id, "AIR", unlimited=True)
    id_ = await mall.wire(endless)
    payload = await update(mall.seller, id_, {"countOnHand": 3})
    assert payload["errors"][0]["field"] == "count_on_hand"
    payload = await update(mall.seller, id_, {"countOnHand": 0, "price": 3})
    assert payload["errors"] is None
