"""How orders of marketplaces and seller invoices are read, before they are shown."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment import Refund, Shipment


class MarketOrderRow(NamedTuple):
    """An order of a marketplace, as it is read."""

    organisation: Id
    id: Id
    legacy_id: int
    token: Id
    reference: str
    status: str
    fulfilment_status: str
    payment_status: str
    currency: str
    minor_digits: int
    country: str
    buyer: bytes
    payment_details: bytes | None
    metadata: bytes
    subtotal: int
    postage: int
    tax: int
    adjusted: int
    total: int
    created_at: datetime
    updated_at: datetime
    is_under_review: bool


class MarketOrderFacts(NamedTuple):
    """What is known of a marketplace's order that is changed."""

    legacy_id: int
    buyer: bytes
    payment_details: bytes | None
    is_under_review: bool


class MarketSidesRow(NamedTuple):
    """Whether an organisation runs a marketplace, and whether it sells on one."""

    runs_one: bool
    sells_on_one: bool


class InvoiceRow(NamedTuple):
    """An invoice, as it is read; `fits` is false for the last one looked at that does not."""

    organisation: Id
    id: Id
    legacy_id: int
    order_id: Id
    order_legacy_id: int
    marketplace_name: str
    seller: Id
    seller_name: str
    delivery_type: str
    pricing_model: str
    currency: str
    minor_digits: int
    subtotal: int
    postage: int
    tax: int
    adjusted: int
    withheld: int
    total: int
    owed: int
    metadata: bytes
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime
    ready_at: datetime | None
    is_under_review: bool
    buyer: bytes
    fits: bool
    looked_at: int


class PickupRow(NamedTuple):
    """What is known of an invoice that its customer may fetch."""

    legacy_id: int
    seller: Id
    delivery_type: str
    ready_at: datetime | None
    is_under_review: bool
    has_left_over: bool


class InvoiceLineRow(NamedTuple):
    """A line of an invoice, as it is read."""

    organisation: Id
    order_id: Id
    invoice: Id
    line_no: int
    legacy_id: int
    variant: Id
    variant_legacy_id: int
    variant_name: str
    product: Id
    product_legacy_id: int
    product_name: str
    sku: str
    gtin: str | None
    quantity: Decimal
    held: Decimal
    shipped: Decimal
    returned: Decimal
    cancelled: Decimal
    cost: int
    cost_tax: int
    tax_rate: Decimal | None
    postage: int
    postage_tax: int
    postage_tax_rate: Decimal | None
    pricing_model: str
    wholesale_price: Decimal | None
    owed: int
    metadata: bytes


class AdjustmentRow(NamedTuple):
    """An adjustment, as it is read."""

    invoice: Id
    line_no: int | None
    kind: str
    amount: int
    withheld: int
    description: str
    source: str | None


class ExternalIdRow(NamedTuple):
    """What others call something; `subject` is an order (also of its lines) or an invoice."""

    owner_type: str
    subject: Id
    line_no: int
    key: str
    value: str


class Beside(NamedTuple):
    """What is read beside invoices: their lines, what is said of them, and what became of them."""

    lines: Sequence[InvoiceLineRow] = ()
    adjustments: Sequence[AdjustmentRow] = ()
    external_ids: Sequence[ExternalIdRow] = ()
    shipments: Sequence[Shipment] = ()
    refunds: Sequence[Refund] = ()
