"""What is written of a marketplace's order and its seller invoices, and what is answered of them.

Amounts are whole minor units of the marketplace's currency with their tax in them; `adjusted` is
what adjustments come to, `withheld` what of them the seller bears, `owed` what the seller gets.
"""

from decimal import Decimal

import msgspec

from entrepot.kernel.ids import Id
from entrepot.orders.model.market import Adjustment, Buyer
from entrepot.orders.model.pricing import LineMoney, MarketVariant


class LineRecord(msgspec.Struct, frozen=True):
    """What a line has beside its core; the goods as they are called now, for good (R16)."""

    line_no: int
    invoice: Id
    seller: Id
    money: LineMoney
    variant: MarketVariant
    metadata: dict[str, str]


class AdjustmentRecord(msgspec.Struct, frozen=True):
    """An adjustment of a line, or of an invoice as a whole (`line_no` None)."""

    invoice: Id
    line_no: int | None
    adjustment: Adjustment


class ExternalId(msgspec.Struct, frozen=True):
    """What others call an order, an invoice or a line (`line_no`; else 0)."""

    owner_type: str
    subject: Id
    line_no: int
    key: str
    value: str


class Totals(msgspec.Struct):
    """What something comes to: `total` is what the customer pays."""

    subtotal: int = 0
    postage: int = 0
    tax: int = 0
    adjusted: int = 0

    @property
    def total(self) -> int:
        """What the customer pays for it."""
        return self.subtotal + self.postage + self.adjusted


class InvoiceRecord(msgspec.Struct):
    """One seller's part of an order by one way of delivery."""

    id: Id
    seller: Id
    delivery_type: str
    pricing_model: str
    totals: Totals
    withheld: int
    owed: int
    metadata: dict[str, str]


class MarketRecord(msgspec.Struct, frozen=True):
    """All that makes an order a marketplace's, as it is written once, with the order."""

    token: Id
    currency: str
    minor_digits: int
    country: str
    buyer: Buyer
    payment_details: str | None
    metadata: dict[str, str]
    totals: Totals
    invoices: tuple[InvoiceRecord, ...]
    lines: tuple[LineRecord, ...]
    adjustments: tuple[AdjustmentRecord, ...]
    external_ids: tuple[ExternalId, ...]


class InvoiceAnswer(msgspec.Struct):
    """A seller invoice that was just made, with the numbers of its lines."""

    id: str
    legacy_id: int
    seller: str
    delivery_type: str
    pricing_model: str
    lines: list[int]
    total: int
    owed: int


class MarketAnswer(msgspec.Struct):
    """What a marketplace is told of its new order; nothing of the buyer, as answers are kept."""

    legacy_id: int
    currency: str
    total: int
    invoices: list[InvoiceAnswer]


def unit_price_of(money: LineMoney, minor_digits: int) -> Decimal:
    """The unit price that the customer pays, in whole units of the currency."""
    return Decimal(money.unit).scaleb(-minor_digits)
