"""Those who wait: in which order they are served, by what, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from entrepot.kernel.refusal import Refusal
from entrepot.orders.model import (
    CancelOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    StockLine,
    SweepExpired,
    recheck_order,
    sweep_order,
    waiting_rows,
)
from entrepot.stock import decide
from tests.factories.counter import order_of
from tests.factories.pure_shop import PureShop
from tests.simulation.soundness import unsound


@pytest.fixture
def shop() -> PureShop:
    return PureShop()


def test_who_came_first_is_served_first(shop: PureShop) -> None:
    first, second, third = (
        shop.place((shop.carrots, 2), policy="ship_complete", paid=True) for _ in range(3)
    )
    shop.stock(3)
    assert shop.told(first) == "complete unfulfilled paid: 2 = 2 held"
    assert shop.told(second) == "waiting held paid: 2 = 1 held + 1 missing"
    assert shop.told(third) == "waiting held paid: 2 = 2 missing"


def test_those_of_one_batch_are_served_by_id(shop: PureShop) -> None:
    first, second = (
        order_of((shop.carrots, 2), policy="ship_complete", paid=True) for _ in range(2)
    )
    shop.together(second, first)
    shop.stock(2)
    assert shop.told(shop.order(first.order)).startswith("complete")
    assert shop.told(shop.order(second.order)).startswith("waiting")


def test_a_batch_serves_those_who_wait_before_newcomers(shop: PureShop) -> None:
    waiting = shop.place((shop.carrots, 2), policy="ship_complete", paid=True)
    newcomer = order_of((shop.carrots, 2), paid=True, priority=99)
    shop.together(newcomer, ReceiveStock((StockLine(shop.carrots, newcomer.lines[0].quantity),)))
    assert shop.told(waiting).startswith("complete")
    assert newcomer.order not in {order.id for order in shop.world.orders.values()}


def test_it_waits_for_each_line_that_misses_something(shop: PureShop) -> None:
    shop.stock(1)
    order = shop.place(
        (shop.carrots, 2), (shop.leeks, 1), (shop.carrots, 1), policy="ship_complete", paid=True
    )
    rows = waiting_rows(shop.order(order.id))
    assert [(row.line_no, str(row.missing)) for row in rows] == [(1, "1"), (2, "1"), (3, "1")]
    shop.stock(2)
    shop.stock(1, shop.leeks)
    assert shop.told(order) == ("complete unfulfilled paid: 2 = 2 held; 1 = 1 held; 1 = 1 held")
    assert waiting_rows(shop.order(order.id)) == []


def test_an_unpaid_order_keeps_its_limit_while_it_gains(shop: PureShop) -> None:
    order = shop.place((shop.carrots, 2), policy="ship_complete")
    shop.stock(2)
    assert shop.told(order) == "held held unpaid: 2 = 2 held"
    assert shop.order(order.id).holds[0].expires_at == order.hold_until
    shop.world.now += timedelta(minutes=31)
    other = shop.place((shop.carrots, 2), paid=True)
    assert shop.told(other).startswith("complete"), "a passed limit refuses nobody"
    assert unsound(shop.world) == []


def test_who_lapsed_gains_nothing(shop: PureShop) -> None:
    order = shop.place((shop.carrots, 2), policy="ship_complete")
    shop.world.now += timedelta(minutes=31)
    shop.stock(2)
    assert shop.there() == ("2", "0")
    shop.world.keep_house()
    assert shop.told(order) == "cancelled cancelled cancelled: 2 = 2 missing"
    assert waiting_rows(shop.order(order.id)) == []


def test_what_lapsed_goes_to_those_who_wait(shop: PureShop) -> None:
    shop.stock(2)
    shop.place((shop.carrots, 2))
    waiting = shop.place((shop.carrots, 2), policy="ship_complete", paid=True)
    shop.world.now += timedelta(minutes=31)
    (refused,) = shop.together(order_of((shop.carrots, 1), paid=True))
    assert isinstance(refused, Refusal)
    assert shop.told(waiting) == "complete unfulfilled paid: 2 = 2 held"


@pytest.mark.parametrize("how", ["cancel", "payment fails", "line is cancelled"])
def test_what_is_given_back_goes_to_those_who_wait(shop: PureShop, how: str) -> None:
    shop.stock(2)
    holder = shop.place((shop.carrots, 2))
    waiting = shop.place((shop.carrots, 1), policy="ship_complete", paid=True)
    if how == "cancel":
        shop.act(CancelOrder(holder.id))
    elif how == "payment fails":
        shop.act(RecordPayment(holder.id, succeeded=False))
    else:
        shop.cancel(holder, (1, 1))
    assert shop.told(waiting).startswith("complete")


def test_where_waiting_holds_nothing_it_goes_whole() -> None:
    shop = PureShop(waits_holding=False)
    order = shop.place((shop.carrots, 3), policy="ship_complete", paid=True)
    shop.stock(2)
    assert shop.told(order) == "waiting held paid: 3 = 3 missing"
    shop.stock(1)
    assert shop.told(order) == "complete unfulfilled paid: 3 = 3 held"


def test_where_waiting_holds_nothing_a_split_still_sends_its_part() -> None:
    shop = PureShop(waits_holding=False)
    order = shop.place((shop.carrots, 3), policy="allow_split", paid=True)
    shop.stock(2)
    assert shop.told(order) == "complete unfulfilled paid: 3 = 2 held + 1 cancelled"
    (rest,) = (each for each in shop.world.orders.values() if each.follows == order.id)
    assert shop.told(rest) == "waiting held paid: 1 = 1 missing"
    assert rest.queue_place[:20] == order.queue_place[:20]


def test_moving_in_the_queue(shop: PureShop) -> None:
    first, second = (
        shop.place((shop.carrots, 2), policy="ship_complete", paid=True) for _ in range(2)
    )
    shop.act(PrioritiseOrder(second.id, 5))
    shop.stock(2)
    assert shop.told(second).startswith("complete")
    assert shop.told(first).startswith("waiting")


def test_a_sweep_cancels_only_what_lapsed(shop: PureShop) -> None:
    """It may come late: the order was paid meanwhile, or is not there."""
    shop.stock(2)
    paid = shop.place((shop.carrots, 1), paid=True)
    lapsed = shop.place((shop.carrots, 1))
    shop.world.now += timedelta(minutes=31)
    shop.together(
        SweepExpired(((shop.owner, paid.id), (shop.owner, lapsed.id), (shop.owner, "0" * 32)))
    )
    assert shop.told(paid) == "complete unfulfilled paid: 1 = 1 held"
    assert shop.told(lapsed) == "cancelled cancelled cancelled: 1 = 1 missing"
    assert shop.there() == ("2", "1")


def test_a_sweep_ends_holds_that_the_batch_did_not(shop: PureShop) -> None:
    shop.stock(2)
    order = shop.place((shop.carrots, 1), hold_minutes=1)
    held = msgspec.structs.replace(order, holds=[*shop.held_for(order)])
    facts, book = shop.world.open_all()
    later = msgspec.structs.replace(facts, now=facts.now + timedelta(minutes=2))
    assert sweep_order(facts, held.copy(), lambda demand: decide(book, demand), "act") is None
    assert sweep_order(later, held, lambda demand: decide(book, demand), "act")
    assert [row.kind for row in book.effects.ledger] == ["expire"]
    assert held.status == "cancelled"


def test_who_misses_nothing_is_offered_nothing(shop: PureShop) -> None:
    shop.stock(2)
    order = shop.place((shop.carrots, 1), paid=True)
    facts, book = shop.world.open_all()
    asked = recheck_order(facts, order, lambda d: decide(book, d), "act", shop.world.new_id)
    assert asked is None
