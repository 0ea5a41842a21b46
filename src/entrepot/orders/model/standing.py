"""Small rules about an order as it stands, shared by every act on it."""

from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel import ids
from entrepot.kernel.demand import Ending, HeldPart, HoldEnd, HoldKey, LiveHold, Outcome
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.partners import note_transfers
from entrepot.orders.model.record import Line, Order, queue_place


class WaitingRow(NamedTuple):
    """One row of the queue: whose variant, the place, the order line, and the units missing."""

    owner: Id
    variant: Id
    place: str
    line_no: int
    organisation: Id
    order: Id
    missing: Decimal


def find_order(facts: Facts, organisation: Id, order: Id) -> Order | Refusal:
    """Find one's own order; another organisation's answers exactly like an absent one."""
    found = facts.orders.get((organisation, order))
    return unknown_order(order) if found is None else found


def unknown_order(order: Id) -> Refusal:
    """Refuse an act on an order that is not there for the caller."""
    return refuse(
        errors.UNKNOWN_ORDER,
        "There is no such order. Check its id.",
        facts={"order": ids.ORDER + order},
    )


def already_cancelled(order: Order) -> Refusal:
    """Refuse an act on an order that is cancelled, or counts as such."""
    return refuse(
        errors.ALREADY_CANCELLED,
        f"Order {order.reference} is cancelled; place a new one.",
        facts={"order": ids.ORDER + order.id},
    )


def already_invoiced(order: Order) -> Refusal:
    """Refuse to change the lines of an order whose sellers have their invoices."""
    return refuse(
        errors.ALREADY_INVOICED,
        f"The sellers of order {order.reference} have their invoices. Cancel lines of it instead.",
        facts={"order": ids.ORDER + order.id},
    )


def fulfilled_by_invoice(order: Order) -> Refusal:
    """Refuse to move goods of an order by itself whose sellers ship and take back by invoice."""
    return refuse(
        errors.FULFILLED_BY_INVOICE,
        f"Goods of order {order.reference} are shipped, cancelled and returned by its seller"
        " invoices: use shipments and refund requests of those.",
        facts={"order": ids.ORDER + order.id},
    )


def release_all(order: Order) -> tuple[Ending, ...]:
    """Release every live hold of an order, whole."""
    return tuple([Ending(hold, hold.quantity, HoldEnd.RELEASED) for hold in order.holds])


def find_line(order: Order, line_no: int) -> Line | None:
    """Find a line by a number that a caller named."""
    return next((line for line in order.lines if line.line_no == line_no), None)


def line_of(order: Order, line_no: int) -> Line:
    """Find a line that is known to be there."""
    line = find_line(order, line_no)
    assert line is not None, "holds and checked shares name lines of their order"
    return line


def take_outcome(order: Order, outcome: Outcome) -> None:
    """Give an order what an outcome set aside and transferred for it."""
    add_held(order, outcome.held)
    note_transfers(order, outcome)


def add_held(order: Order, parts: tuple[HeldPart, ...]) -> None:
    """Count newly held units in their lines and remember the holds."""
    if not parts:
        return
    lines = {line.line_no: line for line in order.lines}
    for part in parts:
        lines[part.line_no].held += part.quantity
        order.holds.append(
            LiveHold(
                HoldKey(part.position.owner, order.id, part.hold_no),
                part.position,
                order.organisation,
                part.line_no,
                part.quantity,
                order.hold_until,
            )
        )


def become_complete(order: Order) -> None:
    """An order that is paid and met: complete, and not yet shipped."""
    order.status = "complete"
    order.fulfilment_status = "unfulfilled"
    order.hold_until = None


def become_cancelled(order: Order, *, by_limit: bool = False) -> None:
    """An order that will not happen. A passed limit stays on it: a late payment may revive it."""
    order.status = order.fulfilment_status = "cancelled"
    if order.payment_status == "unpaid":
        order.payment_status = "cancelled"
    if not by_limit:
        order.hold_until = None
    order.holds = []
    for line in order.lines:
        line.held = ZERO
        line.short = ZERO


def met_or_waiting(order: Order) -> None:
    """Give a placed order whose quantities changed the status that they make."""
    if order.status != "waiting" or any(line.missing > line.short for line in order.lines):
        return
    if order.payment_status == "paid":
        become_complete(order)
    else:
        order.status = order.fulfilment_status = "held"


def refresh_fulfilment(order: Order) -> None:
    """Say how much of a complete order has left."""
    if all(line.quantity == line.shipped + line.cancelled for line in order.lines):
        order.fulfilment_status = "fulfilled"
    elif any(line.shipped for line in order.lines):
        order.fulfilment_status = "partly_fulfilled"


def cancel_missing(order: Order) -> None:
    """Cut an order down to what there is: the short quantities are cancelled."""
    for line in order.lines:
        line.cancelled += line.missing


def followed_reference(order: Order) -> str:
    """Name the successor that an order may have."""
    return f"{order.reference}#2"


def splits(facts: Facts, order: Order) -> bool:
    """Whether the part of an order that can go goes alone: paid, and not split before."""
    followed = (order.organisation, followed_reference(order)) in facts.references
    return order.policy == "allow_split" and order.payment_status == "paid" and not followed


def may_split(facts: Facts, order: Order) -> bool:
    """Whether an order splits as it stands, with a part that can go."""
    return splits(facts, order) and any(line.held for line in order.lines)


def split_order(order: Order, successor: Id) -> Order:
    """Leave what is held with the order and give the rest to one waiting successor.

    The moved units count as cancelled on the order's own lines, so that every line still adds up.
    """
    rest = [
        Line(line.line_no, line.owner, line.variant, line.missing, unit_price=line.unit_price)
        for line in order.lines
        if line.missing > ZERO
    ]
    cancel_missing(order)
    return Order(
        order.organisation,
        successor,
        followed_reference(order),
        order.kind,
        "waiting",
        "held",
        order.payment_status,
        "ship_complete",
        order.priority,
        queue_place(order.priority, order.placed_at, successor),
        order.placed_at,
        follows=order.id,
        lines=rest,
        is_new=True,
    )


def waiting_rows(order: Order) -> list[WaitingRow]:
    """List what an order waits for, as rows of the queue.

    Lines that a recount cut short come before everything that merely waits.
    """
    rows: list[WaitingRow] = []
    if order.status == "waiting":
        rows = [
            _waiting_row(order, line, order.queue_place, line.missing)
            for line in order.lines
            if line.missing > ZERO
        ]
    elif order.status != "cancelled" and any(line.short for line in order.lines):
        place = queue_place(order.priority, order.placed_at, order.id, short=True)
        rows = [
            _waiting_row(order, line, place, line.short)
            for line in order.lines
            if line.short > ZERO
        ]
    return rows


def _waiting_row(order: Order, line: Line, place: str, missing: Decimal) -> WaitingRow:
    """Write the queue row of one line."""
    return WaitingRow(
        line.owner, line.variant, place, line.line_no, order.organisation, order.id, missing
    )
