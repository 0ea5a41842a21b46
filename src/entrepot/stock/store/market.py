"""Reading goods as marketplaces and their sellers see them. Runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.text import pattern_of
from entrepot.stock.model.market import (
    Changed,
    MarketOffer,
    MarketProduct,
    MarketSeller,
    MarketVariant,
    ProductsWanted,
    SellersWanted,
    VariantsWanted,
)
from entrepot.stock.store.market_counts import product_values, variant_values

SQL = load_statements("entrepot.stock.store", "market.sql")

ROWS: Mapping[str, type] = {
    "list_market_offers": MarketOffer,
    "list_market_products": MarketProduct,
    "list_market_sellers": MarketSeller,
    "list_market_variants": MarketVariant,
    "list_product_changes": Changed,
    "list_variant_changes": Changed,
    "list_variants_in_products": MarketVariant,
}


async def list_sellers(
    connection: Connection, reader: Id, wanted: SellersWanted
) -> list[MarketSeller]:
    """Read the sellers whose goods a reader sees, itself among them."""
    rows = await connection.fetch(
        SQL["list_market_sellers"],
        reader,
        wanted.after,
        wanted.limit,
        wanted.ids,
        pattern_of(wanted.text),
        wanted.numbers,
        wanted.also_closed,
    )
    return [MarketSeller(*row) for row in rows]


async def list_products(
    connection: Connection, reader: Id, wanted: ProductsWanted
) -> list[MarketProduct]:
    """Read products that a reader sees."""
    rows = await connection.fetch(
        SQL["list_market_products"],
        reader,
        *wanted.after,
        wanted.limit,
        *product_values(wanted),
    )
    return [MarketProduct(*row) for row in rows]


async def list_variants(
    connection: Connection, reader: Id, wanted: VariantsWanted
) -> list[MarketVariant]:
    """Read variants that a reader sees."""
    rows = await connection.fetch(
        SQL["list_market_variants"],
        reader,
        *wanted.after,
        wanted.limit,
        *variant_values(wanted),
    )
    return [MarketVariant(*row) for row in rows]


async def list_variants_in_products(
    connection: Connection, reader: Id, products: Sequence[tuple[Id, Id]], each: int
) -> list[MarketVariant]:
    """Read the first variants of each product of (seller, id) that a reader sees."""
    rows = await connection.fetch(
        SQL["list_variants_in_products"], reader, *_parted(products), each
    )
    return [MarketVariant(*row) for row in rows]


async def list_offers(
    connection: Connection, reader: Id, variants: Sequence[tuple[Id, Id]]
) -> dict[Id, MarketOffer]:
    """Read what partners add to variants of (seller, id); those without partners are left out."""
    rows = await connection.fetch(SQL["list_market_offers"], reader, *_parted(variants))
    return {row[0]: MarketOffer(*row) for row in rows}


async def list_changes(
    connection: Connection, reader: Id, kind: str, keys: Sequence[tuple[Id, Id]]
) -> dict[Id, datetime]:
    """Read when each `variant` or `product` of (seller, id) was changed last."""
    rows = await connection.fetch(SQL[f"list_{kind}_changes"], reader, *_parted(keys))
    return {row[0]: row[1] for row in rows}


def _parted(keys: Sequence[tuple[Id, Id]]) -> tuple[list[Id], list[Id]]:
    return [seller for seller, _ in keys], [id_ for _, id_ in keys]
