"""Who waits is served in turn: short lines, the owner's own, then partners', as E16 has it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from entrepot.orders import PrioritiseOrder, ReceiveStock, StockLine
from entrepot.orders.store import Reach
from tests.factories.counter import Counter, body_of, order_of
from tests.factories.network import Network
from tests.factories.street import Street


@pytest.fixture
async def street(network: Network, counter: Counter) -> Street:
    return Street(network, counter)


def _id(order: Any) -> str:  # noqa: ANN401 - an answer
    """The id of an order that was answered before, as it is inside."""
    ident: str = order["id"].removeprefix("ord_")
    return ident


async def test_e16_the_wholesalers_own_come_before_all_retailers(street: Street) -> None:
    await street.opens("north")
    await street.opens("south")
    await street.opens("wholesale")
    for shop in ("north", "south"):
        await street.partners("wholesale", shop, "A")
    north = await street.orders("north", ("A", 1))
    south = await street.orders("south", ("A", 1), priority=9)
    own = await street.orders("wholesale", ("A", 1))

    for released in (own, south, north):
        assert await street.status(released) == "waiting"
        await street.receives("wholesale", "A", 1)
        assert await street.status(released) == "complete"


async def test_e16_also_where_a_retailer_moves_its_order_in_the_same_batch(
    street: Street, counter: Counter
) -> None:
    """An order that is acted on stands in its own house's queue, not before the wholesaler."""
    await street.opens("north", {"A": 1})
    await street.opens("wholesale")
    await street.partners("wholesale", "north", "A")
    north = await street.orders("north", ("A", 2))
    own = await street.orders("wholesale", ("A", 1))
    variant = await street.variant("wholesale", "A")

    for answer in await counter.batch(
        (street.organisations["wholesale"], ReceiveStock((StockLine(variant, Decimal(1)),))),
        (street.organisations["north"], PrioritiseOrder(_id(north), 99)),
    ):
        body_of(answer)

    assert await street.status(own) == "complete"
    assert await street.status(north) == "waiting"
    assert await street.transferred() == []


async def test_among_retailers_priority_decides_whoever_gets_goods_of_its_own_too(
    street: Street, counter: Counter
) -> None:
    """Own goods come first to both, the wholesaler's to who was to be served first."""
    for shop in ("north", "south"):
        await street.opens(shop)
    await street.opens("wholesale")
    for shop in ("north", "south"):
        await street.partners("wholesale", shop, "A")
    north = await street.orders("north", ("A", 3), policy="allow_split")
    south = await street.orders("south", ("A", 2), priority=9)
    goods = {name: await street.variant(name, "A") for name in ("north", "wholesale")}

    for answer in await counter.batch(
        *[
            (street.organisations[name], ReceiveStock((StockLine(variant, Decimal(2)),)))
            for name, variant in goods.items()
        ]
    ):
        body_of(answer)

    assert await street.transferred() == ["wholesale -> south: 2 A"]
    assert await street.status(south) == "complete"
    assert await counter.lines(_id(north)) == ["1: 3 = 2 held + 1 cancelled"]
    assert await street.status(north) == "complete"


async def test_what_a_cap_kept_from_an_order_goes_to_what_is_split_off_it(street: Street) -> None:
    """A cap limits each order, so nothing that is still to happen would wake the rest."""
    await street.opens("shop")
    await street.opens("wholesale", {"A": 10})
    await street.partners("wholesale", "shop", "A", cap=4)

    order = await street.orders("shop", ("A", 7), policy="allow_split")

    assert order["status"] == "complete"
    assert await street.status({"id": order["followed_by"]}) == "complete"
    assert await street.transferred() == [
        "wholesale -> shop: 4 A",
        "wholesale -> shop: 3 A",
    ]


async def test_what_a_cap_keeps_from_the_rest_as_well_waits_for_goods_of_its_own(
    street: Street,
) -> None:
    await street.opens("shop")
    await street.opens("wholesale", {"A": 20})
    await street.partners("wholesale", "shop", "A", cap=4)

    order = await street.orders("shop", ("A", 9), policy="allow_split")
    rest = {"id": order["followed_by"]}
    assert await street.status(rest) == "waiting"
    await street.receives("shop", "A", 1)

    assert await street.status(rest) == "complete"
    assert await street.transferred() == ["wholesale -> shop: 4 A"] * 2


async def test_what_is_split_off_an_order_that_waited_is_looked_at_in_its_turn(
    street: Street, counter: Counter
) -> None:
    """Before the younger order of its own house, and before who asks in the same batch."""
    shop = await street.opens("shop")
    wholesale = await street.opens("wholesale")
    await street.partners("wholesale", "shop", "A", cap=4)
    order = await street.orders("shop", ("A", 7), policy="allow_split")
    younger = await street.orders("shop", ("A", 2))
    goods = ReceiveStock((StockLine(await street.variant("wholesale", "A"), Decimal(7)),))
    newest = order_of((await street.variant("shop", "A"), 1), policy="ship_complete", paid=True)

    for answer in await counter.batch((wholesale, goods), (shop, newest)):
        body_of(answer)

    assert await street.transferred() == [
        "wholesale -> shop: 4 A",
        "wholesale -> shop: 3 A",
    ]
    assert await street.status(order) == "complete"
    assert await street.status(younger) == "waiting"
    rows = await counter.rows("SELECT status FROM orders WHERE follows = $1", _id(order))
    assert rows == [("complete",)]


async def test_a_receipt_passes_over_who_still_misses_something_else(street: Street) -> None:
    await street.opens("shop")
    await street.opens("wholesale")
    await street.partners("wholesale", "shop", "A", "B")
    incomplete = await street.orders("shop", ("A", 1), ("B", 1))
    later = await street.orders("shop", ("A", 1))

    await street.receives("wholesale", "A", 1)

    assert await street.status(incomplete) == "waiting"
    assert await street.status(later) == "complete"


async def test_what_a_cancellation_sends_back_releases_the_next(
    street: Street, counter: Counter
) -> None:
    await street.opens("north")
    await street.opens("south")
    await street.opens("wholesale", {"A": 2})
    for shop in ("north", "south"):
        await street.partners("wholesale", shop, "A")
    taken = await street.orders("north", ("A", 2))
    waits = await street.orders("south", ("A", 2))

    await counter.cancel(street.organisations["north"], taken["id"].removeprefix("ord_"))

    assert await street.status(waits) == "complete"
    assert await street.transferred() == [
        "wholesale -> north: 2 A",
        "wholesale <- north: 2 A",
        "wholesale -> south: 2 A",
    ]


async def test_more_than_one_look_at_a_time(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.orders.actions.run_batch.SHORT_LOOK", Reach(2, 2))
    monkeypatch.setattr("entrepot.orders.actions.run_batch.LONG_LOOK", Reach(3, 3))
    await street.opens("shop")
    await street.opens("wholesale")
    await street.partners("wholesale", "shop", "A", "B")
    for _ in range(7):
        await street.orders("shop", ("A", 1), ("B", 1))
    last = await street.orders("shop", ("A", 1))

    await street.receives("wholesale", "A", 1)
    for _ in range(3):  # from the beginning once more, as the others miss another thing too
        assert await street.status(last) == "waiting"
        variant = await street.variant("wholesale", "A")
        await street.counter.recheck((street.organisations["wholesale"], variant))

    assert await street.status(last) == "complete"


async def test_whom_only_the_long_look_found_is_served_next(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.orders.actions.run_batch.SHORT_LOOK", Reach(4, 1))
    for shop in ("north", "south"):
        await street.opens(shop)
    await street.opens("wholesale")
    for shop in ("north", "south"):
        await street.partners("wholesale", shop, "A", "B")
    for shop in ("north", "south"):
        await street.orders(shop, ("A", 1), ("B", 1))
    orders = [await street.orders(shop, ("A", 1)) for shop in ("north", "south")]

    await street.receives("wholesale", "A", 2)
    assert [await street.status(each) for each in orders] == ["waiting"] * 2
    variant = await street.variant("wholesale", "A")
    for _ in range(2):
        await street.counter.recheck((street.organisations["wholesale"], variant))

    assert [await street.status(each) for each in orders] == ["complete"] * 2
    assert await street.transferred() == [
        "wholesale -> north: 1 A",
        "wholesale -> south: 1 A",
    ]
