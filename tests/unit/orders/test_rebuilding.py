"""An order is derived from its holds where its lines add up afterwards, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from entrepot.kernel.demand import HoldKey, LiveHold, PositionKey
from entrepot.orders.model import Line, Order, waiting_rows
from entrepot.orders.model.rebuilding import rebuild_order, repaired
from entrepot.orders.model.record import queue_place

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
OWNER, VARIANT, ORDER, LOCATION = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
POSITION = PositionKey(OWNER, VARIANT, LOCATION)


def hold(number: int, quantity: int, *, line: int = 1, variant: str = VARIANT) -> LiveHold:
    position = POSITION._replace(variant=variant)
    key = HoldKey(OWNER, ORDER, number)
    return LiveHold(key, position, OWNER, line, Decimal(quantity), None)


def order(status: str = "complete", **parts: Any) -> Order:  # noqa: ANN401 - whatever a line has
    """An order of eight, in these parts."""
    fulfilment = {"complete": "unfulfilled", "cancelled": "cancelled"}.get(status, "held")
    made = Order(
        OWNER,
        ORDER,
        "ref",
        "own",
        status,
        fulfilment,
        "paid",
        "ship_complete",
        0,
        queue_place(0, NOW, ORDER),
        NOW,
        next_hold_no=3,
    )
    amounts = {name: Decimal(amount) for name, amount in parts.items()}
    made.lines = [Line(1, OWNER, VARIANT, Decimal(8), **amounts)]
    return made


def test_parts_are_taken_from_holds() -> None:
    wrong = order(held=1, cancelled=1)
    wrong.holds = [hold(2, 3), hold(3, 2)]
    wrong.shipped_from = [(1, POSITION, Decimal(2))]
    due = rebuild_order(wrong, 3, NOW)
    assert due is not None
    assert (due.lines[0].held, due.lines[0].shipped) == (Decimal(5), Decimal(2))
    assert (due.fulfilment_status, due.next_hold_no) == ("partly_fulfilled", 4)
    change = repaired(wrong, due, [])
    assert change is not None
    assert change.order == f"ord_{ORDER}"


def test_a_sound_order_is_not_repaired() -> None:
    sound = order(held=8)
    sound.holds = [hold(1, 8)]
    due = rebuild_order(sound, 1, NOW)
    assert due is not None
    assert repaired(sound, due, []) is None


def test_a_queue_that_differs_is_repaired() -> None:
    waits = order("waiting", held=2)
    waits.holds = [hold(1, 2)]
    due = rebuild_order(waits, 1, NOW)
    assert due is not None
    assert repaired(waits, due, waiting_rows(waits)) is None
    assert repaired(waits, due, []) is not None


def test_a_place_follows_from_priority_and_time() -> None:
    moved = order(held=8)
    moved.holds = [hold(1, 8)]
    moved.queue_place = "0"
    due = rebuild_order(moved, 1, NOW)
    assert due is not None
    assert due.queue_place == queue_place(0, NOW, ORDER)


@pytest.mark.parametrize(
    "stray", [hold(1, 8, line=2), hold(1, 8, variant="e" * 32), hold(1, 7), hold(1, 9)]
)
def test_holds_that_fit_no_line_derive_nothing(stray: LiveHold) -> None:
    wrong = order(held=8)
    wrong.holds = [stray]
    assert rebuild_order(wrong, 1, NOW) is None


def test_shipments_that_fit_no_line_derive_nothing() -> None:
    wrong = order()
    wrong.shipped_from = [(2, POSITION, Decimal(8))]
    assert rebuild_order(wrong, 1, NOW) is None


def test_more_came_back_than_left() -> None:
    wrong = order(shipped=8, returned=8)
    wrong.holds = [hold(1, 8)]
    assert rebuild_order(wrong, 1, NOW) is None


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_who_may_hold_nothing_and_does(status: str) -> None:
    wrong = order(status)
    wrong.holds = [hold(1, 8)]
    assert rebuild_order(wrong, 1, NOW) is None


def test_an_order_without_lines_is_lost() -> None:
    empty = order()
    empty.lines = []
    assert rebuild_order(empty, 0, NOW) is None


def test_lines_past_their_limit_are_left_for_the_sweep() -> None:
    lapsed = order("held", held=8)
    lapsed.hold_until = NOW - timedelta(seconds=1)
    due = rebuild_order(lapsed, 1, NOW)
    assert due is not None
    assert due.lines[0].held == 8
