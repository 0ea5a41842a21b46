"""What is stored of locations, suppliers, products and variants, column by column."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel.ids import Id


class SupplierRow(NamedTuple):
    """A supplier as it is stored."""

    id: Id
    name: str
    email: str | None
    backorders_allowed: bool
    backorder_threshold: int
    state: str
    created_at: datetime
    partnership: Id | None


class ProductRow(NamedTuple):
    """A product as it is stored."""

    id: Id
    legacy_id: int
    name: str
    created_at: datetime


class LocationRow(NamedTuple):
    """A location as it is stored."""

    id: Id
    code: str
    name: str
    rank: int
    ships_orders: bool


class VariantRow(NamedTuple):
    """A variant as it is stored."""

    id: Id
    legacy_id: int
    product: Id
    sku: str
    name: str
    gtin: str | None
    unit: str
    pricing_model: str
    retail_price: Decimal | None
    wholesale_price: Decimal | None
    purchase_price: Decimal | None
    vat_rate: Decimal | None
    whole_units: bool
    unlimited: bool
    is_orderable: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    units_per_case: int
    supplier: Id | None
    supplier_sku: str | None
    state: str
    created_at: datetime
