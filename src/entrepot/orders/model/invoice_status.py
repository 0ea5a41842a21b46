"""What is said of how far invoices and their lines are: flags that tell a history, and one word.

Marketplace-api.md, 7.2 and 7.3; where that proposes, this decides. Flags come in its order.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from entrepot.kernel.quantity import ZERO

InvoiceFlag: TypeAlias = Literal[
    "paid",
    "payment_under_review",
    "sent",
    "partially_sent",
    "awaiting_return",
    "awaiting_refund",
    "refunded",
    "cancelled",
    "ready",
    "collected",
]
InvoiceStatus: TypeAlias = Literal[
    "awaiting_payment",
    "paid",
    "payment_under_review",
    "sent",
    "partially_sent",
    "ready",
    "collected",
    "refunded",
    "cancelled",
]
AggregateStatus: TypeAlias = InvoiceStatus | Literal["mixed"]
LineStatus: TypeAlias = Literal["allocated", "refunded", "cancelled"]
LineStatusFull: TypeAlias = Literal["allocated", "shipped", "refunded", "cancelled"]


class LineProgress(NamedTuple):
    """Units of a line: what was ordered, left, was cancelled, and left and was paid back."""

    quantity: Decimal
    shipped: Decimal = ZERO
    cancelled: Decimal = ZERO
    paid_back: Decimal = ZERO


class Asked(NamedTuple):
    """A refund request that is open: whether goods came back already, and what it is about."""

    is_returned: bool
    has_returns: bool
    has_cancellations: bool


class Progress(NamedTuple):
    """How far an invoice is: its lines, and the requests on it that are open."""

    is_paid: bool
    is_under_review: bool
    is_collected: bool
    """It is fetched rather than sent (click and collect)."""
    lines: Sequence[LineProgress]
    asked: Sequence[Asked] = ()
    is_ready: bool = False
    """Its customer was told to fetch it."""


def flags_of(invoice: Progress) -> list[InvoiceFlag]:
    """The flags of an invoice.

    What is not cancelled has left: sent, or, where buyers fetch it, collected. Money that is asked
    back for goods that have not left, or have come back, awaits its refund.
    """
    shipped, live = _shipped_of(invoice), _live_of(invoice)
    has_left = shipped > ZERO and shipped >= live
    held: dict[InvoiceFlag, bool] = {
        "paid": invoice.is_paid,
        "payment_under_review": invoice.is_under_review,
        "sent": has_left and not invoice.is_collected,
        "partially_sent": ZERO < shipped < live and not invoice.is_collected,
        "awaiting_return": any(each.has_returns and not each.is_returned for each in invoice.asked),
        "awaiting_refund": any(
            each.has_cancellations or each.is_returned for each in invoice.asked
        ),
        "refunded": any(line.paid_back for line in invoice.lines),
        "cancelled": any(line.cancelled for line in invoice.lines),
        "ready": invoice.is_ready,
        "collected": has_left and invoice.is_collected,
    }
    return [flag for flag, is_set in held.items() if is_set]


def status_of(invoice: Progress) -> InvoiceStatus:
    """The one word for an invoice: what matters most of its flags.

    It is cancelled when all of it is, and refunded when nothing is left of it that was paid for.
    """
    flags = flags_of(invoice)
    if all(line.cancelled == line.quantity for line in invoice.lines):
        return "cancelled"
    if all(line.cancelled + line.paid_back == line.quantity for line in invoice.lines):
        return "refunded"
    if "payment_under_review" in flags:
        return "payment_under_review"
    if "collected" in flags:
        return "collected"
    if "sent" in flags:
        return "sent"
    if "ready" in flags:
        return "ready"
    if "partially_sent" in flags:
        return "partially_sent"
    return "paid" if invoice.is_paid else "awaiting_payment"


def line_status(line: LineProgress) -> LineStatus:
    """The one word for a line; its goods are set aside from the moment it is ordered."""
    if line.cancelled == line.quantity:
        return "cancelled"
    if line.cancelled + line.paid_back == line.quantity:
        return "refunded"
    return "allocated"


def line_status_full(line: LineProgress) -> LineStatusFull:
    """The one word for a line that also says when all that is not cancelled has left."""
    status = line_status(line)
    if status == "allocated" and line.shipped == line.quantity - line.cancelled:
        return "shipped"
    return status


def status_of_all(statuses: Collection[InvoiceStatus]) -> AggregateStatus:
    """The one word for an order's invoices: theirs, where it is the same for all."""
    first, *others = set(statuses)
    return "mixed" if others else first


def _shipped_of(invoice: Progress) -> Decimal:
    return sum((line.shipped for line in invoice.lines), ZERO)


def _live_of(invoice: Progress) -> Decimal:
    return sum((line.quantity - line.cancelled for line in invoice.lines), ZERO)
