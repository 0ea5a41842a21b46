"""Adverts: products, shown, not shown, or without variants."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Final

from entrepot.apis.graphql.connections import Connection, part_of
from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import ADVERT, write_id
from entrepot.apis.graphql.money import as_minor_units, as_text, twins
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.stock import MarketProduct, MarketSeller


class Unpublished:
    """A product none of whose variants is shown."""

    __slots__ = ("product",)

    def __init__(self, product: MarketProduct) -> None:
        """Stand for this product."""
        self.product = product


class Deleted(Unpublished):
    """A product that has no variants any more."""

    __slots__ = ()


def as_any_advert(product: MarketProduct) -> MarketProduct | Unpublished:
    """A product as one of the three kinds of advert that clients tell apart."""
    if product.active:
        return product
    return Unpublished(product) if product.variants else Deleted(product)


def type_of(value: object) -> str:
    """The name of the type of an advert of any kind."""
    if isinstance(value, Deleted):
        return "DeletedAdvert"
    return "UnpublishedAdvert" if isinstance(value, Unpublished) else "Advert"


def _is_shown(product: MarketProduct, _: Info) -> bool:
    return product.active > 0


def _seller(product: MarketProduct, info: Info) -> Awaitable[MarketSeller | None]:
    return context_of(info).sellers.load(product.seller)


def _updated_at(product: MarketProduct, info: Info) -> Awaitable[datetime | None]:
    return context_of(info).product_changes.load(product.key)


async def _variants(
    product: MarketProduct,
    info: Info,
    displayableOnly: bool | None = None,  # noqa: N803, FBT001 - an argument of the schema
    **arguments: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    context = context_of(info)
    rows = await context.variants_in.load(product.key) or []
    if displayableOnly:
        rows = [row for row in rows if row.state == "active"]
    number = product.active if displayableOnly else product.variants

    async def count() -> int:
        return number

    return part_of(rows, arguments, count)


FIELDS: Final[Resolvers] = {
    "id": lambda product, _: write_id(ADVERT, product.legacy_id),
    "legacyId": lambda product, _: product.legacy_id,
    "title": lambda product, _: product.name,
    "fullTitle": lambda product, _: product.name,
    "createdAt": lambda product, _: product.created_at,
    "updatedAt": _updated_at,
    "published": _is_shown,
    "displayable": _is_shown,
    "online": _is_shown,
    "seller": _seller,
    "variants": _variants,
    "itemTaxRate": lambda product, _: product.vat_rate,
    "lowestPrice": as_text(lambda product: product.retail_price),
    "lowestPriceCents": as_minor_units(lambda product: product.retail_price),
    "lowestOriginalPrice": as_text(lambda product: product.retail_price),
    "lowestOriginalPriceCents": as_minor_units(lambda product: product.retail_price),
    **twins("editablePrice", lambda product: product.retail_price, is_text=False),
    **twins("wholesalePrice", lambda product: product.wholesale_price, is_text=True),
}
"""Advert."""

UNPUBLISHED_FIELDS: Final[Resolvers] = {
    "id": lambda advert, _: write_id(ADVERT, advert.product.legacy_id),
    "legacyId": lambda advert, _: advert.product.legacy_id,
    "updatedAt": lambda advert, info: _updated_at(advert.product, info),
    "details": lambda advert, _: advert.product,
}
"""UnpublishedAdvert."""

DELETED_FIELDS: Final[Resolvers] = {
    name: UNPUBLISHED_FIELDS[name] for name in ("id", "legacyId", "updatedAt")
}
"""DeletedAdvert."""
