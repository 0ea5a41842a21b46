"""Counting goods as marketplaces see them. Runs the statements beside it."""

from collections.abc import Sequence

from entrepot.catalogue import gtin_key
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.text import pattern_of
from entrepot.stock.model.market import (
    ProductsWanted,
    SellersWanted,
    VariantsWanted,
)

SQL = load_statements("entrepot.stock.store", "market_counts.sql")


async def count(
    connection: Connection, reader: Id, wanted: SellersWanted | ProductsWanted | VariantsWanted
) -> int:
    """Count what fits, on however many pages."""
    values: list[object]
    if isinstance(wanted, SellersWanted):
        name, values = (
            "count_market_sellers",
            [
                wanted.ids,
                pattern_of(wanted.text),
                wanted.numbers,
            ],
        )
    elif isinstance(wanted, ProductsWanted):
        name, values = "count_market_products", product_values(wanted)
    else:
        name, values = "count_market_variants", variant_values(wanted)
    row = await connection.fetchrow(SQL[name], reader, *values)
    assert row is not None, "a count is always one row"
    number: int = row[0]
    return number


def product_values(wanted: ProductsWanted) -> list[object]:
    """What products are asked for, as the statements have it."""
    return [
        wanted.ids,
        wanted.numbers,
        wanted.skus,
        _gtin_keys(wanted.gtins),
        wanted.sellers,
        pattern_of(wanted.text),
        pattern_of(wanted.title),
        wanted.published,
        wanted.stocked,
        wanted.created_from,
        wanted.created_until,
        wanted.updated_from,
    ]


def variant_values(wanted: VariantsWanted) -> list[object]:
    """What variants are asked for, as the statements have it."""
    return [
        wanted.ids,
        wanted.numbers,
        wanted.products,
        wanted.product_numbers,
        wanted.skus,
        _gtin_keys(wanted.gtins),
        pattern_of(wanted.text),
        pattern_of(wanted.title),
        wanted.published,
        wanted.stocked,
        wanted.unlimited,
        wanted.quantity_from,
        wanted.quantity_below,
    ]


def _gtin_keys(gtins: Sequence[str] | None) -> list[str] | None:
    """What GTINs are compared by; what is none is left out, for no variant has it."""
    if gtins is None:
        return None
    return [gtin_key(each) for each in gtins if each.isascii() and each.isdigit()]
