"""Placing a marketplace's order: one order over many sellers, one invoice a seller and delivery.

Source text wholesale-orders-marketplace; rules R1 to R22 of marketplace-api.md, 4.3. It is paid
when it comes (R21), takes its stock at once (R22) and is refused whole if anything is wrong (R20).
"""

from typing import Final

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import errors
from entrepot.orders.model.checks import check_lines, check_reference, refusal_of
from entrepot.orders.model.commands import PlaceOrder, Submission
from entrepot.orders.model.decision import Ask, Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.invoices import (
    InvoiceAnswer,
    MarketAnswer,
    MarketRecord,
    unit_price_of,
)
from entrepot.orders.model.invoicing import PricedLine, make_record
from entrepot.orders.model.market import WHOLE_MAX
from entrepot.orders.model.market_checks import check_market
from entrepot.orders.model.placing import decide_order, reference_taken
from entrepot.orders.model.pricing import price_line
from entrepot.orders.model.record import Line, Order, OrderAnswer, queue_place

_KIND: Final = "marketplace"


def place_marketplace_order(
    facts: Facts, submission: Submission, ask: Ask, new_id: IdSource
) -> Decision | Refusal:
    """Place a marketplace's order and make its invoices, or refuse all of it.

    Refuses a reference or external id that is taken, every fault of its lines and of what is said
    beside them, totals that do not fit, and shortages, summed by variant over all lines (R4).
    """
    command = submission.command
    assert isinstance(command, PlaceOrder), "the batch hands each command to its own rule"
    assert command.market is not None, "only a marketplace's order is placed so"
    organisation = submission.organisation
    if (organisation, command.reference) in facts.references:
        return reference_taken(command.reference)
    faults = check_lines(facts, organisation, _KIND, command.lines)
    named = {(fault.code, fault.field) for fault in faults}
    more = check_market(facts, organisation, command)
    faults += [fault for fault in more if (fault.code, fault.field) not in named]
    reference = check_reference(command.reference)
    refusal = refusal_of([*faults, *([reference] if reference else [])])
    if refusal is not None:
        return refusal
    lines = _priced(facts, organisation, command)
    marketplace = facts.market.marketplaces[organisation]
    record = make_record(marketplace, command.order, command.market, lines, new_id)
    refusal = refusal_of(_range_faults(record))
    if refusal is not None:
        return refusal
    order = _new_order(facts, submission, command, lines, record.minor_digits)
    decided = decide_order(facts, submission, order, ask, new_id, None, paid=True)
    if isinstance(decided, Refusal):
        return decided
    order.market = record
    assert isinstance(decided.answer, OrderAnswer), "an order is answered with what became of it"
    decided.answer.marketplace = _answer(record)
    facts.market.taken.update(
        (organisation, each.key, each.value) for each in command.market.external_ids
    )
    return decided


def _priced(facts: Facts, organisation: Id, command: PlaceOrder) -> list[PricedLine]:
    """Work out what each line comes to."""
    assert command.market is not None, "only a marketplace's order is priced so"
    digits = facts.market.marketplaces[organisation].minor_digits
    lines = []
    for number, (wanted, line) in enumerate(zip(command.lines, command.market.lines, strict=True)):
        variant = facts.market.variants[wanted.variant]
        money = price_line(line, variant, digits, int(wanted.quantity))
        owner = facts.variants[wanted.variant].owner
        lines.append(PricedLine(number + 1, owner, wanted, line, variant, money))
    return lines


def _new_order(
    facts: Facts,
    submission: Submission,
    command: PlaceOrder,
    lines: list[PricedLine],
    digits: int,
) -> Order:
    """The order as the core knows it: its unit prices are what the customer pays."""
    order = Order(
        submission.organisation,
        command.order,
        command.reference,
        _KIND,
        "draft",
        "unfulfilled",
        "unpaid",
        "refuse_short",
        0,
        queue_place(0, facts.now, command.order),
        facts.now,
        is_invoiced=True,
        is_new=True,
    )
    order.lines = [
        Line(
            each.line_no,
            each.seller,
            each.wanted.variant,
            each.wanted.quantity,
            unit_price=unit_price_of(each.money, digits),
        )
        for each in lines
    ]
    return order


def _range_faults(record: MarketRecord) -> list[Fault]:
    """Whatever comes to more than the programs that read it can count, or to less than nothing."""
    faults = [
        _out_of_range(f"lines[{line.line_no - 1}].cost", max(line.money.cost, line.money.owed))
        for line in record.lines
        if max(line.money.cost, line.money.owed) > WHOLE_MAX
    ]
    if faults:
        return faults
    for each in (record.totals, *(invoice.totals for invoice in record.invoices)):
        parts = (*msgspec.structs.astuple(each), each.total)
        if each.total < 0 or max(map(abs, parts)) > WHOLE_MAX:
            return [_out_of_range("lines", each.total)]
    for invoice in record.invoices:
        if max(invoice.withheld, abs(invoice.owed)) > WHOLE_MAX:
            return [_out_of_range("lines", invoice.owed)]
    return []


def _out_of_range(field: str, amount: int) -> Fault:
    return Fault(
        errors.TOTAL_OUT_OF_RANGE,
        f"This comes to less than nothing, or to more than {WHOLE_MAX} minor units (cents)."
        " Split the order.",
        field,
        {"amount": str(amount), "max": WHOLE_MAX},
    )


def _answer(record: MarketRecord) -> MarketAnswer:
    """Write what the marketplace is told; numbers are known once it is written."""
    return MarketAnswer(
        0,
        record.currency,
        record.totals.total,
        [
            InvoiceAnswer(
                ids.INVOICE + each.id,
                0,
                ids.ORGANISATION + each.seller,
                each.delivery_type,
                each.pricing_model,
                [line.line_no for line in record.lines if line.invoice == each.id],
                each.totals.total,
                each.owed,
            )
            for each in record.invoices
        ],
    )
