"""Two who trade: what each may know and do of what the other has of the same goods."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from tests.access.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN_TO_PARTNERS = {
    "id",
    "seller",
    "sku",
    "name",
    "unit",
    "pricing_model",
    "whole_units",
    "is_orderable",
    "order_quantity_min",
    "order_quantity_multiple",
    "state",
}
ACTS = {
    "cancel": None,
    "payment": {"succeeded": True},
    "place": {},
    "priority": {"priority": 9},
    "returns": {"lines": [{"line": 1, "quantity": "1"}]},
    "shipments": None,
}


async def test_a_partner_is_shown_no_figures_and_no_prices(world: World) -> None:
    variant = world.owner.things["variant"]
    assert (await world.partner.asker.get(f"/variants/{variant}")).keys() == SHOWN_TO_PARTNERS
    slug = world.owner.things["slug"]
    listed = (await world.partner.asker.get("/variants", seller=slug))["data"]
    assert variant in {each["id"] for each in listed}
    assert all(each.keys() == SHOWN_TO_PARTNERS for each in listed)


async def test_a_seller_has_the_hold_and_not_the_order(world: World) -> None:
    lines = [{"variant": world.owner.things["variant"], "quantity": "3"}]
    body = {"reference": "of a partner", "kind": "session", "lines": lines}
    order = (await world.partner.asker.post("/orders", body))["id"]

    (hold,) = (await world.owner.asker.get("/holds", order=order))["data"]
    assert (hold["organisation"], hold["quantity"]) == (f"org_{world.partner.ident}", "3")
    assert (await world.owner.asker.get("/orders", reference="of a partner"))["data"] == []
    for path, act in {"": None, **{f"/{name}": body for name, body in ACTS.items()}}.items():
        method = "POST" if path else "GET"
        response = await world.owner.asker.send(
            method, f"/api/v1/orders/{order}{path}", act, key=new_id()
        )
        assert (response.status_code, response.json()["code"]) == (404, "orders.unknown_order")
    # The buyer has the order and not the hold.
    assert (await world.partner.asker.get("/holds", order=order))["data"] == []
    assert (await world.partner.asker.get(f"/orders/{order}"))["status"] == "held"
