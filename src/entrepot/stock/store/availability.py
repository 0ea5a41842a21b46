"""Reading what can be promised. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.stock.model.availability import AvailabilityRow, OfferedRow, ShownRow

SQL = load_statements("entrepot.stock.store", "availability.sql")

ROWS: Mapping[str, type] = {
    "list_availability": AvailabilityRow,
    "list_offered": OfferedRow,
    "list_shown": ShownRow,
}


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


async def list_offered(
    connection: Connection,
    organisation: Id,
    partnership: Id,
    matches: Sequence[Id],
    variants: Sequence[Id],
) -> list[OfferedRow]:
    """Read what matches of a partnership open now, and those of the wholesaler's own variants."""
    rows = await connection.fetch(SQL["list_offered"], organisation, partnership, matches, variants)
    return [OfferedRow(*row) for row in rows]


async def count_unmatched(
    connection: Connection, organisation: Id, partnerships: Sequence[Id]
) -> dict[Id, int]:
    """Count the open allocations of an organisation's partnerships that nothing can draw on."""
    rows = await connection.fetch(SQL["count_unmatched"], organisation, partnerships)
    return {row[0]: row[1] for row in rows}
