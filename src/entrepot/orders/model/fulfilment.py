"""What becomes of an invoiced order: its shipments and refund requests, and what they leave open.

A refund request asks money back for units that left (`dispatched`: a return) or for such as have
not (a cancellation). From when it is made until it is denied its units are neither to be dispatched
nor to be asked back again (marketplace-api.md, 8); goods move once, when it is refunded.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, get_args

import msgspec

from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO

RefundStatus: TypeAlias = Literal["awaiting", "returned", "refunded", "denied"]
Initiator: TypeAlias = Literal["admin", "seller", "buyer"]

REFUND_STATUSES: Final = get_args(RefundStatus)
INITIATORS: Final = get_args(Initiator)

_NOT_LETTERS: Final = re.compile(r"[^a-z]+")
_NOTHING_THERE: Final = ("out of stock", "no stock", "not in stock", "no inventory", "sold out")


class LineParts(Protocol):
    """The parts that a line has come apart into, wherever it was read from."""

    @property
    def line_no(self) -> int:
        """Its number in the order."""

    @property
    def quantity(self) -> Decimal:
        """Units ordered."""

    @property
    def held(self) -> Decimal:
        """Units set aside for it."""

    @property
    def shipped(self) -> Decimal:
        """Units that left."""

    @property
    def cancelled(self) -> Decimal:
        """Units cancelled."""


class Carrier(NamedTuple):
    """Who carries parcels; `{number}` in `tracking_url` stands for a parcel's."""

    legacy_id: int
    name: str
    homepage_url: str | None
    tracking_url: str | None


OTHER_CARRIER: Final = 1
"""The number of whoever is not in the list."""

CARRIERS: Final[Mapping[int, Carrier]] = MappingProxyType(
    {
        each.legacy_id: each
        for each in (
            Carrier(OTHER_CARRIER, "Other", None, None),
            Carrier(2, "PostNL", "https://www.postnl.nl", None),
            Carrier(
                3,
                "DHL",
                "https://www.dhl.com",
                "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
            ),
            Carrier(
                4,
                "DPD",
                "https://www.dpd.com",
                "https://tracking.dpd.de/status/en_US/parcel/{number}",
            ),
            Carrier(5, "UPS", "https://www.ups.com", "https://www.ups.com/track?tracknum={number}"),
            Carrier(
                6,
                "FedEx",
                "https://www.fedex.com",
                "https://www.fedex.com/fedextrack/?trknbr={number}",
            ),
            Carrier(7, "GLS", "https://gls-group.com", None),
            Carrier(8, "bpost", "https://www.bpost.be", None),
            Carrier(
                9,
                "Australia Post",
                "https://auspost.com.au",
                "https://auspost.com.au/mypost/track/details/{number}",
            ),
            Carrier(
                10,
                "New Zealand Post",
                "https://www.nzpost.co.nz",
                "https://www.nzpost.co.nz/tools/tracking?trackid={number}",
            ),
        )
    }
)
"""The carriers that are known, by number. A number is never given to another: shipments keep it."""


class ShippedPart(NamedTuple):
    """Units of a line that left in a shipment."""

    line_no: int
    line_legacy_id: int
    quantity: Decimal


class Shipment(msgspec.Struct):
    """Goods of an invoice that left together. A new one has no number yet (0)."""

    organisation: Id
    id: Id
    order_id: Id
    invoice: Id
    invoice_legacy_id: int
    seller: Id
    legacy_id: int
    carrier: Carrier
    tracking_number: str
    note: str | None
    dispatched_on: date
    created_at: datetime
    parts: list[ShippedPart]


class RefundNote(msgspec.Struct, frozen=True):
    """What was noted, and which status the request had by that."""

    status: RefundStatus
    note: str
    at: datetime


class RefundPart(msgspec.Struct):
    """What of a request is about one line: `amount` is `amount_per_item` for each of its units.

    Without a line it is an amount that `description` explains. Amounts are minor units.
    """

    number: int
    legacy_id: int
    line_no: int | None
    line_legacy_id: int | None
    quantity: Decimal
    dispatched: bool
    reason: str | None
    description: str | None
    amount_per_item: int
    amount: int


class Refund(msgspec.Struct):
    """A refund request. Before it is refunded it has no `cash_amount`; a new one has no number."""

    organisation: Id
    id: Id
    order_id: Id
    invoice: Id
    invoice_legacy_id: int
    seller: Id
    legacy_id: int
    status: RefundStatus
    initiated_by: Initiator
    restock: bool | None
    currency: str
    minor_digits: int
    cash_amount: int | None
    created_at: datetime
    updated_at: datetime
    refunded_at: datetime | None
    notes: list[RefundNote]
    parts: list[RefundPart]

    @property
    def amount(self) -> int:
        """What its parts come to."""
        return sum(part.amount for part in self.parts)

    def copy(self) -> "Refund":
        """Copy the request, so that a refused act leaves the facts as they were."""
        return msgspec.structs.replace(self, notes=list(self.notes), parts=list(self.parts))


class InvoicedLine(NamedTuple):
    """What of an order's line is its invoice's.

    `amount_per_item` is what the customer paid for a unit of it, in minor units.
    """

    line_no: int
    legacy_id: int
    invoice: Id
    amount_per_item: int


class InvoiceFacts(NamedTuple):
    """An invoice: whose, what the customer paid for it (minor units), its number and delivery."""

    id: Id
    legacy_id: int
    seller: Id
    total: int
    delivery_type: str


class InvoicedOrder(msgspec.Struct):
    """What a batch knows of an invoiced order; its `refunds` run with the batch.

    While `is_under_review`, nothing of it may leave.
    """

    currency: str
    minor_digits: int
    invoices: dict[Id, InvoiceFacts]
    lines: dict[int, InvoicedLine]
    refunds: dict[Id, Refund] = {}
    is_under_review: bool = False

    def refunded(self, invoice: Id) -> int:
        """What was paid back of an invoice already, in minor units."""
        return sum(
            each.cash_amount or 0 for each in self.refunds.values() if each.invoice == invoice
        )


def still_open(refunds: Iterable[Refund]) -> list[Refund]:
    """Requests that have neither been refunded nor denied."""
    return [each for each in refunds if each.status in {"awaiting", "returned"}]


def cancelling(refunds: Iterable[Refund]) -> Mapping[int, Decimal]:
    """Units whose cancellation is asked for and not done, by line."""
    return _units(still_open(refunds), dispatched=False)


def sent_back(refunds: Iterable[Refund]) -> Mapping[int, Decimal]:
    """Units that left for which money is asked back, or was given, by line."""
    return _units((each for each in refunds if each.status != "denied"), dispatched=True)


def paid_back(refunds: Iterable[Refund]) -> Mapping[int, Decimal]:
    """Units that left for which the money was given back, by line."""
    return _units((each for each in refunds if each.status == "refunded"), dispatched=True)


def _units(refunds: Iterable[Refund], *, dispatched: bool) -> Mapping[int, Decimal]:
    units: dict[int, Decimal] = {}
    for part in (part for each in refunds for part in each.parts):
        if part.line_no is not None and part.dispatched == dispatched:
            units[part.line_no] = units.get(part.line_no, ZERO) + part.quantity
    return units


def left_to_cancel(line: LineParts, refunds: Iterable[Refund]) -> Decimal:
    """Units of a line that have not left, and whose cancellation nobody asked for."""
    asked = cancelling(refunds).get(line.line_no, ZERO)
    return max(line.quantity - line.shipped - line.cancelled - asked, ZERO)


def left_to_dispatch(line: LineParts, refunds: Iterable[Refund]) -> Decimal:
    """Units of a line that may leave now: they are held, and nobody asked to cancel them."""
    return min(line.held, left_to_cancel(line, refunds))


def left_to_return(line: LineParts, refunds: Iterable[Refund]) -> Decimal:
    """Units of a line that left, and for which nobody asked the money back."""
    return max(line.shipped - sent_back(refunds).get(line.line_no, ZERO), ZERO)


def is_out_of_stock(reason: str | None) -> bool:
    """Whether a reason says that the goods are not there: they cannot go back on the shelf."""
    words = f" {_NOT_LETTERS.sub(' ', (reason or '').lower()).strip()} "
    return any(f" {each} " in words for each in _NOTHING_THERE)


def restocks(part: RefundPart, restock: bool | None) -> bool:  # noqa: FBT001 - as it is stored
    """Whether the goods of a part may be sold again once it is refunded.

    Where nobody said: cancelled goods, unless they are out of stock; never what came back.
    """
    if restock is not None:
        return restock
    return not part.dispatched and not is_out_of_stock(part.reason)
