"""Variants, and what their sellers have of them."""

from collections.abc import Awaitable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from entrepot.apis.graphql.connections import Connection, part_of
from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import INT_MAX, INVENTORY, VARIANT, write_id
from entrepot.apis.graphql.money import as_minor_units, as_text, twins
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.advert import Unpublished, as_any_advert
from entrepot.kernel.quantity import ZERO
from entrepot.stock import MarketProduct, MarketSeller, MarketVariant


class Inventory:
    """What the seller of a variant has of it."""

    __slots__ = ("variant",)

    def __init__(self, variant: MarketVariant) -> None:
        """Stand for the stock of this variant."""
        self.variant = variant


class Price:
    """An amount of money."""

    __slots__ = ("amount", "currency")

    def __init__(self, amount: Decimal, currency: str) -> None:
        """So much of this currency."""
        self.amount = amount
        self.currency = currency


def whole(quantity: Decimal) -> int:
    """A quantity as a whole number: parts are left off, and it ends where GraphQL's Int does."""
    return int(min(max(quantity, ZERO), Decimal(INT_MAX)))


def count_on_hand(variant: MarketVariant, _: Info) -> int:
    """What is available of the seller's own; nothing is counted of what is without limit."""
    return 0 if variant.unlimited else whole(variant.own)


async def count_from_partners(variant: MarketVariant, info: Info) -> int | None:
    """What the seller's own partners add; None where that is without limit."""
    offer = await context_of(info).offers.load(variant.key)
    if offer is None:
        return 0
    return None if offer.is_boundless else whole(offer.offered)


async def _advert(variant: MarketVariant, info: Info) -> MarketProduct | Unpublished | None:
    product = await context_of(info).products.load((variant.seller, variant.product))
    return None if product is None else as_any_advert(product)


def _seller(inventory: Inventory, info: Info) -> Awaitable[MarketSeller | None]:
    return context_of(info).sellers.load(inventory.variant.seller)


def _inventories(
    variant: MarketVariant,
    _: Info,
    **arguments: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    async def count() -> int:
        return 1

    return part_of([Inventory(variant)], arguments, count)


def _updated_at(variant: MarketVariant, info: Info) -> Awaitable[datetime | None]:
    return context_of(info).variant_changes.load(variant.key)


def _recommended(variant: MarketVariant) -> Decimal | None:
    return variant.retail_price if variant.pricing_model == "wholesale" else None


def _minimum(variant: MarketVariant, _: Info) -> int | None:
    least = max(variant.order_quantity_min, variant.order_quantity_multiple)
    return None if least == ZERO else whole(least.to_integral_value(rounding="ROUND_CEILING"))


def _is_published(variant: MarketVariant, _: Info) -> bool:
    return variant.state == "active"


FIELDS: Final[Resolvers] = {
    "id": lambda variant, _: write_id(VARIANT, variant.legacy_id),
    "legacyId": lambda variant, _: variant.legacy_id,
    "label": lambda variant, _: variant.name,
    "sku": lambda variant, _: variant.sku,
    "barcode": lambda variant, _: variant.gtin,
    "advert": _advert,
    "buyable": lambda variant, _: variant.state == "active" and variant.is_orderable,
    "displayable": _is_published,
    "published": _is_published,
    "countOnHand": count_on_hand,
    "countFromPartners": count_from_partners,
    "infiniteQuantity": lambda variant, _: variant.unlimited,
    "inventories": _inventories,
    "createdAt": lambda variant, _: variant.created_at,
    "updatedAt": _updated_at,
    "minPurchaseQuantity": _minimum,
    "pricingModel": lambda variant, _: variant.pricing_model.upper(),
    "itemTaxRate": lambda variant, _: variant.vat_rate,
    "lowestPrice": as_text(lambda variant: variant.retail_price),
    "lowestPriceCents": as_minor_units(lambda variant: variant.retail_price),
    "lowestOriginalPrice": as_text(lambda variant: variant.retail_price),
    "lowestOriginalPriceCents": as_minor_units(lambda variant: variant.retail_price),
    **twins("editablePrice", lambda variant: variant.retail_price, is_text=False),
    **twins("recommendedRetailPrice", _recommended, is_text=True),
    **twins("wholesalePrice", lambda variant: variant.wholesale_price, is_text=True),
}
"""Variant."""

INVENTORY_FIELDS: Final[Resolvers] = {
    "id": lambda inventory, _: write_id(INVENTORY, inventory.variant.legacy_id),
    "countOnHand": lambda inventory, info: count_on_hand(inventory.variant, info),
    "countFromPartners": lambda inventory, info: count_from_partners(inventory.variant, info),
    "infiniteQuantity": lambda inventory, _: inventory.variant.unlimited,
    "price": lambda inventory, _: _price(inventory.variant),
    "seller": _seller,
}
"""Inventory."""


def _price(variant: MarketVariant) -> Price | None:
    price = variant.retail_price
    return None if price is None else Price(price, variant.currency)
