"""Derive again what an order keeps of its holds, its place in the queue, and what has left of it.

Only where the order adds up afterwards. What customers asked for, what was cancelled and what was
paid is nobody's copy: where that is wrong a person must decide.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.orders.model.record import Line, Order, queue_place
from entrepot.orders.model.standing import WaitingRow, refresh_fulfilment, waiting_rows


class LineFigures(msgspec.Struct, frozen=True):
    """What a line keeps of its holds."""

    line: int
    held: str
    shipped: str


class OrderFigures(msgspec.Struct, frozen=True):
    """What of an order is derived, as the audit keeps it."""

    fulfilment_status: str
    next_hold_no: int
    queue_place: str
    lines: tuple[LineFigures, ...]
    queue: tuple[str, ...]
    """What waits in the queue: line, place and missing quantity of each row."""


class OrderRepaired(msgspec.Struct, frozen=True):
    """An order that was rebuilt; both are None where only the queue knew an order."""

    order: str
    before: OrderFigures | None
    after: OrderFigures | None


class RebuiltProduct(NamedTuple):
    """What a sales session held of a product as it was written, and what its customers hold."""

    organisation: Id
    window: Id
    variant: Id
    before: Decimal
    after: Decimal


class SessionFigures(msgspec.Struct, frozen=True):
    """What a session's customers hold of a product: as it was written, and as it is."""

    variant: str
    before: str
    after: str


class SessionRepaired(msgspec.Struct, frozen=True):
    """A sales session of which figures were rebuilt."""

    sales_session: str
    products: tuple[SessionFigures, ...]


def sessions_repaired(rebuilt: Sequence[RebuiltProduct]) -> list[tuple[Id, SessionRepaired]]:
    """What rebuilding changed in each session, with the organisation whose session it is."""
    by_window: dict[tuple[Id, Id], list[SessionFigures]] = {}
    for each in sorted(rebuilt):
        figures = SessionFigures(
            ids.VARIANT + each.variant, quantity_text(each.before), quantity_text(each.after)
        )
        by_window.setdefault((each.organisation, each.window), []).append(figures)
    return [
        (organisation, SessionRepaired(ids.SALES_SESSION + window, tuple(figures)))
        for (organisation, window), figures in by_window.items()
    ]


def rebuild_order(order: Order, last_hold_no: int, now: datetime) -> Order | None:
    """The order as it must be; None when it has no lines, or its holds do not fit them.

    Only a session order may have none.

    `last_hold_no` is the highest number of its holds, ended ones included. The lines of an order
    past its limit are left for the sweep, which cancels it.
    """
    rebuilt = order.copy()
    rebuilt.next_hold_no = max(order.next_hold_no, last_hold_no + 1)
    rebuilt.queue_place = queue_place(order.priority, order.placed_at, order.id)
    if not order.is_past_limit(now):
        if not _take_from_holds(rebuilt):
            return None
        if rebuilt.status == "complete":
            rebuilt.fulfilment_status = "unfulfilled"
            refresh_fulfilment(rebuilt)
    has_lines = rebuilt.lines or rebuilt.producer is not None
    adds_up = has_lines and all(_adds_up(rebuilt.status, line) for line in rebuilt.lines)
    return rebuilt if adds_up else None


def figures_of(order: Order, queue: Sequence[WaitingRow]) -> OrderFigures:
    """Write what of an order is derived, for the audit and to compare."""
    return OrderFigures(
        order.fulfilment_status,
        order.next_hold_no,
        order.queue_place,
        tuple(
            LineFigures(line.line_no, quantity_text(line.held), quantity_text(line.shipped))
            for line in order.lines
        ),
        tuple(sorted(f"{row.line_no} {row.place} {quantity_text(row.missing)}" for row in queue)),
    )


def repaired(order: Order, rebuilt: Order, queue: Sequence[WaitingRow]) -> OrderRepaired | None:
    """What rebuilding changes in an order and its rows of the queue; None when that is nothing."""
    before, after = figures_of(order, queue), figures_of(rebuilt, waiting_rows(rebuilt))
    return None if before == after else OrderRepaired(ids.ORDER + order.id, before, after)


def _take_from_holds(order: Order) -> bool:
    """Make lines hold and have shipped what their holds say; False when a hold fits no line."""
    lines = {(line.line_no, line.owner, line.variant): line for line in order.lines}
    for line in order.lines:
        line.held = line.shipped = ZERO
    for hold in order.holds:
        held = lines.get((hold.line_no, hold.position.owner, hold.position.variant))
        if held is None:
            return False
        held.held += hold.quantity
    for line_no, position, units in order.shipped_from:
        shipped = lines.get((line_no, position.owner, position.variant))
        if shipped is None:
            return False
        shipped.shipped += units
    return True


def _adds_up(status: str, line: Line) -> bool:
    """Whether a line of an order of this status comes apart into its parts."""
    if line.returned > line.shipped:
        return False
    if status in {"held", "complete"}:
        parts = line.shipped + line.held + line.short + line.cancelled + line.gathered
        return line.quantity == parts
    if status == "waiting":
        return not (line.short or line.shipped) and line.held + line.cancelled <= line.quantity
    return not (line.held or line.short or line.shipped)
