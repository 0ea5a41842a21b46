"""Reading why an order waits. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model.explaining import HoldersRow, MissingRow, OfferRow
from entrepot.orders.model.withdrawing import AffectedRow

SQL = load_statements("entrepot.orders.store", "explaining.sql")

ROWS: Mapping[str, type] = {
    "read_affected": AffectedRow,
    "read_missing": MissingRow,
    "read_holders": HoldersRow,
    "read_partner_offers": OfferRow,
}


async def read_missing(
    connection: Connection, organisation: Id, order: Id, goods: int, lines_before: int
) -> list[MissingRow]:
    """Read what an order waits for, by variant; at most so many, looking at so many before it."""
    rows = await connection.fetch(SQL["read_missing"], organisation, order, goods, lines_before)
    return [MissingRow(*row) for row in rows]


async def read_holders(
    connection: Connection,
    organisation: Id,
    order: Id,
    variants: Sequence[Id],
    bounds: tuple[int, int],
) -> dict[Id, HoldersRow]:
    """Read who holds variants besides an order; at most so many orders, of so many holds."""
    rows = await connection.fetch(SQL["read_holders"], organisation, order, list(variants), *bounds)
    return {row[0]: HoldersRow(*row) for row in rows}


async def read_partner_offers(
    connection: Connection, retailer: Id, variants: Sequence[Id], partners: int
) -> list[OfferRow]:
    """Read what partners offer of a retailer's variants; at most so many of each."""
    rows = await connection.fetch(SQL["read_partner_offers"], retailer, list(variants), partners)
    return [OfferRow(*row) for row in rows]


async def read_affected(
    connection: Connection, organisation: Id, variant: Id, bound: int
) -> AffectedRow:
    """Read what a variant's withdrawal affects, looking at no more than so many of each kind."""
    row = await connection.fetchrow(SQL["read_affected"], organisation, variant, bound)
    assert row is not None, "counts are there whatever they are of"
    return AffectedRow(*row)
