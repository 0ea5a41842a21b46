"""Refund requests on invoices: how they are made, and the steps by which they end.

Marketplace-api.md, 8. A request goes awaiting, returned, refunded; until it is refunded it may be
denied, and a denial taken back. A step that is skipped is refused, also for cancellations. Goods
move once, with the money: cancelled ones go back on sale unless they are out of stock, and nothing
that came back goes on sale unless somebody says so (`restock`).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from entrepot.kernel import ids
from entrepot.kernel.demand import Change, Ending, Reversal
from entrepot.kernel.refusal import Fault, Refusal, refuse
from entrepot.kernel.text import is_plain
from entrepot.orders import errors
from entrepot.orders.model.checks import LINES_MAX, refusal_of
from entrepot.orders.model.commands import (
    CompleteRefund,
    DenyRefund,
    RefundLine,
    RequestRefund,
    RestoreRefund,
    StepOfRefund,
    Submission,
    TakeBackRefund,
)
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.fulfilment import (
    INITIATORS,
    InvoicedOrder,
    InvoiceFacts,
    Refund,
    RefundNote,
    RefundPart,
    left_to_cancel,
    left_to_return,
    restocks,
)
from entrepot.orders.model.fulfilment_showing import show_refund, unknown_refund
from entrepot.orders.model.invoice_acts import (
    Shares,
    change_order_by,
    check_units,
    decide_on_invoice,
    find_invoiced,
    line_of_invoice,
    may_act,
)
from entrepot.orders.model.market import WHOLE_MAX
from entrepot.orders.model.market_checks import (
    KEY_VALUES_MAX,
    TEXT_LENGTH_MAX,
    detail_fault,
    is_message,
)
from entrepot.orders.model.market_showing import unknown_invoice
from entrepot.orders.model.moving import back_to_source, cancel_line, post_endings
from entrepot.orders.model.partners import GivingBack
from entrepot.orders.model.record import Order
from entrepot.orders.model.standing import become_cancelled, line_of, refresh_fulfilment

_ONE: Final = Decimal(1)


def request_refund(facts: Facts, submission: Submission, _: Ask) -> Decision | Refusal:
    """Ask the money back for lines of an invoice. Names all that is wrong with it at once.

    From now on what is to be cancelled is not to be dispatched; its stock stays set aside.
    """
    command = submission.command
    assert isinstance(command, RequestRefund), "the batch hands each command to its own rule"
    found = find_invoiced(facts, command)
    if found is None:
        return unknown_invoice(command.invoice)
    order, invoiced = found
    invoice = invoiced.invoices.get(command.invoice)
    if invoice is None or not may_act(submission.organisation, order, invoice):
        return unknown_invoice(command.invoice)
    is_seller = submission.organisation != order.organisation
    refusal = refusal_of(_faults(order, invoiced, command, is_seller=is_seller))
    if refusal is not None:
        return refusal
    refund = Refund(
        order.organisation,
        command.refund,
        order.id,
        invoice.id,
        invoice.legacy_id,
        invoice.seller,
        0,
        "awaiting",
        command.initiated_by or ("seller" if is_seller else "admin"),
        command.restock,
        invoiced.currency,
        invoiced.minor_digits,
        None,
        facts.now,
        facts.now,
        None,
        [RefundNote("awaiting", note, facts.now) for note in command.notes],
        [_part(invoiced, number, each) for number, each in enumerate(command.lines, 1)],
    )
    if refund.amount > WHOLE_MAX:
        return Refusal((_money("lines", refund.amount),))
    return _decide(submission, order, invoiced, refund, "orders.refund_requested")


def take_back_refund(facts: Facts, submission: Submission, _: Ask) -> Decision | Refusal:
    """Say that the goods of a request are back, or will not leave."""
    found = _find(facts, submission, TakeBackRefund)
    if isinstance(found, Refusal):
        return found
    order, invoiced, refund = found
    if refund.status != "awaiting":
        return refuse(
            errors.REFUND_NOT_AWAITING,
            f"This refund request is {refund.status}; only one that is awaiting can be taken back.",
            facts=_stands(refund),
        )
    refund.status = "returned"
    return _step(facts, submission, order, invoiced, refund, "orders.refund_taken_back")


def complete_refund(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Say that the money went back, and let the goods go where they belong."""
    command = submission.command
    found = _find(facts, submission, CompleteRefund, by_marketplace=True)
    if isinstance(found, Refusal):
        return found
    assert isinstance(command, CompleteRefund), "it was found for this command"
    order, invoiced, refund = found
    if refund.status != "returned":
        return refuse(
            errors.REFUND_NOT_RETURNED,
            "Can only mark a returned or processed RefundRequest as refunded",
            facts=_stands(refund),
        )
    left = invoiced.invoices[refund.invoice].total - invoiced.refunded(refund.invoice)
    cash = min(refund.amount, left) if command.cash_amount is None else command.cash_amount
    if not 0 <= cash <= left:
        return refuse(
            errors.REFUND_TOO_LARGE,
            "No more goes back than was paid for the invoice, less what went back before.",
            field="cash_amount",
            facts={"cash_amount": cash, "max": left},
        )
    if cash != refund.amount:
        refund.parts.append(_difference(refund, cash - refund.amount))
    refund.status = "refunded"
    refund.cash_amount = cash
    refund.refunded_at = facts.now
    if command.restock is not None:
        refund.restock = command.restock
    changed = order.copy()
    moves = _moves(facts, order, changed, refund)
    outcome = post_endings(changed, submission, ask, *moves)
    if outcome is not None and not outcome.accepted:
        return refuse(
            errors.QUANTITY_TOO_LARGE,
            "More would lie there than can be written. Correct the stock first.",
            facts=_stands(refund),
        )
    decision = _step(facts, submission, order, invoiced, refund, "orders.refund_completed")
    is_over = all(line.cancelled == line.quantity for line in changed.lines)
    if is_over:
        become_cancelled(changed)
    else:
        refresh_fulfilment(changed)
    if all(line.cancelled + line.returned == line.quantity for line in changed.lines):
        changed.payment_status = "refunded"
    act = "orders.returned" if all(part.dispatched for part in refund.parts) else "orders.cancelled"
    change_order_by(decision, act, changed, outcome)
    return decision


def deny_refund(facts: Facts, submission: Submission, _: Ask) -> Decision | Refusal:
    """Say that no money goes back; what was to be cancelled is to be dispatched again."""
    found = _find(facts, submission, DenyRefund, by_marketplace=True)
    if isinstance(found, Refusal):
        return found
    order, invoiced, refund = found
    if refund.status not in {"awaiting", "returned"}:
        return refuse(
            errors.REFUND_ENDED,
            f"This refund request was {refund.status} already.",
            facts=_stands(refund),
        )
    refund.status = "denied"
    return _step(facts, submission, order, invoiced, refund, "orders.refund_denied")


def restore_refund(facts: Facts, submission: Submission, _: Ask) -> Decision | Refusal:
    """Take a denial back, unless what was asked for has left, or been asked back, meanwhile."""
    found = _find(facts, submission, RestoreRefund, by_marketplace=True)
    if isinstance(found, Refusal):
        return found
    order, invoiced, refund = found
    if refund.status != "denied":
        return refuse(
            errors.REFUND_NOT_DENIED,
            f"This refund request is {refund.status}; only a denial can be taken back.",
            facts=_stands(refund),
        )
    check = _Limits(order, invoiced)
    faults = [
        check.fault(part.line_no, part.quantity, f"lines[{number}]", dispatched=part.dispatched)
        for number, part in enumerate(refund.parts)
        if part.line_no is not None
    ]
    refusal = refusal_of(fault for fault in faults if fault is not None)
    if refusal is not None:
        return refusal
    refund.status = "awaiting"
    return _step(facts, submission, order, invoiced, refund, "orders.refund_restored")


def _find(
    facts: Facts, submission: Submission, kind: type[StepOfRefund], *, by_marketplace: bool = False
) -> tuple[Order, InvoicedOrder, Refund] | Refusal:
    """Find a request that the caller may take a step with, as a copy, and check what is noted."""
    command = submission.command
    assert isinstance(command, kind), "the batch hands each command to its own rule"
    found = find_invoiced(facts, command)
    if found is None:
        return unknown_refund(command.refund)
    order, invoiced = found
    refund = invoiced.refunds.get(command.refund)
    if refund is None:
        return unknown_refund(command.refund)
    if not may_act(submission.organisation, order, invoiced.invoices[refund.invoice]):
        return unknown_refund(command.refund)
    if by_marketplace and submission.organisation != order.organisation:
        return refuse(
            errors.MARKETPLACE_DECIDES,
            "Whether money goes back is for the marketplace to say. Ask it.",
            facts=_stands(refund),
        )
    refusal = refusal_of(_note_faults(command.notes))
    return refusal or (order, invoiced, refund.copy())


def _step(
    facts: Facts,
    submission: Submission,
    order: Order,
    invoiced: InvoicedOrder,
    refund: Refund,
    act: str,
) -> Decision:
    """Note a step that was taken, and decide it."""
    command = submission.command
    assert isinstance(command, StepOfRefund), "only steps are noted"
    refund.updated_at = facts.now
    refund.notes += [RefundNote(refund.status, note, facts.now) for note in command.notes]
    return _decide(submission, order, invoiced, refund, act)


def _decide(
    submission: Submission, order: Order, invoiced: InvoicedOrder, refund: Refund, act: str
) -> Decision:
    """Let a request be as it is now, for the rest of the batch and for good."""
    invoiced.refunds[refund.id] = refund
    invoice: InvoiceFacts = invoiced.invoices[refund.invoice]
    decision = decide_on_invoice(submission, order, invoice, act, show_refund(refund))
    decision.refunds = (refund,)
    return decision


def _moves(
    facts: Facts, order: Order, changed: Order, refund: Refund
) -> tuple[tuple[Ending, ...], tuple[Reversal, ...], tuple[Change, ...]]:
    """Count what a request cancels and takes back in its lines; say what moves by that.

    Goods that cannot be sold again are written off where they were, or came back to.
    """
    giving_back = GivingBack(facts, order)
    changes: list[Change] = []
    for part in refund.parts:
        if part.line_no is None:
            continue
        line = line_of(changed, part.line_no)
        is_sold_again = restocks(part, refund.restock)
        if part.dispatched:
            back = back_to_source(order, line, part.quantity)
            line.returned += part.quantity
            changes += back
            gone = [] if is_sold_again else [(each.position, each.quantity) for each in back]
        elif is_sold_again:
            giving_back.release(part.line_no, cancel_line(line, part.quantity))
            gone = []
        else:
            gone = giving_back.let_go(part.line_no, cancel_line(line, part.quantity))
        changes += [Change(position, -units, "adjust") for position, units in gone]
    return giving_back.endings(), giving_back.reversals(), tuple(changes)


def _part(invoiced: InvoicedOrder, number: int, line: RefundLine) -> RefundPart:
    """Write one line of a request, at what the customer paid if it names no amount."""
    invoiced_line = None if line.line is None else invoiced.lines[line.line]
    paid = 0 if invoiced_line is None else invoiced_line.amount_per_item
    each = paid if line.amount_per_item is None else line.amount_per_item
    return RefundPart(
        number,
        0,
        line.line,
        None if invoiced_line is None else invoiced_line.legacy_id,
        line.quantity,
        line.dispatched,
        line.reason,
        line.custom,
        each,
        int(each * line.quantity),
    )


def _difference(refund: Refund, amount: int) -> RefundPart:
    """What makes up the difference between what lines come to and what went back."""
    return RefundPart(
        len(refund.parts) + 1,
        0,
        None,
        None,
        _ONE,
        dispatched=False,
        reason=None,
        description="Adjustment",
        amount_per_item=amount,
        amount=amount,
    )


class _Limits:
    """Checks that no unit is asked back twice, nor cancelled once it left."""

    def __init__(self, order: Order, invoiced: InvoicedOrder) -> None:
        self.order = order
        self.refunds = invoiced.refunds.values()
        self.shares = {
            dispatched: Shares(
                errors.MORE_THAN_REFUNDABLE,
                f"Fewer units than that have {'left' if dispatched else 'not left'} and are not in"
                " a refund request already.",
            )
            for dispatched in (False, True)
        }

    def fault(
        self, line_no: int, quantity: Decimal, field: str, *, dispatched: bool
    ) -> Fault | None:
        """Name units of a line, beside those named before."""
        line = line_of(self.order, line_no)
        left = left_to_return if dispatched else left_to_cancel
        most = left(line, self.refunds)
        return self.shares[dispatched].add(line_no, quantity, most, field + ".quantity")


def _faults(
    order: Order, invoiced: InvoicedOrder, command: RequestRefund, *, is_seller: bool
) -> Iterator[Fault]:
    """All that is wrong with a request."""
    yield from _note_faults(command.notes)
    if command.initiated_by is not None and (
        command.initiated_by not in INITIATORS or (is_seller and command.initiated_by == "admin")
    ):
        yield detail_fault("initiated_by")
    if not command.lines:
        yield Fault(errors.NO_LINES, "Name at least one line.", "lines")
    if len(command.lines) > LINES_MAX:
        yield Fault(errors.TOO_MANY_LINES, f"Name at most {LINES_MAX} lines.", "lines")
        return
    limits = _Limits(order, invoiced)
    for number, each in enumerate(command.lines):
        field = f"lines[{number}]"
        yield from _text_faults(each, field)
        amount = each.amount_per_item
        is_custom = each.line is None and each.custom is not None
        if (is_custom and amount is None) or not 0 <= (amount or 0) <= WHOLE_MAX:
            yield _money(field + ".amount_per_item", amount or 0)
        fault = check_units(each.quantity, field + ".quantity")
        if fault is None and not is_custom:
            fault = line_of_invoice(invoiced, command.invoice, each.line, field + ".line")
        if fault is None and each.line is not None:
            fault = limits.fault(each.line, each.quantity, field, dispatched=each.dispatched)
        if fault is not None:
            yield fault


def _text_faults(line: RefundLine, field: str) -> Iterator[Fault]:
    """A line says what it is about once, in text that can be printed."""
    if line.reason is not None and not is_plain(line.reason, TEXT_LENGTH_MAX):
        yield detail_fault(field + ".reason")
    if line.custom is not None and (
        line.line is not None or not is_plain(line.custom, TEXT_LENGTH_MAX)
    ):
        yield detail_fault(field + ".custom")


def _note_faults(notes: Sequence[str]) -> Iterator[Fault]:
    if len(notes) > KEY_VALUES_MAX:
        yield detail_fault("notes")
    for number, note in enumerate(notes):
        if not is_message(note):
            yield detail_fault(f"notes[{number}]")


def _money(field: str, amount: int) -> Fault:
    return Fault(
        errors.MONEY_NOT_VALID,
        f"An amount is from 0 to {WHOLE_MAX} in whole minor units (cents); what is of no line"
        " needs one.",
        field,
        {"amount": str(amount)},
    )


def _stands(refund: Refund) -> dict[str, str | int]:
    return {"refund_request": ids.REFUND_REQUEST + refund.id, "status": refund.status}
