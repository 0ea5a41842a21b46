"""Acts on stock itself: goods arrive, are corrected, are counted."""

from datetime import datetime

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import (
    Change,
    Count,
    Demand,
    GivenUp,
    LiveHold,
    Outcome,
    PositionAfter,
    PositionKey,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal
from entrepot.orders import errors
from entrepot.orders.model.checks import INSUFFICIENT, LINES_MAX, check_quantity, refusal_of
from entrepot.orders.model.commands import (
    AdjustStock,
    CountStock,
    ReceiveStock,
    Submission,
)
from entrepot.orders.model.decision import Ask, Decision, Notice, Postponed
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.record import Order
from entrepot.orders.model.standing import line_of

VERSION_CHANGED = "stock.version_changed"


class PositionAnswer(msgspec.Struct):
    """A position as answered: its figures as text, and the version they have."""

    variant: str
    location: str
    on_hand: str
    held: str
    allocated: str
    available: str
    version: int
    unlimited: bool = False


class GivenUpAnswer(msgspec.Struct):
    """Units that a count took from an order line."""

    order: str
    line: int
    quantity: str


class ShrunkAnswer(msgspec.Struct):
    """Units that a count took from an allocation."""

    allocation: str
    quantity: str


class StockAnswer(msgspec.Struct, omit_defaults=True):
    """What an act on stock made of the positions it touched, and the reason that was given."""

    id: str
    positions: list[PositionAnswer]
    given_up: list[GivenUpAnswer] = []
    shrunk: list[ShrunkAnswer] = []
    reason: str = ""


def receive_stock(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Raise what is on hand by goods that arrived."""
    command = submission.command
    assert isinstance(command, ReceiveStock), "the batch hands each command to its own rule"
    return _change(facts, submission, ask, command, "receive")


def adjust_stock(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Correct what is on hand by a difference; refused where it would break a promise."""
    command = submission.command
    assert isinstance(command, AdjustStock), "the batch hands each command to its own rule"
    return _change(facts, submission, ask, command, "adjust")


def count_stock(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal | Postponed:
    """Set what is on hand to a counted figure. Only a stale version is refused.

    What the count does not cover is given up in a fixed order: free stock; allocations, the
    youngest first; holds of waiting orders; holds of unpaid, then of paid orders, the youngest
    first. Whoever an allocation was for and its owner are told by notices. An order keeps its
    status, its line carries what is short, and a notice names it.
    """
    command = submission.command
    assert isinstance(command, CountStock), "the batch hands each command to its own rule"
    key = _position(facts, submission.organisation, command.variant, command.location, "")
    if isinstance(key, Fault):
        return Refusal((key,))
    fault = None if command.on_hand == ZERO else check_quantity(command.on_hand, "on_hand")
    if fault is not None:
        return Refusal((fault,))
    there = [
        hold for order in facts.orders.values() for hold in order.holds if hold.position == key
    ]
    holds = tuple(sorted(there, key=lambda each: _rank(facts, each), reverse=True))
    allocations = facts.allocations.get(key, ())
    count = Count(key, command.on_hand, command.expected_version, holds, allocations)
    outcome = ask(Demand(submission.act, submission.organisation, counts=(count,)))
    if outcome.stale:
        return _stale(facts, outcome)
    if not outcome.accepted:
        return Postponed("more is promised here than the holds that were locked")
    changed, notices = _cut_short(facts, outcome)
    notices += _shrunk(facts, submission.organisation, outcome)
    answer = StockAnswer(
        ids.ACT + submission.act,
        [answer_position(each) for each in outcome.positions],
        [
            GivenUpAnswer(ids.ORDER + each.hold.key.order, each.hold.line_no, text)
            for each in outcome.given_up
            for text in (quantity_text(each.quantity),)
        ],
        [
            ShrunkAnswer(ids.ALLOCATION + each.allocation.allocation, text)
            for each in outcome.shrunk
            for text in (quantity_text(each.quantity),)
        ],
        command.reason,
    )
    return Decision("stock.counted", command.variant, answer, changed=changed, notices=notices)


def answer_position(after: PositionAfter) -> PositionAnswer:
    """Write a position's figures for the wire."""
    available = max(after.on_hand - after.held - after.allocated, ZERO)
    return PositionAnswer(
        ids.VARIANT + after.position.variant,
        ids.LOCATION + after.position.location,
        quantity_text(after.on_hand),
        quantity_text(after.held),
        quantity_text(after.allocated),
        quantity_text(available),
        after.version,
        after.unlimited,
    )


def _change(
    facts: Facts,
    submission: Submission,
    ask: Ask,
    command: ReceiveStock | AdjustStock,
    kind: str,
) -> Decision | Refusal:
    """Change what is on hand at one or several positions, all or none."""
    lines = command.lines
    if not 0 < len(lines) <= LINES_MAX:
        code = errors.TOO_MANY_LINES if lines else errors.NO_LINES
        return Refusal((Fault(code, f"Send 1 to {LINES_MAX} lines.", "lines"),))
    faults: list[Fault] = []
    changes: list[Change] = []
    for number, line in enumerate(lines):
        field = f"lines[{number}]"
        key = _position(facts, submission.organisation, line.variant, line.location, field + ".")
        size = abs(line.quantity) if kind == "adjust" else line.quantity
        fault = check_quantity(size, field + ".quantity")
        faults += [each for each in (key, fault) if isinstance(each, Fault)]
        if isinstance(key, PositionKey):
            changes.append(Change(key, line.quantity, kind))
    refusal = refusal_of(faults)
    if refusal is not None:
        return refusal
    outcome = ask(Demand(submission.act, submission.organisation, changes=tuple(changes)))
    if not outcome.accepted:
        return _uncovered(facts, outcome, changes)
    answer = StockAnswer(
        ids.ACT + submission.act,
        [answer_position(each) for each in outcome.positions],
        reason=command.reason,
    )
    act = "stock.received" if kind == "receive" else "stock.adjusted"
    return Decision(act, lines[0].variant, answer)


def _position(
    facts: Facts, organisation: Id, variant: Id, location: Id | None, field: str
) -> PositionKey | Fault:
    """Find the locked position meant: one's own variant, at a location of one's own."""
    known = facts.variants.get(variant)
    if known is None or known.owner != organisation:
        return Fault(
            errors.UNKNOWN_VARIANT,
            "You have no such variant. Check its id.",
            field + "variant",
            {"variant": ids.VARIANT + variant} if variant else {},
        )
    where = location or facts.default_location(organisation)
    for key in facts.locked.get((organisation, variant), ()):
        if key.location == where:
            return key
    return Fault(
        errors.UNKNOWN_LOCATION,
        "You have no such location. Check its id.",
        field + "location",
        {"location": ids.LOCATION + where} if where else {},
    )


def _uncovered(facts: Facts, outcome: Outcome, changes: list[Change]) -> Refusal:
    """Refuse a correction below what is promised, naming each position."""
    faults = []
    for each in outcome.uncovered:
        number = next(i for i, one in enumerate(changes) if one.position == each.position)
        sku = facts.variants[each.position.variant].sku
        left = quantity_text(each.available)
        if each.quantity > ZERO:
            faults.append(
                Fault(
                    errors.QUANTITY_TOO_LARGE,
                    f"At most {left} more of {sku} can be written here.",
                    f"lines[{number}].quantity",
                    {"sku": sku, "quantity": quantity_text(each.quantity), "max": left},
                )
            )
            continue
        known: dict[str, Fact] = {
            "variant": ids.VARIANT + each.position.variant,
            "location": ids.LOCATION + each.position.location,
            "sku": sku,
            "quantity": quantity_text(each.quantity),
            "available": left,
            "version": each.version,
        }
        faults.append(
            Fault(
                INSUFFICIENT,
                f"Only {left} of {sku} is free here; count the stock if less is really there.",
                f"lines[{number}].quantity",
                known,
            )
        )
    return Refusal(tuple(faults))


def _stale(facts: Facts, outcome: Outcome) -> Refusal:
    """Refuse a count made against another version, with the figures there are now."""
    faults = []
    for each in outcome.stale:
        after = each.after
        known: dict[str, Fact] = {
            "variant": ids.VARIANT + each.position.variant,
            "location": ids.LOCATION + each.position.location,
            "expected_version": each.expected_version,
            "version": after.version,
            "on_hand": quantity_text(after.on_hand),
            "held": quantity_text(after.held),
        }
        sku = facts.variants[each.position.variant].sku
        faults.append(
            Fault(
                VERSION_CHANGED,
                f"{sku} changed while you counted; look again and send version {after.version}.",
                "expected_version",
                known,
            )
        )
    return Refusal(tuple(faults))


def _rank(facts: Facts, hold: LiveHold) -> tuple[int, datetime, Id, int]:
    """Order holds for giving up, last first: waiting, unpaid, paid; in each the youngest.

    A session order is for customers who paid its trader, so it counts as paid.
    """
    order = facts.orders[hold.organisation, hold.key.order]
    is_paid = order.payment_status == "paid" or order.producer is not None
    promised = 0 if is_paid else 1
    weight = 2 if order.status == "waiting" else promised
    return weight, order.placed_at, order.id, hold.key.hold_no


def _cut_short(facts: Facts, outcome: Outcome) -> tuple[tuple[Order, ...], tuple[Notice, ...]]:
    """Take given-up units off their order lines and name each order that is short by it."""
    changed: dict[tuple[Id, Id], Order] = {}
    notices: list[Notice] = []
    for each in outcome.given_up:
        order = facts.orders[each.hold.organisation, each.hold.key.order]
        changed[order.organisation, order.id] = order
        _take_from_line(order, each, outcome, notices)
    return tuple(changed.values()), tuple(notices)


def _shrunk(facts: Facts, organisation: Id, outcome: Outcome) -> tuple[Notice, ...]:
    """Tell both sides of each allocation that shrank."""
    notices = []
    for each in outcome.shrunk:
        terms = facts.partnerships.get(each.partnership)
        sides = [organisation] if terms is None else [organisation, terms.retailer]
        known = {
            "partnership": ids.PARTNERSHIP + each.partnership,
            "quantity": quantity_text(each.quantity),
            "remaining": quantity_text(each.remaining),
        }
        subject = ids.ALLOCATION + each.allocation.allocation
        notices += [Notice(side, "stock.allocation_shrunk", subject, known) for side in sides]
    return tuple(notices)


def _take_from_line(
    order: Order, given_up: GivenUp, outcome: Outcome, notices: list[Notice]
) -> None:
    """Lower what a line holds; a waiting line waits for it again, another carries it as short."""
    hold, quantity = given_up.hold, given_up.quantity
    line = line_of(order, hold.line_no)
    line.held -= quantity
    order.holds = [each for each in order.holds if each != hold]
    for part in outcome.successors:
        if part.position == hold.position and hold.quantity - quantity == part.quantity:
            key = hold.key._replace(hold_no=part.hold_no)
            rest = msgspec.structs.replace(hold, key=key, quantity=part.quantity)
            order.holds.append(rest)
            break
    if order.status == "waiting":
        return
    line.short += quantity
    notices.append(
        Notice(
            order.organisation,
            "orders.line_short",
            ids.ORDER + order.id,
            {
                "reference": order.reference,
                "line": str(line.line_no),
                "variant": ids.VARIANT + line.variant,
                "quantity": quantity_text(quantity),
            },
        )
    )
