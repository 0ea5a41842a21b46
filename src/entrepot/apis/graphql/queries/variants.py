"""Variants that fit."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from entrepot.apis.graphql.connections import Connection, after_key, forwards, page_of
from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.queries.naming import names_of
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.stock import VariantsWanted


async def variants_where(
    _: object,
    info: Info,
    advertFilters: dict[str, Any] | None = None,  # noqa: N803 - an argument of the schema
    variantFilters: dict[str, Any] | None = None,  # noqa: N803 - as above
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """Variants that fit all that is given; without any filter, all."""
    size, cursor = forwards(given)
    context = context_of(info)
    wanted = _wanted(advertFilters or {}, variantFilters or {})
    rows = []
    if (advertFilters or {}).get("status") != "FEATURED":
        page = msgspec.structs.replace(wanted, after=after_key(cursor), limit=size + 1)
        rows = await context.read_variants(page)

    async def count() -> int:
        return await context.count(wanted) if rows or cursor else 0

    return page_of(rows, size, cursor, count, lambda row: row.key)


def _wanted(adverts: dict[str, Any], variants: dict[str, Any]) -> VariantsWanted:
    low, high = variants.get("quantityFrom"), variants.get("quantityTo")
    return VariantsWanted(
        product_numbers=names_of(adverts.get("legacyIds")),
        text=adverts.get("q") or "",
        title=adverts.get("title") or "",
        published={"DISPLAYED": True, "NOT_DISPLAYED": False}.get(adverts.get("status") or ""),
        skus=names_of(variants.get("skus")),
        gtins=names_of(variants.get("barcodes")),
        unlimited=variants.get("infiniteQuantity"),
        stocked=variants.get("stocked"),
        quantity_from=None if low is None else Decimal(low),
        # Parts of a unit are not shown, so what is shown as 5 goes up to the next whole one.
        quantity_below=None if high is None else Decimal(high) + 1,
    )


FIELDS: Final[Resolvers] = {"variantsWhere": variants_where}
