"""Placing: a new order, a draft, a change, a payment. One rule for all of them.

The table of acts is in `docs/concepts/orders.md`. An order that can be met whole is complete (paid)
or held (unpaid, with a limit); an own order that cannot may wait, be split or be cut, as its policy
says. Everything is decided by one demand, so a refused change leaves the old order untouched.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import Demand, Ending, Mode, Outcome, Reversal
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.checks import (
    check_limit,
    check_lines,
    check_policy,
    check_priority,
    check_reference,
    refusal_of,
    shortage_faults,
)
from entrepot.orders.model.commands import (
    ChangeOrder,
    PlaceDraft,
    PlaceOrder,
    RecordPayment,
    Submission,
    WantedLine,
)
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.partners import GivingBack, demand_line, draw_of
from entrepot.orders.model.record import (
    DroppedLine,
    Line,
    Order,
    OrderAnswer,
    answer_order,
    queue_place,
)
from entrepot.orders.model.standing import (
    already_cancelled,
    become_cancelled,
    become_complete,
    cancel_missing,
    find_order,
    may_split,
    release_all,
    split_order,
    splits,
    take_outcome,
)
from entrepot.orders.model.windows import check_window, left_in_window, may_return, window_of

_MODES: Final = {
    "refuse_short": Mode.WHOLE,
    "line_by_line": Mode.LINE_BY_LINE,
    "ship_complete": Mode.PART,
    "allow_split": Mode.PART,
    "no_backorder": Mode.PART,
}
MAY_WAIT: Final = frozenset({"ship_complete", "allow_split"})


def place_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Place a new order, or save it as a draft.

    Refuses a reference that is taken, faults of any line, and (when its policy neither waits nor
    cuts) shortages, all named at once.
    """
    command = submission.command
    assert isinstance(command, PlaceOrder), "the batch hands each command to its own rule"
    organisation = submission.organisation
    if (organisation, command.reference) in facts.references:
        return reference_taken(command.reference)
    faults = check_lines(facts, organisation, command.kind, command.lines)
    if command.window is not None:
        faults += check_window(facts, organisation, command.window, command.lines)
    for fault in (
        check_policy(command.kind, command.policy),
        check_reference(command.reference),
        check_limit(command.hold_minutes),
        check_priority(command.priority),
    ):
        if fault is not None:
            faults.append(fault)
    if faults:
        refusal = refusal_of(faults)
        assert refusal is not None, "faults make a refusal"
        return refusal
    order = Order(
        organisation,
        command.order,
        command.reference,
        command.kind,
        "draft",
        "unfulfilled",
        "unpaid",
        command.policy,
        command.priority,
        queue_place(command.priority, facts.now, command.order),
        facts.now,
        window=command.window,
        is_new=True,
    )
    order.lines = new_lines(facts, order, command.lines)
    if command.draft:
        return Decision("orders.draft_saved", order.id, answer_order(order), placed=(order,))
    return decide_order(
        facts, submission, order, ask, new_id, command.hold_minutes, paid=command.paid
    )


def reference_taken(reference: str) -> Refusal:
    """Refuse a reference that the organisation has given to another order."""
    return refuse(
        errors.REFERENCE_TAKEN,
        f"You already have an order {reference}; give each order its own reference.",
        field="reference",
        facts={"reference": reference},
    )


def place_draft(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Place a saved draft as it stands; its place in the queue is that of this moment."""
    command = submission.command
    assert isinstance(command, PlaceDraft), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    order = order.copy()
    if order.status != "draft":
        return refuse(
            errors.NOT_A_DRAFT,
            f"Order {order.reference} was placed before.",
            facts={"order": ids.ORDER + order.id, "status": order.status},
        )
    wanted = tuple(
        WantedLine(line.variant, line.missing, line.unit_price)
        for line in order.lines
        if line.missing > ZERO  # the rest was cancelled while it was a draft
    )
    faults = check_lines(facts, order.organisation, order.kind, wanted)
    if order.window is not None:
        faults += check_window(facts, order.organisation, order.window, wanted)
    limit = check_limit(command.hold_minutes)
    refusal = refusal_of(faults + ([limit] if limit else []))
    if refusal is not None:
        return refusal
    order.placed_at = facts.now
    order.queue_place = queue_place(order.priority, facts.now, order.id)
    return decide_order(
        facts, submission, order, ask, new_id, command.hold_minutes, paid=command.paid
    )


def change_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Replace an order's lines, decided as a new placing with its old place in the queue.

    Its old holds end and the new ones open in one decision; if refused, the old order stands.
    """
    command = submission.command
    assert isinstance(command, ChangeOrder), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    if order.status == "cancelled" or order.is_past_limit(facts.now):
        return already_cancelled(order)
    if any(line.shipped for line in order.lines):
        return refuse(
            errors.ALREADY_SHIPPED,
            f"Part of order {order.reference} has left; cancel or return lines instead.",
            facts={"order": ids.ORDER + order.id},
        )
    faults = check_lines(facts, order.organisation, order.kind, command.lines)
    if order.window is not None:
        faults += check_window(facts, order.organisation, order.window, command.lines)
    refusal = refusal_of(faults)
    if refusal is not None:
        return refusal
    changed = order.copy()
    changed.lines = new_lines(facts, order, command.lines)
    if order.status == "draft":
        return Decision("orders.changed", order.id, answer_order(changed), changed=(changed,))
    paid = order.payment_status == "paid"
    return decide_order(
        facts, submission, changed, ask, new_id, None, paid=paid, act="orders.changed"
    )


def record_payment(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Write how a payment ended.

    Success lifts the limit and decides the order as paid; a session order stays held. After the
    limit it is decided as a new paid placing, refused as too late when stock is short. Failure
    cancels the order and gives back exactly what it held.
    """
    command = submission.command
    assert isinstance(command, RecordPayment), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    unpayable = _refuse_payment(order)
    if unpayable is not None:
        return unpayable
    expired = order.is_past_limit(facts.now) or (
        order.status == "cancelled" and order.hold_until is not None
    )
    if order.status == "cancelled" and not expired:
        return already_cancelled(order)
    if not command.succeeded:
        if expired:
            return already_cancelled(order)
        return _payment_failed(submission, order, ask)
    if expired:
        return _payment_after_limit(facts, submission, order, ask)
    order.payment_status = "paid"
    lifted = tuple([hold.key for hold in order.holds])
    order.holds = [msgspec.structs.replace(hold, expires_at=None) for hold in order.holds]
    if order.kind == "session":
        order.hold_until = None  # nobody who has paid may lose the goods to the clock
        answer = answer_order(order)
        return Decision("orders.paid", order.id, answer, changed=(order,), lifted=lifted)
    if order.status == "held":
        become_complete(order)
        return Decision(
            "orders.paid", order.id, answer_order(order), changed=(order,), lifted=lifted
        )
    decided = _decide_missing(facts, submission, order, ask, new_id)
    decided.lifted = lifted
    return decided


def _refuse_payment(order: Order) -> Refusal | None:
    """Refuse to take a payment for an order that needs none."""
    known: dict[str, Fact] = {"order": ids.ORDER + order.id}
    if order.producer is not None:
        return refuse(
            errors.PAYS_ON_COMPLETION,
            f"Order {order.reference} is a session order: on account once it is complete.",
            facts=known,
        )
    if order.status == "draft":
        return refuse(
            errors.NOT_PLACED,
            f"Order {order.reference} is a draft; place it first.",
            facts=known,
        )
    if order.payment_status == "paid":
        return refuse(errors.ALREADY_PAID, f"Order {order.reference} is paid already.", facts=known)
    return None


def new_lines(facts: Facts, order: Order, wanted: tuple[WantedLine, ...]) -> list[Line]:
    """Make lines of an order, numbered from 1; without a price, the session's or the variant's.

    Those of a session order are at its producer's price: what was agreed when they were first held,
    and what it asks of traders now for others.
    """
    window = window_of(facts, order)
    agreed = {}
    if order.producer is not None:
        agreed = {(line.variant, line.case_units): line.unit_price for line in order.lines}
    lines = []
    for number, each in enumerate(wanted, 1):
        variant = facts.variants[each.variant]
        price = each.unit_price
        if price is None and window is not None:
            price = window.products[variant.id].unit_price
        if order.producer is not None:
            price = agreed.get((variant.id, each.case_units), variant.wholesale_price)
        if price is None:
            price = variant.retail_price
        line = Line(number, variant.owner, variant.id, each.quantity, unit_price=price)
        line.case_units = each.case_units
        lines.append(line)
    return lines


def _demand(
    facts: Facts,
    submission: Submission,
    order: Order,
    mode: Mode,
    endings: tuple[Ending, ...] = (),
    reversals: tuple[Reversal, ...] = (),
) -> Demand:
    """Ask for what an order's lines miss, once `endings` and `reversals` gave back what it had."""
    draw = draw_of(order, splits=splits(facts, order))
    lines = tuple(
        [
            demand_line(facts, draw, line.line_no, line.owner, line.variant, line.missing)
            for line in order.lines
            if line.missing > ZERO
        ]
    )
    return Demand(
        submission.act,
        order.organisation,
        order.id,
        mode,
        lines,
        endings,
        reversals,
        expires_at=order.hold_until,
        some=order.policy not in MAY_WAIT,
        draw=draw,
        most=left_in_window(facts, order, gives_back=True) if order.window else {},
    )


def _mode(facts: Facts, order: Order) -> Mode:
    """Choose how much must be met: a waiting order may be set to hold nothing meanwhile."""
    mode = _MODES[order.policy]
    if order.policy == "ship_complete" and not facts.waits_holding.get(order.organisation, True):
        return Mode.WHOLE_OR_NONE_HELD
    return mode


def decide_order(
    facts: Facts,
    submission: Submission,
    order: Order,
    ask: Ask,
    new_id: IdSource,
    hold_minutes: int | None,
    *,
    paid: bool,
    act: str = "orders.placed",
) -> Decision | Refusal:
    """Decide the whole order against stock and turn the outcome into its state.

    `hold_minutes` None keeps the order's limit (a change); a paid order has none.
    """
    if paid:
        order.hold_until = None
        order.payment_status = "paid"
    elif hold_minutes is not None:
        order.hold_until = facts.now + timedelta(minutes=hold_minutes)
    endings, reversals = release_all(order), _no_longer_needed(facts, order)
    outcome = ask(_demand(facts, submission, order, _mode(facts, order), endings, reversals))
    if not outcome.accepted:
        return Refusal(shortages_of(facts, order, outcome))
    order.holds = []
    return _settle(facts, order, outcome, new_id, act)


def _no_longer_needed(facts: Facts, order: Order) -> tuple[Reversal, ...]:
    """What a changed order lets go of what was transferred for it: the rest counts as its own."""
    if not order.transfers:
        return ()
    spare: dict[tuple[Id, Id], Decimal] = {}
    for hold in order.holds:
        key = (hold.position.owner, hold.position.variant)
        spare[key] = spare.get(key, ZERO) + hold.quantity
    for line in order.lines:
        key = (line.owner, line.variant)
        spare[key] = spare.get(key, ZERO) - line.quantity
    giving_back = GivingBack(facts, order)
    for (owner, variant), quantity in spare.items():
        if quantity > ZERO:
            giving_back.undo(owner, variant, quantity)
    return giving_back.reversals()


def _decide_missing(
    facts: Facts, submission: Submission, order: Order, ask: Ask, new_id: IdSource
) -> Decision:
    """Decide what a waiting order that was just paid still misses; it never refuses."""
    order.hold_until = None
    outcome = ask(_demand(facts, submission, order, _mode(facts, order)))
    assert outcome.accepted, "a waiting order's demand takes what there is"
    return _settle(facts, order, outcome, new_id, "orders.paid")


def _settle(facts: Facts, order: Order, outcome: Outcome, new_id: IdSource, act: str) -> Decision:
    """Give an order the state that the outcome of its demand makes."""
    take_outcome(order, outcome)
    paid = order.payment_status == "paid"
    dropped: list[DroppedLine] = []
    successor: Order | None = None
    if outcome.shortages:
        if order.policy == "line_by_line":
            dropped = _drop_lines(order, outcome)
        elif order.policy == "no_backorder":
            cancel_missing(order)
        elif may_split(facts, order):
            successor = split_order(order, new_id())
        else:
            order.status = "waiting"
            order.fulfilment_status = "held"
            answer = answer_order(order, outcome)
            return _written(order, act, answer)
    if paid and order.window is None:
        become_complete(order)
    else:  # in a sales session, what is paid stays held until the session closes
        order.status = order.fulfilment_status = "held"
    answer = answer_order(
        order,
        outcome,
        followed_by=None if successor is None else successor.id,
        dropped=dropped,
    )
    return _written(order, act, answer, successor)


def _written(
    order: Order, act: str, answer: OrderAnswer, successor: Order | None = None
) -> Decision:
    """Say which rows an act writes: new orders are inserted, others are changed."""
    new = () if successor is None else (successor,)
    if order.is_new:
        return Decision(act, order.id, answer, placed=(order, *new))
    return Decision(act, order.id, answer, placed=new, changed=(order,))


def shortages_of(facts: Facts, order: Order, outcome: Outcome) -> tuple[Fault, ...]:
    """Name every short line of an outcome as a fault."""
    variants = {line.line_no: line.variant for line in order.lines}
    return shortage_faults(facts, variants, outcome.shortages)


def _drop_lines(order: Order, outcome: Outcome) -> list[DroppedLine]:
    """Leave out the lines that were short, and name them."""
    dropped = [
        DroppedLine(
            shortage.line_no,
            ids.VARIANT + line.variant,
            quantity_text(shortage.quantity),
            quantity_text(shortage.available),
        )
        for shortage in outcome.shortages
        for line in order.lines
        if line.line_no == shortage.line_no
    ]
    gone = {each.line for each in dropped}
    order.lines = [line for line in order.lines if line.line_no not in gone]
    return dropped


def _payment_failed(submission: Submission, order: Order, ask: Ask) -> Decision:
    """Cancel an order whose payment failed; it gives back exactly what it held."""
    outcome = ask(Demand(submission.act, order.organisation, order.id, endings=release_all(order)))
    assert outcome.accepted, "ending live holds cannot be refused"
    become_cancelled(order)
    answer = answer_order(order, outcome)
    return Decision("orders.payment_failed", order.id, answer, changed=(order,))


def _payment_after_limit(
    facts: Facts, submission: Submission, order: Order, ask: Ask
) -> Decision | Refusal:
    """Decide a payment after the limit as a new paid placing: whole, or too late."""
    assert not order.holds, "the batch ended what was past its limit"
    revived = order.copy()
    revived.hold_until = None
    revived.payment_status = "paid"
    for line in revived.lines:
        line.held = line.short = ZERO
    late = Fault(
        errors.PAYMENT_TOO_LATE,
        f"Order {order.reference} passed its limit and its stock is gone; pay the money back.",
        facts={"order": ids.ORDER + order.id},
    )
    window = window_of(facts, order)
    if window is not None and not may_return(window, order):
        return Refusal((late,))
    outcome = ask(_demand(facts, submission, revived, Mode.WHOLE))
    if not outcome.accepted:
        return Refusal((late, *shortages_of(facts, order, outcome)))
    take_outcome(revived, outcome)
    if revived.window is None:
        become_complete(revived)
    else:
        revived.status = revived.fulfilment_status = "held"
    answer = answer_order(revived, outcome)
    return Decision("orders.paid", order.id, answer, changed=(revived,))
