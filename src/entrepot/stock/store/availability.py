"""Reading what can be promised. No other code runs the statements beside it."""

from collections.abc import Mapping

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.stock.model.availability import AvailabilityRow, ShownRow

SQL = load_statements("entrepot.stock.store", "availability.sql")

ROWS: Mapping[str, type] = {"list_availability": AvailabilityRow, "list_shown": ShownRow}


async def list_availability(
    connection: Connection, owner: Id, between: tuple[Id, Id], after: Id | None, limit: int
) -> list[AvailabilityRow]:
    """Read what an owner can promise of its variants, from one to another, but not of `after`."""
    rows = await connection.fetch(SQL["list_availability"], owner, *between, after, limit)
    return [AvailabilityRow(*row) for row in rows]


async def list_shown(
    connection: Connection, owner: Id, variant: Id, after: tuple[Id, Id], limit: int
) -> list[ShownRow]:
    """Read what each partner is shown of an owner's variant, from after a (retailer, match) on."""
    rows = await connection.fetch(SQL["list_shown"], owner, variant, *after, limit)
    return [ShownRow(*row) for row in rows]


async def is_variant_of(connection: Connection, owner: Id, variant: Id) -> bool:
    """Whether an owner has a variant."""
    return await connection.fetchrow(SQL["is_variant_of"], owner, variant) is not None
