"""How units of an order's lines leave, are let go and come back, whoever decides that they do."""

from collections.abc import Mapping
from decimal import Decimal

from entrepot.kernel.demand import Change, Demand, Ending, HoldEnd, LiveHold, Outcome, Reversal
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model.commands import Submission
from entrepot.orders.model.decision import Ask
from entrepot.orders.model.partners import note_transfers
from entrepot.orders.model.record import Line, Order
from entrepot.orders.model.standing import add_held, line_of


def cancel_line(line: Line, quantity: Decimal) -> Decimal:
    """Cancel units of a line, missing ones first; return how many of the held ones go."""
    from_missing = min(quantity, line.missing)
    line.short = max(line.short - from_missing, ZERO)
    line.cancelled += quantity
    from_held = quantity - from_missing
    line.held -= from_held
    return from_held


def leave(order: Order, shares: Mapping[int, Decimal]) -> tuple[Ending, ...]:
    """Let units of lines leave: count them as shipped, and choose the holds that end by that."""
    endings: list[Ending] = []
    for line_no, quantity in shares.items():
        line = line_of(order, line_no)
        line.held -= quantity
        line.shipped += quantity
        leaving = _leaving(order, line_no, quantity)
        order.shipped_from = [
            *order.shipped_from,
            *((line_no, each.hold.position, each.quantity) for each in leaving),
        ]
        endings += leaving
    return tuple(endings)


def _leaving(order: Order, line_no: int, quantity: Decimal) -> list[Ending]:
    """Choose the holds of a line whose units leave: the oldest first."""
    holds = sorted(
        (hold for hold in order.holds if hold.line_no == line_no),
        key=lambda each: each.key.hold_no,
    )
    endings: list[Ending] = []
    for hold in holds:
        if quantity <= ZERO:
            break
        part = min(quantity, hold.quantity)
        endings.append(Ending(hold, part, HoldEnd.CONVERTED))
        quantity -= part
    assert quantity <= ZERO, "a line's held is the sum of its live holds"
    return endings


def post_endings(
    order: Order,
    submission: Submission,
    ask: Ask,
    endings: tuple[Ending, ...],
    reversals: tuple[Reversal, ...] = (),
    changes: tuple[Change, ...] = (),
) -> Outcome | None:
    """Ask the ledger to end holds, and keep the order's list of live holds right.

    What changes on hand besides may be refused (see the outcome); endings by themselves cannot.
    None: there is nothing to ask.
    """
    if not endings and not changes:
        return None
    outcome = ask(
        Demand(
            submission.act,
            order.organisation,
            order.id,
            endings=endings,
            reversals=reversals,
            changes=changes,
        )
    )
    assert outcome.accepted or changes, "ending live holds cannot be refused"
    if not outcome.accepted:
        return outcome
    ended: set[LiveHold] = {each.hold for each in endings}
    order.holds = [hold for hold in order.holds if hold not in ended]
    carried = {line.line_no: line.held for line in order.lines}
    add_held(order, outcome.successors)
    for line in order.lines:
        line.held = carried[line.line_no]
    note_transfers(order, outcome)
    return outcome


def back_to_source(order: Order, line: Line, quantity: Decimal) -> list[Change]:
    """Find where a line's units left from, skipping those that came back before."""
    skip = line.returned
    changes: list[Change] = []
    for line_no, position, units in order.shipped_from:
        if line_no != line.line_no:
            continue
        skipped = min(skip, units)
        skip -= skipped
        part = min(units - skipped, quantity)
        if part > ZERO:
            changes.append(Change(position, part, "return"))
            quantity -= part
    assert quantity <= ZERO, "a line's shipped is the sum of its converted holds"
    return changes
