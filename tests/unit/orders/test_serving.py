"""Whose turn it is among those who wait, and when each may draw on partners."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from entrepot.orders.model import (
    Order,
    PrioritiseOrder,
    ReceiveStock,
    StockLine,
    Submission,
    Waiting,
    waiting_rows,
)
from entrepot.orders.model.serving import turns_of
from tests.simulation.pure_street import PureStreet
from tests.simulation.soundness import unsound
from tests.simulation.soundness_partners import unsound_partners


@pytest.fixture
def street() -> PureStreet:
    """Two shops of one wholesaler, who all have nothing."""
    opened = PureStreet()
    opened.opens("wholesale")
    for shop in ("north", "south"):
        opened.opens(shop)
        opened.partners("wholesale", shop, "A")
    return opened


def turns(street: PureStreet, *waiting: tuple[str, Order]) -> list[tuple[str, Order, bool]]:
    """In which order those turns come that orders have, with the beginning of each one's place."""
    facts, _ = street.world.open_all()
    stand = [
        Waiting(first + order.queue_place[1:], order.organisation, order.id)
        for first, order in waiting
    ]
    orders = {order.id: order for _, order in waiting}
    return [(t.place[0], orders[t.order], t.draws) for t in sorted(turns_of(facts, stand))]


def test_without_a_rival_an_order_draws_in_its_own_turn(street: PureStreet) -> None:
    first, second = (street.orders("north", ("A", 1)) for _ in "12")
    assert turns(street, ("1", first), ("1", second)) == [("1", first, True), ("1", second, True)]


@pytest.mark.parametrize("rival", ["wholesale", "south"])
def test_with_a_rival_it_draws_when_it_is_the_partners_turn(street: PureStreet, rival: str) -> None:
    order = street.orders("north", ("A", 1))
    other = street.orders(rival, ("A", 1))
    first = "1" if rival == "wholesale" else "2"
    own_goods, drawing = ("1", order, False), ("2", order, True)
    assert turns(street, ("1", order), (first, other)) == [
        own_goods,
        *([("1", other, True), drawing] if rival == "wholesale" else [drawing, ("2", other, True)]),
    ]


def test_an_order_has_its_turn_at_the_best_of_its_places(street: PureStreet) -> None:
    order = street.orders("north", ("A", 1))
    assert turns(street, ("2", order), ("1", order), ("2", order)) == [("1", order, True)]
    assert turns(street, ("2", order)) == [("2", order, True)]


@pytest.mark.parametrize("terms", [{"paid": False}, {"paid": True}])
def test_who_may_not_draw_is_nobodys_rival_at_partners(
    street: PureStreet, terms: dict[str, Any]
) -> None:
    order = street.orders("north", ("A", 1))
    other = street.orders("south", ("A", 1), **terms)
    vied = len(turns(street, ("1", order), ("1", other))) == 4
    assert vied is terms["paid"]


def test_who_lapsed_has_no_turn(street: PureStreet) -> None:
    order = street.orders("north", ("A", 1), paid=False, hold_minutes=1)
    street.world.now = order.hold_until or street.world.now
    assert turns(street, ("1", order)) == []


def test_short_lines_come_first_and_are_nobodys_rivals(street: PureStreet) -> None:
    street.receives("south", "A", 1)
    short = street.orders("south", ("A", 1))
    street.counts("south", "A", 0)
    short = street.order(short.id)
    order = street.orders("north", ("A", 1))
    (row,) = waiting_rows(short)
    assert row.place[0] == "0"
    assert turns(street, ("0", short), ("1", order)) == [("0", short, True), ("1", order, True)]


def together(street: PureStreet, *acts: tuple[str, Any]) -> None:
    """Several acts in one batch, after which all books are sound."""
    street.world.decide(
        [
            Submission(command, street.who[name], street.world.new_id(), f"k{number}", b"")
            for number, (name, command) in enumerate(acts)
        ]
    )
    assert unsound(street.world) == []
    assert unsound_partners(street.world) == []


def arrives(street: PureStreet, name: str, quantity: int) -> tuple[str, ReceiveStock]:
    """Goods of A for somebody."""
    _, variant, location = street.place(name, "A")
    return name, ReceiveStock((StockLine(variant, Decimal(quantity), location),))


def test_e16_moving_up_in_ones_own_house_moves_nobody_before_the_wholesaler(
    street: PureStreet,
) -> None:
    order = street.orders("north", ("A", 1))
    own = street.orders("wholesale", ("A", 1))
    together(street, arrives(street, "wholesale", 1), ("north", PrioritiseOrder(order.id, 9)))
    assert (street.status(own), street.status(order)) == ("complete", "waiting")


def test_partners_both_ways_each_serve_their_own_first() -> None:
    street = PureStreet()
    for name in ("east", "west"):
        street.opens(name)
    street.partners("east", "west", "A")
    street.partners("west", "east", "A")
    mine, theirs = (street.orders(name, ("A", 2)) for name in ("east", "west"))
    together(street, arrives(street, "east", 2), arrives(street, "west", 2))
    assert (street.status(mine), street.status(theirs)) == ("complete", "complete")
    assert street.passed() == []


def test_own_goods_are_taken_in_ones_turn_although_partners_bring_theirs_later(
    street: PureStreet,
) -> None:
    """The first has its own goods before a younger one could complete with them."""
    order = street.orders("north", ("A", 3))
    younger = street.orders("north", ("A", 2))
    own = street.orders("wholesale", ("A", 1))
    together(street, arrives(street, "north", 2), arrives(street, "wholesale", 2))
    assert [street.status(each) for each in (own, order, younger)] == [
        "complete",
        "complete",
        "waiting",
    ]
    assert street.passed() == ["wholesale -> north: 1 A"]


@pytest.mark.parametrize(("come", "rest"), [(1, "1"), (0, "2")])
def test_an_order_that_goes_in_parts_is_split_once_partners_had_their_turn(
    street: PureStreet, come: int, rest: str
) -> None:
    order = street.orders("north", ("A", 4), policy="allow_split")
    street.orders("south", ("A", 1), priority=9)
    together(street, arrives(street, "north", 2), arrives(street, "wholesale", 1 + come))
    assert street.status(order) == "complete"
    (follower,) = (each for each in street.world.orders.values() if each.follows == order.id)
    assert str(follower.lines[0].missing) == rest


@pytest.mark.parametrize("waits", [False, True])
def test_what_a_cap_kept_from_an_order_goes_to_what_is_split_off_it(*, waits: bool) -> None:
    """At once where the order is placed, and before younger ones where it waited."""
    street = PureStreet()
    street.opens("shop")
    street.opens("wholesale", {} if waits else {"A": 7})
    street.partners("wholesale", "shop", "A", cap=4)
    street.orders("shop", ("A", 7), policy="allow_split")
    younger = street.orders("shop", ("A", 1))
    if waits:
        street.receives("wholesale", "A", 7)
    assert street.passed() == ["wholesale -> shop: 4 A", "wholesale -> shop: 3 A"]
    assert street.status(younger) == "waiting"
    assert unsound(street.world) == []


def test_what_is_more_than_a_cap_lets_through_passes_nobody_by() -> None:
    """The rest waits for goods of its own; who wants less than the cap goes."""
    street = PureStreet()
    street.opens("shop")
    street.opens("wholesale", {"A": 20})
    street.partners("wholesale", "shop", "A", cap=4)
    street.orders("shop", ("A", 9), policy="allow_split")
    younger = street.orders("shop", ("A", 1))
    assert street.status(younger) == "complete"
    street.receives("shop", "A", 1)
    assert street.passed() == [f"wholesale -> shop: {units} A" for units in (4, 1, 4)]
    assert {order.status for order in street.world.orders.values()} == {"complete"}


def test_what_a_cap_keeps_from_a_short_line_comes_in_further_turns() -> None:
    """Nothing else would have it looked at, and its customer has been promised the goods."""
    street = PureStreet()
    street.opens("shop", {"A": 3})
    street.opens("wholesale")
    street.partners("wholesale", "shop", "A", cap=1)
    order = street.orders("shop", ("A", 3), policy="no_backorder")
    street.counts("shop", "A", 1)
    street.receives("wholesale", "A", 4)
    assert street.passed() == ["wholesale -> shop: 1 A"] * 2
    (line,) = street.order(order.id).lines
    assert (str(line.held), str(line.short)) == ("3", "0")
    assert street.shelf("wholesale", "A") == ("2", "0", "0")
