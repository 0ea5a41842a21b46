"""What orders draw on partners and give back: the vectors of the fulfilment reference, pure.

T1 to T10 are those of its section 5.5 (T6, bundles, is not in scope), E numbers its section 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from entrepot.kernel.refusal import Refusal
from tests.factories.counter import order_of
from tests.simulation.pure_street import Goods, PureStreet
from tests.simulation.soundness import unsound
from tests.simulation.soundness_partners import unsound_partners


@pytest.fixture
def street() -> Iterator[PureStreet]:
    """A street whose books are sound in the end, whatever happened in it."""
    opened = PureStreet()
    yield opened
    assert unsound(opened.world) == []
    assert unsound_partners(opened.world) == []


def pair(street: PureStreet, own: Goods, theirs: Goods, **terms: Any) -> None:  # noqa: ANN401 - passed on
    """A shop and one wholesaler who shares all that it has."""
    street.opens("shop", own)
    street.opens("wholesale", theirs)
    street.partners("wholesale", "shop", *theirs, **terms)


def test_t1_own_stock_first_then_the_shortfall_only(street: PureStreet) -> None:
    pair(street, {"A": 3}, {"A": 10})
    order = street.orders("shop", ("A", 5))
    assert street.status(order) == "complete"
    assert street.passed() == ["wholesale -> shop: 2 A"]
    assert street.shelf("shop", "A") == ("5", "5", "0")
    assert street.shelf("wholesale", "A") == ("8", "0", "0")


def test_t2_nothing_moves_while_another_product_keeps_the_order_waiting(street: PureStreet) -> None:
    pair(street, {}, {"A": 10, "B": 1})
    order = street.orders("shop", ("A", 1), ("B", 2))
    assert street.status(order) == "waiting"
    assert street.passed() == []
    assert street.shelf("wholesale", "A") == ("10", "0", "0")


@pytest.mark.parametrize(
    ("second", "passed"),
    [
        (9, ["first -> shop: 3 A", "second -> shop: 2 A"]),  # T3
        (1, []),  # T4
    ],
)
def test_t3_t4_two_wholesalers_by_rank(street: PureStreet, second: int, passed: list[str]) -> None:
    street.opens("shop", {"A": 2})
    street.opens("first", {"A": 3})
    street.opens("second", {"A": second})
    street.partners("second", "shop", "A", rank=2)
    street.partners("first", "shop", "A", rank=1)
    street.orders("shop", ("A", 7))
    assert street.passed() == passed


def test_t5_lines_are_summed_before_anything_moves(street: PureStreet) -> None:
    pair(street, {"A": 1}, {"A": 2})
    order = street.orders("shop", ("A", 2), ("A", 2))
    assert street.status(order) == "waiting"
    assert street.passed() == []


def test_t5_two_lines_share_a_unit_that_cannot_be_split(street: PureStreet) -> None:
    """Need is summed over the lines: three units make the 1.5 and 1.5 that are asked for."""
    pair(street, {}, {"A": 3}, step=1)
    order = street.orders("shop", ("A", "1.5"), ("A", "1.5"))
    assert street.status(order) == "complete"
    assert street.passed() == ["wholesale -> shop: 2 A", "wholesale -> shop: 1 A"]
    assert street.shelf("shop", "A") == ("3", "3", "0")


def test_t5_line_by_line_two_lines_share_a_unit_that_cannot_be_split(street: PureStreet) -> None:
    pair(street, {}, {"A": 2}, step=1)
    order = street.orders("shop", ("A", "0.5"), ("A", "1.5"), policy="line_by_line")
    assert [str(line.held) for line in order.lines] == ["0.5", "1.5"]
    assert street.passed() == ["wholesale -> shop: 1 A", "wholesale -> shop: 1 A"]


def test_t7_what_a_waiting_order_holds_is_not_there_for_the_next(street: PureStreet) -> None:
    pair(street, {"A": 1}, {"A": 1})
    waits = street.orders("shop", ("A", 1), ("B", 1))
    goes = street.orders("shop", ("A", 1))
    assert (street.status(waits), street.status(goes)) == ("waiting", "complete")
    assert street.passed() == ["wholesale -> shop: 1 A"]
    assert street.shelf("shop", "A") == ("2", "2", "0")


def test_t8_a_transferred_unit_is_pegged_to_the_order_it_came_for(street: PureStreet) -> None:
    pair(street, {}, {"A": 1})
    older = street.orders("shop", ("A", 1), ("B", 1))
    newer = street.orders("shop", ("A", 1))
    street.receives("shop", "B", 1)
    street.world.keep_house()
    assert (street.status(older), street.status(newer)) == ("waiting", "complete")
    assert street.shelf("shop", "A") == ("1", "1", "0")


def test_t9_two_retailers_and_one_unit_in_one_batch(street: PureStreet) -> None:
    street.opens("wholesale", {"A": 1})
    for shop in ("north", "south"):
        street.opens(shop)
        street.partners("wholesale", shop, "A")
    north, south = (street.orders(shop, ("A", 1)) for shop in ("north", "south"))
    assert (street.status(north), street.status(south)) == ("complete", "waiting")
    assert street.passed() == ["wholesale -> north: 1 A"]


@pytest.mark.parametrize("first", ["wholesale", "shop"])
def test_t10_the_last_unit_goes_to_whoever_is_first(street: PureStreet, first: str) -> None:
    pair(street, {}, {"A": 1})
    last = "shop" if first == "wholesale" else "wholesale"
    orders = [street.orders(name, ("A", 1)) for name in (first, last)]
    assert [street.status(each) for each in orders] == ["complete", "waiting"]


def test_e2_among_equals_whoever_keeps_something_for_us_comes_first(street: PureStreet) -> None:
    street.opens("shop")
    for name in ("old", "new"):
        street.opens(name, {"A": 5})
        street.partners(name, "shop", "A")
    street.allocates("new", "shop", "A", 1)
    street.orders("shop", ("A", 2))
    assert street.passed() == ["new -> shop: 2 A"]


def test_e2_what_is_kept_for_us_counts_as_it_is_now_not_as_a_batch_began(
    street: PureStreet,
) -> None:
    """Two orders of one batch are decided as one after the other."""
    street.opens("shop")
    for name in ("old", "new"):
        street.opens(name, {"A": 5})
        street.partners(name, "shop", "A")
    street.allocates("new", "shop", "A", 1)
    variant = street.variant("shop", "A")
    street.act("shop", *[order_of((variant, 1), paid=True) for _ in range(2)])
    assert street.passed() == ["new -> shop: 1 A", "old -> shop: 1 A"]


def test_e3_the_part_that_goes_may_draw_the_waiting_rest_takes_nothing(street: PureStreet) -> None:
    pair(street, {}, {"A": 2, "B": 9})
    order = street.orders("shop", ("A", 1), ("B", 1), ("C", 1), policy="allow_split")
    assert street.status(order) == "complete"
    assert street.passed() == ["wholesale -> shop: 1 A", "wholesale -> shop: 1 B"]
    (rest,) = (each for each in street.world.orders.values() if each.follows == order.id)
    assert (rest.status, [line.line_no for line in rest.lines], rest.holds) == ("waiting", [3], [])


def test_e4_partners_come_before_anything_is_cut(street: PureStreet) -> None:
    pair(street, {"A": 1}, {"A": 2})
    order = street.orders("shop", ("A", 5), policy="no_backorder")
    (line,) = street.order(order.id).lines
    assert (line.held, line.cancelled) == (Decimal(3), Decimal(2))


@pytest.mark.parametrize(
    ("rules", "days", "back"),
    [
        (("reverse", "keep"), 0, True),
        (("reverse", "keep"), 7, False),
        (("keep", "reverse"), 0, False),
        (("keep", "reverse"), 7, True),
    ],
)
def test_e5_e6_what_is_cancelled_goes_back_as_agreed_for_its_week(
    street: PureStreet, rules: tuple[str, str], days: int, *, back: bool
) -> None:
    pair(street, {"A": 1}, {"A": 5}, on_cancel=rules)
    kept = street.allocates("wholesale", "shop", "A", 1)
    order = street.orders("shop", ("A", 4))
    street.world.now += timedelta(days=days)
    street.cancels("shop", order)
    if not back:
        assert street.shelf("shop", "A") == ("4", "0", "0")
        return
    assert street.passed()[-1] == "wholesale <- shop: 3 A"
    assert street.shelf("shop", "A") == ("1", "0", "0")
    assert street.shelf("wholesale", "A") == ("5", "0", "1")
    assert street.left_of(kept) == ("1", "1")
    weeks = [row.week for row in street.world.partners.transfers]
    assert weeks == [date(2026, 3, 2), date(2026, 3, 2) + timedelta(days=days)]


def test_e5_transferred_units_go_back_before_ones_own(street: PureStreet) -> None:
    pair(street, {"A": 3}, {"A": 9})
    order = street.orders("shop", ("A", 5))
    street.cancels("shop", order, (1, 1))
    street.cancels("shop", order, (1, 2))
    assert street.passed()[1:] == ["wholesale <- shop: 1 A", "wholesale <- shop: 1 A"]
    assert street.shelf("shop", "A") == ("3", "2", "0")


def test_e5_a_closed_allocation_gets_nothing_back(street: PureStreet) -> None:
    pair(street, {}, {"A": 5})
    kept = street.allocates("wholesale", "shop", "A", 3)
    order = street.orders("shop", ("A", 2))
    street.world.close(kept)
    street.cancels("shop", order)
    assert street.left_of(kept) == ("2", "0")
    assert street.shelf("wholesale", "A") == ("5", "0", "0")


def test_e9_a_count_shrinks_allocations_and_takes_nothing_back(street: PureStreet) -> None:
    pair(street, {}, {"A": 10})
    old = street.allocates("wholesale", "shop", "A", 4)
    street.orders("shop", ("A", 1))
    young = street.allocates("wholesale", "shop", "A", 3)
    own = street.orders("wholesale", ("A", 2))
    street.counts("wholesale", "A", 4)
    assert (street.left_of(old), street.left_of(young)) == (("3", "2"), ("0", "0"))
    assert street.status(own) == "complete"
    assert street.shelf("wholesale", "A") == ("4", "2", "2")
    assert street.shelf("shop", "A") == ("1", "1", "0")


@pytest.mark.parametrize("state", ["paused", "ending", "ended"])
def test_e13_nothing_passes_while_a_partnership_rests(street: PureStreet, state: str) -> None:
    pair(street, {}, {"A": 5})
    before = street.orders("shop", ("A", 1))
    street.turns("wholesale", "shop", state)
    waits = street.orders("shop", ("A", 1))
    assert street.status(waits) == "waiting"
    street.cancels("shop", before)
    goes_back = [] if state == "ended" else ["wholesale <- shop: 1 A"]
    assert street.passed() == ["wholesale -> shop: 1 A", *goes_back]
    if state == "paused":
        street.turns("wholesale", "shop", "active")
        assert street.status(waits) == "complete"


def test_e16_goods_that_arrive_serve_the_wholesaler_then_its_retailers(street: PureStreet) -> None:
    pair(street, {}, {"A": 0})
    shop = street.orders("shop", ("A", 1), priority=9)
    own = street.orders("wholesale", ("A", 1))
    street.receives("wholesale", "A", 1)
    assert (street.status(own), street.status(shop)) == ("complete", "waiting")
    street.receives("wholesale", "A", 1)
    assert street.status(shop) == "complete"


def test_e18_what_came_in_a_pool_is_not_shared_on(street: PureStreet) -> None:
    street.opens("far", {"A": 5})
    street.opens("middle")
    street.opens("shop")
    street.partners("far", "middle", "A")
    street.partners("middle", "shop", "A")
    assert street.status(street.orders("shop", ("A", 1))) == "waiting"
    assert street.passed() == []


@pytest.mark.parametrize(
    ("buffer", "cap", "goes"), [(2, None, False), (1, None, True), (0, 2, False)]
)
def test_e32_e33_buffer_and_cap_narrow_the_pool(
    street: PureStreet, buffer: int, cap: int | None, *, goes: bool
) -> None:
    pair(street, {}, {"A": 4}, buffer=buffer, cap=cap)
    order = street.orders("shop", ("A", 3))
    assert street.status(order) == ("complete" if goes else "waiting")


def test_e23_a_whole_case_comes_and_the_rest_is_the_retailers(street: PureStreet) -> None:
    pair(street, {}, {"A": 7}, factor=2, step=1)
    order = street.orders("shop", ("A", "1.5"))
    assert street.status(order) == "complete"
    assert street.shelf("wholesale", "A") == ("3", "0", "0")
    assert street.shelf("shop", "A") == ("2", "1.5", "0")
    assert street.passed() == ["wholesale -> shop: 2 A"]


def test_e23_what_is_left_over_goes_to_those_who_wait(street: PureStreet) -> None:
    pair(street, {}, {"A": 1}, step=1)
    waits = street.orders("shop", ("A", "0.5"), ("B", 1))
    street.orders("shop", ("A", "0.5"))
    street.world.keep_house()
    assert street.shelf("shop", "A") == ("1", "1", "0")
    assert [str(line.held) for line in street.order(waits.id).lines] == ["0.5", "0"]


def test_e29_a_change_gives_back_what_is_no_longer_needed(street: PureStreet) -> None:
    pair(street, {"A": 1, "B": 1}, {"A": 5, "B": 5})
    order = street.orders("shop", ("A", 3))
    street.changes("shop", order, ("A", 2), ("B", 2))
    assert street.passed() == [
        "wholesale -> shop: 2 A",
        "wholesale <- shop: 1 A",
        "wholesale -> shop: 1 B",
    ]
    assert street.shelf("shop", "A") == ("2", "2", "0")


def test_e29_of_what_a_count_took_nothing_is_given_back(street: PureStreet) -> None:
    """Two transfers of three, of which four units are left: no more than those can go back."""
    street.opens("shop", shelves=2)
    street.receives("shop", "A", 4, shelf=1)
    for name in ("first", "second"):
        street.opens(name, {"A": 3})
        street.partners(name, "shop", "A")
    order = street.orders("shop", ("A", 10))
    street.turns("first", "shop", "paused")
    street.turns("second", "shop", "paused")
    street.counts("shop", "A", 4)
    street.changes("shop", order, ("A", 1))
    assert street.passed()[2:] == ["first <- shop: 1 A", "second <- shop: 3 A"]
    assert street.shelf("shop", "A") == ("0", "0", "0")
    assert street.shelf("shop", "A", shelf=1) == ("4", "1", "0")


@pytest.mark.parametrize("kind", ["session", "marketplace"])
def test_only_a_marketplace_order_draws_on_its_sellers_partners(
    street: PureStreet, kind: str
) -> None:
    pair(street, {}, {"A": 1})
    street.opens("buyer")
    street.world.rights.add((street.who["shop"], street.who["buyer"], kind))
    order = order_of((street.variant("shop", "A"), 1), kind=kind, paid=True)
    (result,) = street.act("buyer", order)
    assert isinstance(result, Refusal) is (kind == "session")
    assert street.passed() == ([] if kind == "session" else ["wholesale -> shop: 1 A"])


def test_an_unpaid_order_never_draws_until_it_is_paid(street: PureStreet) -> None:
    pair(street, {}, {"A": 1})
    order = street.orders("shop", ("A", 1), paid=False)
    assert (street.status(order), street.passed()) == ("waiting", [])
