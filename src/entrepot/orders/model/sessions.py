"""Session orders of remote traders: each grows, shrinks, and completes by its trader's request.

Source text wholesale-order-processing, "Trader Platform Process flow"; reference dfc.md, 3, 4 and
11; design 6.3. One order a trader, session and producer. Its goods are held as it stands, and never
is more taken than its last accepted lines say.
"""

from collections.abc import Sequence
from decimal import Decimal

from entrepot.kernel import ids
from entrepot.kernel.demand import Demand
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Fault, Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.checks import (
    LINES_MAX,
    check_line,
    check_lines,
    check_quantity,
    check_reference,
    refusal_of,
)
from entrepot.orders.model.commands import (
    ChangeOrder,
    CompleteSessionOrder,
    PlaceDraft,
    PlaceOrder,
    Submission,
    WantedLine,
)
from entrepot.orders.model.decision import Ask, Decision, Notice
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.marketplace import place_marketplace_order
from entrepot.orders.model.placing import (
    change_order,
    decide_order,
    new_lines,
    place_draft,
    place_order,
    reference_taken,
)
from entrepot.orders.model.record import Order, OrderAnswer, answer_order, queue_place
from entrepot.orders.model.standing import (
    already_cancelled,
    already_invoiced,
    become_cancelled,
    become_complete,
    find_order,
    release_all,
)
from entrepot.orders.model.windows import check_remote_window


def place_any_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Place an order by its rule: a marketplace's, a remote trader's in a session, or any other."""
    command = submission.command
    assert isinstance(command, PlaceOrder), "the batch hands each command to its own rule"
    if command.market is not None:
        return place_marketplace_order(facts, submission, ask, new_id)
    if command.producer is None:
        return place_order(facts, submission, ask, new_id)
    return _place_session_order(facts, submission, command, ask, new_id)


def change_any_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Change an order by the rule of its kind.

    A session order may lose all its lines, and one that was a draft is held from then on. One that
    was split into invoices is not changed.
    """
    command = submission.command
    assert isinstance(command, ChangeOrder), "the batch hands each command to its own rule"
    order = facts.orders.get((submission.organisation, command.order))
    if order is not None and order.is_invoiced:
        return already_invoiced(order)
    if order is None or order.producer is None:
        return change_order(facts, submission, ask, new_id)
    if order.status == "complete":
        return _as_it_stands(order, command.lines)
    refusal = _refuse_to_set(facts, order) or _refuse_unexpected(order, command.expected)
    if refusal is None and command.draft:
        return _redraft(facts, order, command.lines)
    return refusal or _set_lines(facts, submission, order, command.lines, ask, new_id)


def place_any_draft(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Place a saved draft by the rule of its kind; a session order is held until its session's."""
    command = submission.command
    assert isinstance(command, PlaceDraft), "the batch hands each command to its own rule"
    order = facts.orders.get((submission.organisation, command.order))
    if order is None or order.producer is None or order.status != "draft":
        return place_draft(facts, submission, ask, new_id)
    refusal = _refuse_to_set(facts, order)
    return refusal or _set_lines(facts, submission, order, _lines_of(order), ask, new_id)


def complete_session_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Complete a session order with its final lines, in one decision: if short, nothing changes.

    Sent again with the same lines it is answered as it stands; one without lines is cancelled.
    """
    command = submission.command
    assert isinstance(command, CompleteSessionOrder), "the batch hands each command to its own rule"
    order = find_order(facts, submission.organisation, command.order)
    if isinstance(order, Refusal):
        return order
    if order.producer is None:
        return refuse(
            errors.NOT_A_SESSION_ORDER,
            f"Order {order.reference} is no session order; only those are completed by request.",
            facts={"order": ids.ORDER + order.id},
        )
    wanted = _lines_of(order) if command.lines is None else command.lines
    if order.status == "complete":
        return _as_it_stands(order, wanted)
    unset = _refuse_to_set(facts, order) or _refuse_unexpected(order, command.expected)
    if unset is not None:
        return unset
    if not wanted:
        return _end_empty(submission, order, ask)
    refusal = refusal_of(_check(facts, order, wanted))
    if refusal is not None:
        return refusal
    final = order.copy()
    final.lines = new_lines(facts, final, wanted)
    decided = decide_order(
        facts, submission, final, ask, new_id, None, paid=True, act="orders.completed"
    )
    if isinstance(decided, Refusal):
        return decided
    become_complete(final)
    assert isinstance(decided.answer, OrderAnswer), "an order is answered with what became of it"
    decided.answer.status = final.status
    decided.answer.fulfilment_status = final.fulfilment_status
    decided.answer.hold_until = None
    decided.notices = (told_completed(final),)
    return decided


def _place_session_order(
    facts: Facts, submission: Submission, command: PlaceOrder, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Open a remote trader's session order, or add to the one that is open.

    A platform repeats a POST after a time-out: the same lines as there are add nothing. Other lines
    are of another customer and come on top (reference dfc.md, 11).
    """
    organisation, window = submission.organisation, command.window
    assert window is not None, "a session order has its session"
    assert command.producer is not None, "and its producer"
    closed = check_remote_window(facts, organisation, window)
    if closed is not None:
        return Refusal((closed,))
    known = find_session_order(facts, window, organisation, command.producer)
    if known is not None:
        return _add_lines(facts, submission, command, known, ask, new_id)
    if (organisation, command.reference) in facts.references:
        return reference_taken(command.reference)
    order = Order(
        organisation,
        command.order,
        command.reference,
        "session",
        "draft",
        "unfulfilled",
        "unpaid",
        "refuse_short",
        0,
        queue_place(0, facts.now, command.order),
        facts.now,
        facts.windows[organisation, window].hold_until,
        window=window,
        producer=command.producer,
        is_new=True,
    )
    faults = _check(facts, order, command.lines)
    reference = check_reference(command.reference)
    refusal = refusal_of([*faults, *([reference] if reference else [])])
    if refusal is not None:
        return refusal
    order.lines = new_lines(facts, order, command.lines)
    if command.draft:
        return Decision("orders.draft_saved", order.id, answer_order(order), placed=(order,))
    return decide_order(facts, submission, order, ask, new_id, None, paid=False)


def _add_lines(
    facts: Facts,
    submission: Submission,
    command: PlaceOrder,
    order: Order,
    ask: Ask,
    new_id: IdSource,
) -> Decision | Refusal:
    """Add lines to a session order that is there; those that it has already add nothing."""
    there = _lines_of(order)
    is_repeated = _sums(command.lines) == _sums(there)
    if order.status == "complete" or (is_repeated and (order.status == "held" or command.draft)):
        return _as_it_stands(order, command.lines)
    wanted = there if is_repeated else _added(there, command.lines)
    if order.status == "draft" and command.draft:
        decided = _redraft(facts, order, wanted)
    else:
        decided = _set_lines(facts, submission, order, wanted, ask, new_id)
    return _as_named(decided, wanted, command.lines) if isinstance(decided, Refusal) else decided


def _redraft(facts: Facts, order: Order, wanted: tuple[WantedLine, ...]) -> Decision | Refusal:
    """Replace the lines of a draft that stays one; what is held cannot become one again."""
    if order.status != "draft":
        return refuse(
            errors.NOT_A_DRAFT,
            f"Order {order.reference} is no draft any more; take its lines away, or cancel it.",
            facts={"order": ids.ORDER + order.id},
        )
    refusal = refusal_of(_check(facts, order, wanted))
    if refusal is not None:
        return refusal
    changed = order.copy()
    changed.lines = new_lines(facts, changed, wanted)
    return Decision("orders.changed", order.id, answer_order(changed), changed=(changed,))


def _as_named(
    refusal: Refusal, lines: Sequence[WantedLine], named: Sequence[WantedLine]
) -> Refusal:
    """Let faults of a session order's lines name those of the request that they came of."""
    numbers = {_face(line): number for number, line in enumerate(named)}
    fields = {}
    for number, line in enumerate(lines):
        own = numbers.get(_face(line))
        fields[f"lines[{number}]"] = "lines" if own is None else f"lines[{own}]"
    faults = []
    for fault in refusal.faults:
        path, _, rest = (fault.field or "").partition(".")
        if path in fields:
            known = {key: value for key, value in fault.facts.items() if key != "line"}
            field = f"{fields[path]}.{rest}" if fields[path] != "lines" else "lines"
            faults.append(Fault(fault.code, fault.message, field, known))
        else:
            faults.append(fault)
    return Refusal(tuple(faults))


def _refuse_to_set(facts: Facts, order: Order) -> Refusal | None:
    """Whether the lines of a session order, not yet complete, are the trader's to set now."""
    if order.status == "cancelled" or order.is_past_limit(facts.now):
        return already_cancelled(order)
    assert order.window is not None, "a session order has its session"
    if not facts.windows[order.organisation, order.window].is_remote:
        return refuse(
            errors.ALREADY_GATHERED,
            f"Order {order.reference} is made of customers' orders; cancel lines of it instead.",
            facts={"order": ids.ORDER + order.id},
        )
    closed = check_remote_window(facts, order.organisation, order.window)
    return None if closed is None else Refusal((closed,))


def _refuse_unexpected(order: Order, expected: tuple[WantedLine, ...] | None) -> Refusal | None:
    """Refuse what was worked out from lines that another request has changed meanwhile."""
    if expected is None or _sums(expected) == _sums(_lines_of(order)):
        return None
    return refuse(
        errors.CHANGED_MEANWHILE,
        f"Another request changed order {order.reference} meanwhile. Read it again, then send.",
        facts={"order": ids.ORDER + order.id},
    )


def _set_lines(
    facts: Facts,
    submission: Submission,
    order: Order,
    wanted: tuple[WantedLine, ...],
    ask: Ask,
    new_id: IdSource,
) -> Decision | Refusal:
    """Replace the lines of a session order that is not complete; without lines it holds nothing."""
    refusal = refusal_of(_check(facts, order, wanted))
    if refusal is not None:
        return refusal
    changed = order.copy()
    changed.lines = new_lines(facts, changed, wanted)
    return decide_order(
        facts, submission, changed, ask, new_id, None, paid=False, act="orders.changed"
    )


def _check(facts: Facts, order: Order, lines: tuple[WantedLine, ...]) -> list[Fault]:
    """Find the faults of a session order's lines: all are of its producer's goods.

    What the order has already may stay and shrink, also when the variant or the right to order it
    was withdrawn meanwhile: customers were promised it.
    """
    if len(lines) > LINES_MAX:
        return check_lines(facts, order.organisation, "session", lines)
    there = _sums([] if order.status == "draft" else _lines_of(order))
    faults = []
    for number, line in enumerate(lines):
        field = f"lines[{number}]"
        variant = facts.variants.get(line.variant)
        if variant is not None and variant.owner != order.producer:
            fault: Fault | None = Fault(
                errors.UNKNOWN_VARIANT,
                "This producer has no such variant. Order it where it is sold.",
                field + ".variant",
                {"variant": ids.VARIANT + line.variant},
            )
        elif variant is not None and line.quantity <= there.get(_face(line), ZERO):
            fault = check_quantity(line.quantity, field + ".quantity")
        else:
            fault = check_line(facts, order.organisation, "session", line, field)
        if fault is not None:
            faults.append(fault)
    return faults


def _as_it_stands(order: Order, wanted: tuple[WantedLine, ...]) -> Decision | Refusal:
    """Answer what asks for nothing new; a complete order can be changed no more."""
    if _sums(wanted) != _sums(_lines_of(order)):
        return refuse(
            errors.ALREADY_COMPLETE,
            f"Order {order.reference} is complete; speak to the producer about changes.",
            facts={"order": ids.ORDER + order.id},
        )
    return Decision("orders.changed", order.id, answer_order(order))


def _end_empty(submission: Submission, order: Order, ask: Ask) -> Decision:
    """Cancel a session order that is completed without lines."""
    changed = order.copy()
    outcome = ask(Demand(submission.act, order.organisation, order.id, endings=release_all(order)))
    assert outcome.accepted, "ending live holds cannot be refused"
    for line in changed.lines:
        line.cancelled = line.quantity
    become_cancelled(changed)
    answer = answer_order(changed, outcome)
    return Decision("orders.cancelled", order.id, answer, changed=(changed,))


def _lines_of(order: Order) -> tuple[WantedLine, ...]:
    """The lines of an order, as one would ask for them."""
    return tuple(
        [
            WantedLine(line.variant, line.quantity - line.cancelled, None, line.case_units)
            for line in order.lines
            if line.quantity > line.cancelled
        ]
    )


def _sums(lines: Sequence[WantedLine]) -> dict[tuple[Id, Decimal | None], Decimal]:
    """How much is wanted of each variant, by the case or loose."""
    sums: dict[tuple[Id, Decimal | None], Decimal] = {}
    for line in lines:
        key = _face(line)
        sums[key] = sums.get(key, ZERO) + line.quantity
    return sums


def _face(line: WantedLine) -> tuple[Id, Decimal | None]:
    """What a line is of: loose, or by the case of so many."""
    return line.variant, line.case_units


def _added(lines: Sequence[WantedLine], more: Sequence[WantedLine]) -> tuple[WantedLine, ...]:
    """Some lines and others on top, one a variant and face."""
    sums = _sums([*lines, *more])
    return tuple([WantedLine(variant, q, None, face) for (variant, face), q in sums.items()])


def find_session_order(facts: Facts, window: Id, organisation: Id, producer: Id) -> Order | None:
    """The session order at a producer, if there is one that is not cancelled."""
    key = facts.session_orders.get((organisation, window, producer))
    order = None if key is None else facts.orders[organisation, key]
    return None if order is None or order.status == "cancelled" else order


def told_completed(order: Order) -> Notice:
    """Tell the producer that a session order is final."""
    assert order.producer is not None, "a session order has its producer"
    return Notice(
        order.producer,
        "session_order.completed",
        ids.ORDER + order.id,
        {"reference": order.reference},
    )
