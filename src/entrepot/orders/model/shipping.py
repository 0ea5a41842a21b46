"""Shipping goods of an invoice: any number of shipments, each of a part of its lines.

Marketplace-api.md, 7.4; the texts of refusals are those of 3.4, as programs compare them. Whoever
acts, the goods leave the seller's own positions.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from entrepot.kernel.refusal import Fault, Refusal
from entrepot.kernel.text import is_plain
from entrepot.orders import errors
from entrepot.orders.model.checks import LINES_MAX, refusal_of
from entrepot.orders.model.commands import ShipInvoice, Submission
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.fulfilment import (
    CARRIERS,
    InvoicedOrder,
    InvoiceFacts,
    Shipment,
    ShippedPart,
    left_to_dispatch,
)
from entrepot.orders.model.fulfilment_showing import show_shipment
from entrepot.orders.model.invoice_acts import (
    Shares,
    change_order_by,
    check_units,
    decide_on_invoice,
    find_invoiced,
    line_of_invoice,
    may_act,
)
from entrepot.orders.model.market_changes import (
    nothing_to_fetch,
    refuse_not_fetched,
    under_review,
)
from entrepot.orders.model.market_checks import TEXT_LENGTH_MAX, detail_fault, is_message
from entrepot.orders.model.market_showing import unknown_invoice
from entrepot.orders.model.moving import leave, post_endings
from entrepot.orders.model.record import Order
from entrepot.orders.model.standing import line_of, refresh_fulfilment

_BEHIND_UTC_MAX: Final = timedelta(hours=12)
"""A day begins this much later than in UTC where it begins last."""


def ship_invoice(facts: Facts, submission: Submission, ask: Ask) -> Decision | Refusal:
    """Let goods of an invoice leave in one shipment; units that are to be cancelled stay.

    Names all that is wrong with it at once.
    """
    command = submission.command
    assert isinstance(command, ShipInvoice), "the batch hands each command to its own rule"
    found = find_invoiced(facts, command)
    if found is None:
        return unknown_invoice(command.invoice)
    order, invoiced = found
    invoice = invoiced.invoices.get(command.invoice)
    if invoice is None or not may_act(submission.organisation, order, invoice):
        return unknown_invoice(command.invoice)
    if invoiced.is_under_review:
        return under_review()
    shares = Shares(
        errors.MORE_THAN_UNDISPATCHED,
        "Shipped items quantity exceeds the maximum number of undispatched items.",
    )
    faults = [*_faults(order, command), *_line_faults(order, invoiced, command, shares)]
    refusal = refusal_of(faults)
    if refusal is None and command.lines is None:
        refusal = _fetch_all(order, invoiced, invoice, shares)
    if refusal is not None:
        return refusal
    shipment = Shipment(
        order.organisation,
        command.shipment,
        order.id,
        invoice.id,
        invoice.legacy_id,
        invoice.seller,
        0,
        CARRIERS[command.carrier],
        command.tracking_number,
        command.note,
        command.dispatched_on,
        facts.now,
        [
            ShippedPart(line_no, invoiced.lines[line_no].legacy_id, quantity)
            for line_no, quantity in sorted(shares.named.items())
        ],
    )
    decision = decide_on_invoice(
        submission, order, invoice, "orders.shipment_created", show_shipment(shipment)
    )
    decision.shipments = (shipment,)
    changed = order.copy()
    outcome = post_endings(changed, submission, ask, leave(changed, shares.named))
    refresh_fulfilment(changed)
    change_order_by(decision, "orders.shipped", changed, outcome)
    return decision


def _fetch_all(
    order: Order, invoiced: InvoicedOrder, invoice: InvoiceFacts, shares: Shares
) -> Refusal | None:
    """Name all of an invoice that its customer fetches, or refuse where there is nothing."""
    refusal = refuse_not_fetched(invoice.id, invoice.delivery_type)
    if refusal is not None:
        return refusal
    there = {
        line_no: left_to_dispatch(line_of(order, line_no), invoiced.refunds.values())
        for line_no, line in invoiced.lines.items()
        if line.invoice == invoice.id
    }
    if not any(there.values()):
        return nothing_to_fetch(invoice.id)
    shares.named.update({line_no: quantity for line_no, quantity in there.items() if quantity})
    return None


def _faults(order: Order, command: ShipInvoice) -> Iterator[Fault]:
    """What is wrong beside the lines: the carrier, the day, texts."""
    if command.carrier not in CARRIERS:
        yield Fault(
            errors.UNKNOWN_CARRIER,
            "There is no such carrier. Choose one of the list of carriers.",
            "carrier",
            {"carrier": command.carrier},
        )
    # Where it was ordered, it may have been the day before still.
    if command.dispatched_on < (order.placed_at - _BEHIND_UTC_MAX).date():
        yield Fault(
            errors.DISPATCHED_BEFORE_ORDERED,
            "Dispatched at is before shipped items were ordered",
            "dispatched_on",
            {
                "dispatched_on": command.dispatched_on.isoformat(),
                "ordered_at": order.placed_at.isoformat(),
            },
        )
    if not is_plain(command.tracking_number, TEXT_LENGTH_MAX):
        yield detail_fault("tracking_number")
    if command.note is not None and not is_message(command.note):
        yield detail_fault("note")


def _line_faults(
    order: Order, invoiced: InvoicedOrder, command: ShipInvoice, shares: Shares
) -> Iterator[Fault]:
    """What is wrong with the lines; their quantities are summed on the way."""
    if command.lines is None:
        return
    if not command.lines:
        yield Fault(errors.NO_LINES, "Name at least one line.", "lines")
    if len(command.lines) > LINES_MAX:
        yield Fault(errors.TOO_MANY_LINES, f"Name at most {LINES_MAX} lines.", "lines")
        return
    for number, each in enumerate(command.lines):
        field = f"lines[{number}]"
        fault = line_of_invoice(invoiced, command.invoice, each.line, field + ".line")
        fault = fault or check_units(each.quantity, field + ".quantity")
        if fault is None:
            most = left_to_dispatch(line_of(order, each.line), invoiced.refunds.values())
            fault = shares.add(each.line, each.quantity, most, field + ".quantity")
        if fault is not None:
            yield fault
