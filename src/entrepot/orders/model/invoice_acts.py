"""What all acts on seller invoices have in common: who may act, on what, and who is told."""

from decimal import Decimal

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import Outcome
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fault
from entrepot.orders import errors
from entrepot.orders.model.checks import check_quantity
from entrepot.orders.model.commands import ActOnInvoice, Submission
from entrepot.orders.model.decision import Decision
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.fulfilment import InvoicedOrder, InvoiceFacts
from entrepot.orders.model.record import Order, answer_order


def find_invoiced(facts: Facts, command: ActOnInvoice) -> tuple[Order, InvoicedOrder] | None:
    """Find the order whose invoice is acted on, and what there is of its invoices."""
    key = (command.marketplace, command.order)
    order, invoiced = facts.orders.get(key), facts.market.invoiced.get(key)
    return None if order is None or invoiced is None else (order, invoiced)


def may_act(organisation: Id, order: Order, invoice: InvoiceFacts) -> bool:
    """Whether an invoice is one's own: of one's marketplace, or of what one sold."""
    return organisation in (order.organisation, invoice.seller)


def line_of_invoice(
    invoiced: InvoicedOrder, invoice: Id, line_no: int | None, field: str
) -> Fault | None:
    """Refuse a line of another invoice, and one that is not there, with the same words."""
    line = None if line_no is None else invoiced.lines.get(line_no)
    if line is not None and line.invoice == invoice:
        return None
    return Fault(
        errors.LINE_OF_ANOTHER_INVOICE,
        "line items must be part of the same invoice for which you are raising a refund request.",
        field,
        {} if line_no is None else {"line": line_no},
    )


def check_units(quantity: Decimal, field: str) -> Fault | None:
    """Whether a quantity is one of units that can be handed over: marketplaces sell whole ones."""
    fault = check_quantity(quantity, field)
    if fault is None and quantity % 1:
        return Fault(
            errors.QUANTITY_NOT_WHOLE,
            "Marketplaces sell whole units.",
            field,
            {"quantity": quantity_text(quantity)},
        )
    return fault


def decide_on_invoice(
    submission: Submission,
    order: Order,
    invoice: InvoiceFacts,
    act: str,
    answer: msgspec.Struct,
) -> Decision:
    """An act on an invoice, which its marketplace and its seller are both told of."""
    decision = Decision(act, invoice.id, answer, prefix=ids.INVOICE)
    others = {order.organisation, invoice.seller} - {submission.organisation}
    told = Decision(act, invoice.id, answer, prefix=ids.INVOICE)
    decision.told = tuple([(other, told) for other in sorted(others)])
    return decision


def change_order_by(decision: Decision, act: str, order: Order, outcome: Outcome | None) -> None:
    """Let an act on an invoice change its order, whose own history has it too."""
    decision.changed = (order,)
    told = Decision(act, order.id, answer_order(order, outcome))
    decision.told = (*decision.told, (order.organisation, told))


class Shares:
    """Sums what is named of each line, and finds what is more than the line allows."""

    def __init__(self, code: str, says: str) -> None:
        """Refuse more than a line allows with this code and these words."""
        self.code = code
        self.says = says
        self.named: dict[int, Decimal] = {}

    def add(self, line_no: int, quantity: Decimal, most: Decimal, field: str) -> Fault | None:
        """Name units of a line that allows `most`."""
        total = self.named[line_no] = self.named.get(line_no, ZERO) + quantity
        if total <= most:
            return None
        return Fault(
            self.code,
            self.says,
            field,
            {"line": line_no, "quantity": quantity_text(total), "max": quantity_text(most)},
        )
