"""Acts on a placed order: cancel, ship, return, prioritise."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import Change, Demand, EndedPart, Outcome, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fault, Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.checks import check_priority, check_quantity, refusal_of
from entrepot.orders.model.commands import (
    CancelOrder,
    LineQuantity,
    PrioritiseOrder,
    ReturnGoods,
    ShipOrder,
    Submission,
)
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.moving import back_to_source, cancel_line, leave, post_endings
from entrepot.orders.model.partners import GivingBack
from entrepot.orders.model.record import Line, Order, answer_order, queue_place
from entrepot.orders.model.standing import (
    already_cancelled,
    become_cancelled,
    find_line,
    find_order,
    fulfilled_by_invoice,
    line_of,
    met_or_waiting,
    refresh_fulfilment,
    unknown_order,
)


def cancel_order(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Cancel what was not shipped: everything, or the quantities named.

    What is still missing goes first, then what is held: what was transferred for it before the
    rest, and the youngest hold first. Transferred units go back to the wholesaler where the
    partnership says so. An order of which nothing is left is cancelled.
    """
    command = submission.command
    assert isinstance(command, CancelOrder), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    if order.is_invoiced:
        return fulfilled_by_invoice(order)
    if order.status == "cancelled" or order.is_past_limit(facts.now):
        return already_cancelled(order)
    shares = _shares(order, command.lines, _open, errors.MORE_THAN_OPEN, "left to cancel")
    if isinstance(shares, Refusal):
        return shares
    if not shares and any(line.gathered for line in order.lines):
        return refuse(
            errors.ALREADY_GATHERED,
            f"The sales session of order {order.reference} has closed: its goods are the session"
            " order's now.",
            facts={"order": ids.ORDER + order.id},
        )
    if not shares and order.lines:
        return refuse(
            errors.ALREADY_SHIPPED,
            f"All of order {order.reference} has left; take it back as a return.",
            facts={"order": ids.ORDER + order.id},
        )
    changed = order.copy()
    if all(
        _open(line) == shares.get(line.line_no, ZERO) and not line.shipped for line in order.lines
    ):
        giving_back = GivingBack(facts, order)
        for line in changed.lines:
            giving_back.release(line.line_no, line.held)
            line.cancelled = line.quantity
        outcome = _give_back(changed, submission, ask, giving_back)
        become_cancelled(changed)
        answer = answer_order(changed, outcome)
        return Decision("orders.cancelled", order.id, answer, changed=(changed,))
    giving_back = GivingBack(facts, order)
    for line_no, quantity in shares.items():
        line = line_of(changed, line_no)
        giving_back.release(line_no, cancel_line(line, quantity))
    outcome = _give_back(changed, submission, ask, giving_back)
    met_or_waiting(changed)
    if changed.status == "complete":
        refresh_fulfilment(changed)
    answer = answer_order(changed, outcome)
    return Decision("orders.cancelled", order.id, answer, changed=(changed,))


def ship_order(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Ship what is held for a complete order: all of it, or the quantities named."""
    command = submission.command
    assert isinstance(command, ShipOrder), "the batch hands each command to its own rule"
    order = _find_to_ship(facts, submission.organisation, command)
    if isinstance(order, Refusal):
        return order
    if order.status == "cancelled" or order.is_past_limit(facts.now):
        return already_cancelled(order)
    if order.status != "complete":
        return refuse(
            errors.NOT_COMPLETE,
            f"Order {order.reference} is {order.status}; only a complete order can be shipped.",
            facts={"order": ids.ORDER + order.id, "status": order.status},
        )
    shares = _shares(order, command.lines, _held, errors.MORE_THAN_HELD, "held to ship")
    if isinstance(shares, Refusal):
        return shares
    if not shares:
        return refuse(
            errors.ALREADY_SHIPPED,
            f"Nothing of order {order.reference} is left to ship.",
            facts={"order": ids.ORDER + order.id},
        )
    changed = order.copy()
    outcome = post_endings(changed, submission, ask, leave(changed, shares))
    refresh_fulfilment(changed)
    answer = answer_order(changed, outcome)
    return Decision("orders.shipped", order.id, answer, changed=(changed,))


def return_goods(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Take shipped goods back: on hand rises where they left from, or at a location named."""
    command = submission.command
    assert isinstance(command, ReturnGoods), "the batch hands each command to its own rule"
    order = _find_to_ship(facts, submission.organisation, command)
    if isinstance(order, Refusal):
        return order
    shares = _shares(order, command.lines, _returnable, errors.MORE_THAN_SHIPPED, "out to return")
    if isinstance(shares, Refusal):
        return shares
    changed = order.copy()
    coming: list[tuple[int, Change]] = []
    for line_no, quantity in shares.items():
        line = line_of(changed, line_no)
        if command.location is not None:
            key = PositionKey(line.owner, line.variant, command.location)
            if key not in facts.locked.get((line.owner, line.variant), ()):
                return unknown_location(command.location)
            changes = [Change(key, quantity, "return")]
        else:
            changes = back_to_source(order, line, quantity)
        coming += [(line_no, each) for each in changes]
        line.returned += quantity
    outcome = ask(
        Demand(
            submission.act,
            order.organisation,
            order.id,
            changes=tuple([each for _, each in coming]),
        )
    )
    if not outcome.accepted:
        return refuse(
            errors.QUANTITY_TOO_LARGE,
            "More would lie there than can be written. Correct the stock first.",
            facts={"order": ids.ORDER + order.id},
        )
    versions = {each.position: each.version for each in outcome.positions}
    back = tuple(
        [
            EndedPart(line_no, each.position, each.quantity, each.kind, versions[each.position])
            for line_no, each in coming
        ]
    )
    outcome = msgspec.structs.replace(outcome, ended=back)
    answer = answer_order(changed, outcome)
    return Decision("orders.returned", order.id, answer, changed=(changed,))


def _find_to_ship(
    facts: Facts, organisation: Id, command: ShipOrder | ReturnGoods
) -> Order | Refusal:
    """Find the order whose goods leave or come back: a session order's are its producer's to move.

    Any other of a `trader` answers exactly like an absent one.
    """
    by_producer = command.trader is not None
    order = find_order(facts, command.trader or organisation, command.order)
    if isinstance(order, Refusal) or (by_producer and order.producer != organisation):
        return unknown_order(command.order)
    if order.producer is not None and not by_producer:
        return refuse(
            errors.SHIPPED_BY_PRODUCER,
            f"Order {order.reference} is shipped, and taken back, by its producer.",
            facts={"order": ids.ORDER + order.id},
        )
    return fulfilled_by_invoice(order) if order.is_invoiced else order


def prioritise_order(facts: Facts, submission: Submission, _: Ask) -> Decision | Refusal:
    """Move an order in the queue of those that wait."""
    command = submission.command
    assert isinstance(command, PrioritiseOrder), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    if order.status == "cancelled" or order.is_past_limit(facts.now):
        return already_cancelled(order)
    fault = check_priority(command.priority)
    if fault is not None:
        return Refusal((fault,))
    changed = order.copy()
    changed.priority = command.priority
    changed.queue_place = queue_place(command.priority, order.placed_at, order.id)
    return Decision("orders.prioritised", order.id, answer_order(changed), changed=(changed,))


def unknown_location(location: str) -> Refusal:
    """Refuse a location that is not the owner's."""
    return refuse(
        errors.UNKNOWN_LOCATION,
        "There is no such location where this stock could lie. Check its id.",
        field="location",
        facts={"location": ids.LOCATION + location},
    )


def _open(line: Line) -> Decimal:
    """Units that have not left and are not cancelled."""
    return line.quantity - line.shipped - line.cancelled - line.gathered


def _held(line: Line) -> Decimal:
    """Units that can leave now."""
    return line.held


def _returnable(line: Line) -> Decimal:
    """Units that have left and have not come back."""
    return line.shipped - line.returned


def _shares(
    order: Order,
    wanted: tuple[LineQuantity, ...] | None,
    limit: Callable[[Line], Decimal],
    code: str,
    words: str,
) -> dict[int, Decimal] | Refusal:
    """Sum the quantities named per line and check each against what the line allows."""
    if wanted is None:
        return {line.line_no: limit(line) for line in order.lines if limit(line) > ZERO}
    faults: list[Fault] = []
    shares: dict[int, Decimal] = {}
    if not wanted:
        faults.append(
            Fault(errors.NO_LINES, "Name at least one line, or leave lines out.", "lines")
        )
    for number, each in enumerate(wanted):
        field = f"lines[{number}]"
        line = find_line(order, each.line)
        fault = check_quantity(each.quantity, field + ".quantity")
        if line is None:
            faults.append(
                Fault(
                    errors.UNKNOWN_LINE,
                    f"Order {order.reference} has no line {each.line}.",
                    field + ".line",
                    {"line": each.line},
                )
            )
        elif fault is not None:
            faults.append(fault)
        else:
            total = shares[each.line] = shares.get(each.line, ZERO) + each.quantity
            if total > limit(line):
                faults.append(_too_much(code, words, each.line, total, limit(line), field))
    return refusal_of(faults) or shares


def _too_much(
    code: str, words: str, line_no: int, asked: Decimal, most: Decimal, field: str
) -> Fault:
    """Name a line of which less is there than was asked."""
    return Fault(
        code,
        f"Line {line_no} has {quantity_text(most)} {words}; you named {quantity_text(asked)}.",
        field + ".quantity",
        {"line": line_no, "quantity": quantity_text(asked), "max": quantity_text(most)},
    )


def _give_back(
    order: Order, submission: Submission, ask: Ask, giving_back: GivingBack
) -> Outcome | None:
    """Release what was chosen, and reverse the transfers that this undoes."""
    return post_endings(order, submission, ask, giving_back.endings(), giving_back.reversals())
