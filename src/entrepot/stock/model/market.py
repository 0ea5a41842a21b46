"""Goods as a marketplace reads them: its own and those of the sellers whose goods it may order.

A seller reads its own by the same views. A variant that no right opens is not among them.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST

START: Final = (LOWEST, LOWEST)
"""Before the first (seller, id)."""


class MarketSeller(NamedTuple):
    """A seller whose goods the reader sees; `is_own` is the reader itself.

    `is_open` says whether its goods may be ordered, `is_marketplace` whether it may order other
    sellers' goods, `is_wholesaler` whether it may sell at wholesale prices on the marketplace that
    reads it, or on some.
    """

    id: Id
    legacy_id: int
    slug: str
    name: str
    country: str
    currency: str
    created_at: datetime
    is_own: bool
    is_open: bool
    is_marketplace: bool
    is_wholesaler: bool


class MarketProduct(NamedTuple):
    """A product, how many variants it has and how many of these are active.

    Prices are the lowest of its active variants, without VAT. Deleted variants count nowhere.
    """

    seller: Id
    id: Id
    legacy_id: int
    name: str
    created_at: datetime
    currency: str
    variants: int
    active: int
    retail_price: Decimal | None
    wholesale_price: Decimal | None
    vat_rate: Decimal | None

    @property
    def key(self) -> tuple[Id, Id]:
        """Its place in the list."""
        return self.seller, self.id


class MarketVariant(NamedTuple):
    """A variant and what its seller has available of its own where orders ship from.

    Prices are without VAT.
    """

    seller: Id
    id: Id
    legacy_id: int
    product: Id
    product_legacy_id: int
    product_name: str
    sku: str
    name: str
    gtin: str | None
    pricing_model: str
    retail_price: Decimal | None
    wholesale_price: Decimal | None
    vat_rate: Decimal | None
    currency: str
    unlimited: bool
    is_orderable: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    state: str
    created_at: datetime
    own: Decimal

    @property
    def key(self) -> tuple[Id, Id]:
        """Its place in the list."""
        return self.seller, self.id


class MarketOffer(NamedTuple):
    """What a seller's own partners add to what it has of a variant, in the variant's units."""

    variant: Id
    offered: Decimal
    is_boundless: bool


class Changed(NamedTuple):
    """When something was changed last."""

    id: Id
    at: datetime


class SellersWanted(msgspec.Struct, frozen=True):
    """Which sellers to read, by id from after one on: all that is given must fit.

    `also_closed`: with those whose goods may not be ordered now, or no longer.
    """

    after: Id = LOWEST
    limit: int = 50
    ids: tuple[Id, ...] | None = None
    text: str = ""
    numbers: tuple[int, ...] | None = None
    also_closed: bool = False


class ProductsWanted(msgspec.Struct, frozen=True):
    """Which products to read, by (seller, id) from after one on: all that is given must fit.

    `text` stands in the name of the product, or in the name or sku of one of its variants; `title`
    in the name alone. `skus` and `gtins` are those of any variant. Numbers are legacy ids.
    """

    after: tuple[Id, Id] = START
    limit: int = 50
    ids: tuple[Id, ...] | None = None
    numbers: tuple[int, ...] | None = None
    skus: tuple[str, ...] | None = None
    gtins: tuple[str, ...] | None = None
    sellers: tuple[Id, ...] | None = None
    text: str = ""
    title: str = ""
    published: bool | None = None
    stocked: bool | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    updated_from: datetime | None = None


class VariantsWanted(msgspec.Struct, frozen=True):
    """Which variants to read, by (seller, id) from after one on: all that is given must fit.

    Numbers are legacy ids. Quantities are those of the seller's own that is available.
    """

    after: tuple[Id, Id] = START
    limit: int = 50
    ids: tuple[Id, ...] | None = None
    numbers: tuple[int, ...] | None = None
    products: tuple[Id, ...] | None = None
    product_numbers: tuple[int, ...] | None = None
    skus: tuple[str, ...] | None = None
    gtins: tuple[str, ...] | None = None
    text: str = ""
    title: str = ""
    published: bool | None = None
    stocked: bool | None = None
    unlimited: bool | None = None
    quantity_from: Decimal | None = None
    quantity_below: Decimal | None = None
