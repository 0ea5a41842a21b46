"""One line of somebody else's among five hundred: its order is refused and nothing of it happens.

The other orders of the request stand.
"""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.access.world import Member, World, absent

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = 500
ORDERS = 10
FOREIGN = 317


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def variants(world: World) -> list[str]:
    """As many variants of the stranger's own as an order has lines, each in stock."""
    stranger = world.stranger
    made = [f"var_{await stranger.network.variant(stranger.ident)}" for _ in range(LINES)]
    lines = [{"variant": variant, "quantity": "100"} for variant in made]
    await stranger.asker.post("/stock/receipts", {"lines": lines})
    return made


def lines_of(variants: list[str], **other: str) -> list[dict[str, str]]:
    """A line a variant, but one that names something else."""
    lines = [{"variant": variant, "quantity": "1"} for variant in variants]
    lines[FOREIGN] = {"quantity": "1", **other}
    return lines


def foreign_lines(world: World) -> dict[str, dict[str, str]]:
    """Every way to name a line's goods that belong to somebody else, by the field that does it."""
    things = world.owner.things
    return {
        "variant": {"variant": things["variant"]},
        "sku": {"sku": things["sku"], "seller": things["organisation"]},
    }


async def positions_of(member: Member) -> Any:  # noqa: ANN401 - JSON, as it is read
    """A member's figures, with the versions that any change would raise."""
    async with member.network.pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT variant, location, on_hand, held, version FROM positions WHERE owner = $1"
            " ORDER BY variant, location",
            member.ident,
        )
    return [tuple(row) for row in rows]


async def test_an_order_with_one_foreign_line_is_refused_whole(
    world: World, variants: list[str]
) -> None:
    before = [await positions_of(member) for member in (world.stranger, world.owner)]
    for field, named in foreign_lines(world).items():
        body = {"reference": f"one foreign {field}", "lines": lines_of(variants, **named)}
        response = await world.stranger.asker.try_post("/orders", body)
        assert response.status_code == 404, response.text
        (fault,) = response.json()["faults"]
        assert fault["code"] == "orders.unknown_variant"
        assert fault["field"] == f"lines[{FOREIGN}].{field}"
    assert [await positions_of(member) for member in (world.stranger, world.owner)] == before


async def test_in_a_bulk_the_other_orders_stand(world: World, variants: list[str]) -> None:
    owners = await positions_of(world.owner)
    size = LINES // ORDERS
    for field, named in foreign_lines(world).items():
        lines = lines_of(variants, **named)
        bodies = [
            {"reference": f"{field} {number}", "lines": lines[number * size : (number + 1) * size]}
            for number in range(ORDERS)
        ]
        answer = await world.stranger.asker.post("/orders/bulk", {"orders": bodies})
        refused = FOREIGN // size
        statuses = [each["status"] for each in answer["answers"]]
        assert statuses == [404 if number == refused else 201 for number in range(ORDERS)]
        (fault,) = answer["answers"][refused]["problem"]["faults"]
        assert fault["field"] == f"lines[{FOREIGN % size}].{field}"
        # Nothing of the order was held or written, and its reference is free.
        held = {row[0]: row[3] for row in await positions_of(world.stranger)}
        assert all(
            (held[variant.removeprefix("var_")] == 0) == (number // size == refused)
            for number, variant in enumerate(variants)
        ), field
        found = await world.stranger.asker.get("/orders", reference=f"{field} {refused}")
        assert found["data"] == []
        for each in answer["answers"]:
            if each["status"] == 201:
                await world.stranger.asker.post(f"/orders/{each['order']['id']}/cancel")
    assert await positions_of(world.owner) == owners


@pytest.mark.parametrize("path", ["/stock/receipts", "/stock/adjustments"])
async def test_stock_with_one_foreign_line_is_refused_whole(
    world: World, variants: list[str], path: str
) -> None:
    before = [await positions_of(member) for member in (world.stranger, world.owner)]
    things, own = world.owner.things, world.stranger.things
    cases = {
        "variant": {"variant": things["variant"]},
        "sku": {"sku": things["sku"]},
        "location": {"variant": own["variant"], "location": things["location"]},
    }
    for field, named in cases.items():
        told = []
        nobody = {**named, field: absent(named[field])}
        for line in (named, nobody):
            body = {"lines": lines_of(variants, **line)}
            response = await world.stranger.asker.try_post(path, body)
            assert response.status_code == 404, response.text
            (fault,) = response.json()["faults"]
            assert fault["field"] == f"lines[{FOREIGN}].{field}"
            told.append(response.json()["detail"].replace(line[field], "..."))
        assert told[0] == told[1]
    assert [await positions_of(member) for member in (world.stranger, world.owner)] == before
