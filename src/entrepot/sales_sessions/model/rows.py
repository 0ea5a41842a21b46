"""Rows as the statements of sales sessions return them."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel.ids import Id


class Offered(NamedTuple):
    """A variant that a session right opens to a trader; `price` is what its producer asks of it."""

    id: Id
    owner: Id
    sku: str
    whole_units: bool
    price: Decimal | None


class Sold(NamedTuple):
    """A product that a session sells: what customers hold, and whether any of them is short."""

    sku: str
    held: Decimal
    is_short: bool


class SessionRow(NamedTuple):
    """A session as it is stored, and the time it was read."""

    id: Id
    name: str
    reference: str
    state: str
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    product_count: int
    now: datetime


class ProductRow(NamedTuple):
    """A product of a session; `available` is what its producer has for anybody, None: unlimited."""

    variant: Id
    sku: str
    name: str
    unit: str
    producer: Id
    producer_name: str
    quantity_max: Decimal | None
    unit_price: Decimal | None
    retail_price: Decimal | None
    purchase_price: Decimal | None
    held: Decimal
    available: Decimal | None


class CountsRow(NamedTuple):
    """Customer orders of a session that hold: paid, unpaid, past their limit; and short ones."""

    paid: int
    unpaid: int
    expired: int
    short: int
    unpaid_until: datetime | None


class PreviewRow(NamedTuple):
    """What one product of a session comes to if it closed now."""

    producer: Id
    producer_name: str
    order_id: Id | None
    reference: str | None
    status: str | None
    variant: Id
    sku: str
    name: str
    unit: str
    purchase_price: Decimal | None
    quantity: Decimal
    unpaid: Decimal
    short: Decimal


class CustomerOrderRow(NamedTuple):
    """A customer order of a session; what it is short of is told by arrays."""

    id: Id
    reference: str
    status: str
    payment_status: str
    placed_at: datetime
    hold_until: datetime | None
    is_past: bool
    lines: int
    skus: list[str]
    missing: list[Decimal]


class DemandRow(NamedTuple):
    """What one trader's session holds of a producer's variant, and the session order if any."""

    variant: Id
    sku: str
    name: str
    unit: str
    trader: Id
    trader_name: str
    session: Id
    opens_at: datetime | None
    closes_at: datetime | None
    is_remote: bool
    quantity: Decimal


class SessionOrderRow(NamedTuple):
    """A session order as its producer sees it."""

    trader: Id
    trader_name: str
    id: Id
    reference: str
    status: str
    fulfilment_status: str
    placed_at: datetime
    hold_until: datetime | None
    is_past: bool
    session: Id
    opens_at: datetime | None
    closes_at: datetime | None
    lines: int
    amount: Decimal | None


class SessionOrderLineRow(NamedTuple):
    """A line of a session order, with the goods that it is of."""

    line_no: int
    variant: Id
    sku: str
    name: str
    unit: str
    quantity: Decimal
    held: Decimal
    shipped: Decimal
    returned: Decimal
    cancelled: Decimal
    short: Decimal
    unit_price: Decimal | None
    case_units: Decimal | None


class ProducerRow(NamedTuple):
    """A producer of what a session sells."""

    producer: Id
    slug: str


class DueRow(NamedTuple):
    """A session to close, or to go on closing."""

    organisation: Id
    id: Id
