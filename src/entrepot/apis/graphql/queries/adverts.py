"""Adverts: those that fit, and all that there are."""

import asyncio
from datetime import datetime
from typing import Any, Final

import msgspec

from entrepot.apis.graphql.connections import Connection, after_key, forwards, page_of
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.queries.naming import names_of, sellers_in
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.advert import as_any_advert
from entrepot.stock import MarketSeller, ProductsWanted


async def adverts_where(
    _: object,
    info: Info,
    **given: Any,  # noqa: ANN401 - the field's arguments
) -> Connection:
    """Adverts that fit all that is given; without any of it, none."""
    size, cursor = forwards(given)
    context = context_of(info)
    wanted = await _wanted(context, given)
    if wanted == ProductsWanted() or given.get("status") == "FEATURED":
        return page_of([], size, cursor, _none, lambda row: row.key)
    page = msgspec.structs.replace(wanted, after=after_key(cursor), limit=size + 1)
    rows = await context.read_products(page)
    return page_of(rows, size, cursor, lambda: context.count(wanted), lambda row: row.key)


async def all_adverts(
    _: object,
    info: Info,
    updatedSince: datetime | None = None,  # noqa: N803 - an argument of the schema
    **given: Any,  # noqa: ANN401 - as above
) -> Connection:
    """All adverts, or those that were changed since a moment."""
    size, cursor = forwards(given)
    context = context_of(info)
    wanted = ProductsWanted(updated_from=updatedSince)
    page = msgspec.structs.replace(wanted, after=after_key(cursor), limit=size + 1)
    rows = await context.read_products(page)
    found = page_of(rows, size, cursor, lambda: context.count(wanted), lambda row: row.key)
    return found._replace(rows=[as_any_advert(row) for row in found.rows])


async def _wanted(context: Context, given: dict[str, Any]) -> ProductsWanted:
    numbers = sellers_in(given.get("retailerIds"))
    sellers: list[MarketSeller | None] = []
    if numbers is not None:
        sellers = await asyncio.gather(*map(context.sellers_numbered.load, numbers))
    status, stock_status = given.get("status"), given.get("stockStatus")
    return ProductsWanted(
        numbers=names_of(given.get("legacyIds")),
        skus=names_of(given.get("variantSkus")),
        gtins=names_of(given.get("variantBarcodes")),
        sellers=None if numbers is None else tuple(each.id for each in sellers if each),
        text=given.get("q") or "",
        title=given.get("title") or "",
        published={"DISPLAYED": True, "NOT_DISPLAYED": False}.get(status or ""),
        stocked={"HAS_STOCK": True, "OUT_OF_STOCK": False}.get(stock_status or ""),
        created_from=given.get("createdSince"),
        created_until=given.get("createdUntil"),
    )


async def _none() -> int:
    return 0


FIELDS: Final[Resolvers] = {"advertsWhere": adverts_where, "allAdverts": all_adverts}
