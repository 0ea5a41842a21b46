"""The demo network on paper: its goods, the plan of its three weeks, and the crowd."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest

from entrepot.cli.demo.crowd import Size, extras, is_of_crowd, products_of
from entrepot.cli.demo.crowd_trading import plan_bustle
from entrepot.cli.demo.dice import Dice
from entrepot.cli.demo.goods import goods_of, read_goods
from entrepot.cli.demo.habits import SET_ASIDE
from entrepot.cli.demo.history import plan_history
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.demo.steps import ActOfPartner, ActOnInvoices, Calendar, Step
from entrepot.cli.demo.stories import LAST_REFERENCE, TELLER, tell_stories
from entrepot.kernel.ids import Id
from entrepot.orders import AdjustStock, PlaceOrder, ReceiveStock, StockLine
from entrepot.orders.model import Command, Decision, Submission, SweepExpired
from tests.simulation.pure_world import PureWorld

WEEK = [date(2026, 11, day) for day in range(16, 23)]
"""Every alignment of three weeks with the days of a week."""
IDS = {
    (each.organisation, each.variant.sku): f"{number:032x}"
    for number, each in enumerate(read_goods())
}
GOODS = {IDS[each.organisation, each.variant.sku]: each for each in read_goods()}


def test_the_goods_are_those_of_the_contract() -> None:
    assert 140 <= len(read_goods()) <= 160
    carrots = {each.variant.sku: each for each in goods_of("jeans-farm")}["CARROTS"]
    assert (carrots.on_hand, carrots.variant.unit) == (Decimal(10), "kg")
    legacy = {each.variant.legacy_id: each for each in read_goods() if each.variant.legacy_id}
    assert {number: each.organisation for number, each in legacy.items()} == {
        5354: "seller-two",
        5356: "seller-one",
    }
    assert legacy[5356].variant.pricing_model == "wholesale"
    assert legacy[5354].variant.pricing_model == "marketplace"


def test_gtins_are_good_and_nobodys() -> None:
    for each in read_goods():
        gtin = each.variant.gtin
        if gtin is not None:
            assert gtin.startswith("2")
            assert has_check_digit(gtin)


def has_check_digit(gtin: str) -> bool:
    """As GS1 has it: from the right, each second digit counts three times."""
    digits = [int(digit) for digit in reversed(gtin)]
    return sum(digits[::2], 3 * sum(digits[1::2])) % 10 == 0


def test_shops_overlap_with_the_wholesaler_and_each_other() -> None:
    def gtins(organisation: str) -> set[str]:
        return {each.variant.gtin for each in goods_of(organisation) if each.variant.gtin}

    wholesaler, north, south = map(gtins, ("de-groothandel", "winkel-noord", "winkel-zuid"))
    assert len(wholesaler & north) >= 15
    assert len(wholesaler & south) >= 15
    assert len(wholesaler & north & south) >= 5
    skus = {each.variant.sku for each in goods_of("de-groothandel")}
    for shop in ("winkel-noord", "winkel-zuid"):
        without = [each.variant for each in goods_of(shop) if each.variant.gtin is None]
        assert len([each for each in without if each.sku in skus]) == 2
        assert len([each for each in without if each.sku not in skus]) >= 2


def test_suppliers_of_goods_are_suppliers_of_their_owner() -> None:
    suppliers = {member.slug: {each.name for each in member.suppliers} | {""} for member in MEMBERS}
    assert all(each.supplier in suppliers[each.organisation] for each in read_goods())


@pytest.mark.parametrize("today", WEEK)
def test_a_plan_is_in_the_order_of_time_and_the_same_each_time(today: date) -> None:
    calendar = Calendar(today)
    steps = plan_history(calendar, IDS)
    assert steps == plan_history(calendar, IDS)
    assert all(before.at <= after.at for before, after in pairwise(steps))
    assert steps[0].at == calendar.opening
    assert steps[-1].reference == LAST_REFERENCE
    assert steps[-1].at < datetime(today.year, today.month, today.day, tzinfo=UTC)
    placed = [step for step in steps if isinstance(step.act, PlaceOrder)]
    assert 450 <= len(placed) <= 700
    assert len({step.reference for step in placed}) == len(placed)
    assert all(timedelta(days=22) > calendar.end - step.at for step in placed)


@pytest.mark.parametrize("today", WEEK)
def test_steps_of_one_order_come_one_after_the_other(today: date) -> None:
    seen: dict[str, Step] = {}
    for step in plan_history(Calendar(today), IDS):
        if step.reference:
            before = seen.get(step.reference)
            assert (before is None) == isinstance(step.act, PlaceOrder)
            assert before is None or before.at < step.at
            seen[step.reference] = step


@pytest.mark.parametrize("today", WEEK)
def test_usual_trade_orders_only_what_is_free_as_it_may_be_ordered(today: date) -> None:
    free: defaultdict[str, Decimal] = defaultdict(Decimal)
    for step in plan_history(Calendar(today), IDS):
        if isinstance(step.act, ReceiveStock | AdjustStock):
            for line in step.act.lines:
                free[line.variant] += line.quantity
        elif isinstance(step.act, PlaceOrder):
            for wanted in step.act.lines:
                goods = GOODS[wanted.variant]
                assert wanted.quantity >= goods.variant.order_quantity_min
                assert not wanted.quantity % (goods.variant.order_quantity_multiple or 1) or (
                    goods.variant.unit == "kg"
                )
                free[wanted.variant] -= wanted.quantity
    short = {GOODS[variant].variant.sku for variant, left in free.items() if left < 0}
    assert short <= SET_ASIDE
    assert free[IDS["jeans-farm", "CARROTS"]] == 10
    # What the marketplace's programs order by their numbers, 5356 and 5354, is there for them.
    assert min(free[IDS["seller-one", "S1-CHAIR"]], free[IDS["seller-two", "S2-RUG"]]) >= 5


@pytest.mark.parametrize("today", WEEK)
def test_stories_are_never_refused_and_end_as_they_are_told(today: date) -> None:
    world = PureWorld()
    teller = world.organisation()
    location = world.location(teller, 0)
    variants = {
        (TELLER, each.variant.sku): world.variant(teller, each.variant.sku)
        for each in goods_of(TELLER)
    }
    calendar = Calendar(today)
    first = tuple(
        StockLine(variants[TELLER, each.variant.sku], each.on_hand, location)
        for each in goods_of(TELLER)
    )
    steps = [Step(calendar.opening, TELLER, ReceiveStock(first)), *tell_stories(calendar, variants)]
    placed: dict[str, str] = {}
    for number, step in enumerate(sorted(steps, key=lambda each: each.at)):
        world.now = step.at
        if isinstance(step.act, PlaceOrder):
            placed[step.reference] = world.new_id()
        command = command_of(step, placed.get(step.reference), world)
        (result,) = world.decide([Submission(command, teller, world.new_id(), f"k{number}", b"")])
        assert result is None or isinstance(result, Decision), (step, result)
    stands = {
        order.reference: (
            order.status,
            order.fulfilment_status,
            sum(line.short for line in order.lines),
        )
        for order in world.orders.values()
    }
    assert stands == {
        "G-2001": ("complete", "fulfilled", 0),
        "G-2002": ("waiting", "held", 0),
        "G-2003": ("waiting", "held", 0),
        "G-2004": ("complete", "fulfilled", 0),
        "G-2004#2": ("waiting", "held", 0),
        "G-2005": ("complete", "fulfilled", 0),
        "G-2006": ("complete", "unfulfilled", 0),
        "G-2007": ("complete", "fulfilled", 0),
        "G-2008": ("complete", "unfulfilled", 6),
        "G-2009": ("complete", "fulfilled", 0),
        LAST_REFERENCE: ("draft", "unfulfilled", 0),
    }


def command_of(step: Step, order: Id | None, world: PureWorld) -> Command:
    """What a step asks of the batch."""
    act = step.act
    if act is None:
        due = [key for key, each in world.orders.items() if each.is_past_limit(world.now)]
        return SweepExpired(tuple(due))
    assert not isinstance(act, ActOfPartner | ActOnInvoices), "these are one organisation's"
    return act if order is None else msgspec.structs.replace(act, order=order)


def test_a_crowd_has_different_names_and_shares_everything() -> None:
    crowd = extras(Size(988, 100_000, 100_000))
    assert len({each.slug for each in crowd}) == 988
    assert sum(each.variants for each in crowd) == sum(each.orders for each in crowd) == 100_000
    assert all(is_of_crowd(each.slug, each.organisation.name) for each in crowd)
    assert not is_of_crowd("orchard", "The orchard")
    variants = [variant for product in products_of(crowd[7]) for variant in product.variants]
    assert [each.sku for each in variants] == [
        crowd[7].sku(place) for place in range(crowd[7].variants)
    ]
    assert all(has_check_digit(each.gtin) for each in variants if each.gtin)


def test_the_bustle_of_a_crowd_is_in_the_order_of_time() -> None:
    crowd = extras(Size(5, 60, 300))
    ids = {(each.slug, each.sku(place)): each.sku(place) for each in crowd for place in range(12)}
    steps = list(plan_bustle(crowd, Calendar(WEEK[0]), ids))
    assert steps == list(plan_bustle(crowd, Calendar(WEEK[0]), ids))
    assert all(before.at <= after.at for before, after in pairwise(steps))
    placed = [step for step in steps if isinstance(step.act, PlaceOrder)]
    assert len({step.reference for step in placed}) == 300
    assert placed[-1] == steps[-1]
    assert {step.act.kind for step in placed if isinstance(step.act, PlaceOrder)} == {
        "own",
        "session",
    }


def test_the_same_seed_throws_the_same() -> None:
    throws = [Dice("one").below(6) for _ in range(2)]
    assert throws[0] == throws[1]
    dice = Dice("many")
    counted = Counter(dice.between(1, 6) for _ in range(6_000))
    assert sorted(counted) == [1, 2, 3, 4, 5, 6]
    assert all(850 < times < 1_150 for times in counted.values())
    assert sorted(dice.pick("abc", 5)) == ["a", "b", "c"]
    assert Decimal(sum(dice.falls(30) for _ in range(1_000))) / 1_000 < Decimal("0.4")
