"""Reading orders to show them to people. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from typing import Final

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model.listing import ListedRow, OrderableRow, OrderFilter, Sought
from entrepot.orders.model.queues import RivalRow
from entrepot.orders.model.showing import GoodsRow, HistoryRow, TransferRow

SQL = load_statements("entrepot.orders.store", "showing.sql")

ROWS: Mapping[str, type] = {
    "show_orders": ListedRow,
    "read_line_goods": GoodsRow,
    "read_transfers": TransferRow,
    "list_history": HistoryRow,
    "read_rivals": RivalRow,
    "read_orderable": OrderableRow,
}
_LAST: Final = chr(0x10FFFF)


async def seek_orders(
    connection: Connection, organisation: Id, sought: Sought, limit: int
) -> list[tuple[Id, str]]:
    """Read which orders may fit, by id and the key to go on after; at most so many."""
    wanted, span = sought.wanted, (sought.before, sought.since)
    if wanted.reference:
        rows = await connection.fetch(
            SQL["seek_references"],
            organisation,
            wanted.reference,
            wanted.reference + _LAST,
            sought.after_reference,
            limit,
        )
        return [(row[0], row[1]) for row in rows]
    if wanted.misses:
        rows = await connection.fetch(SQL["seek_missing"], organisation, *span, limit)
    elif wanted.to_ship:
        rows = await connection.fetch(SQL["seek_to_ship"], organisation, *span, limit)
    elif wanted.status is not None:
        rows = await connection.fetch(
            SQL["seek_of_status"], organisation, *span, limit, wanted.status
        )
    else:
        rows = await connection.fetch(SQL["seek_newest"], organisation, *span, limit)
    return [(row[0], row[0]) for row in rows]


async def show_orders(
    connection: Connection, organisation: Id, orders: Sequence[Id], wanted: OrderFilter, limit: int
) -> list[ListedRow]:
    """Read those of some orders that fit; at most so many."""
    rows = await connection.fetch(
        SQL["show_orders"],
        organisation,
        list(orders),
        wanted.status,
        wanted.misses,
        wanted.variant,
        wanted.placed_since,
        limit,
        wanted.to_ship,
    )
    return [ListedRow(*row) for row in rows]


async def read_line_goods(connection: Connection, organisation: Id, order: Id) -> list[GoodsRow]:
    """Read what the lines of an order are of."""
    rows = await connection.fetch(SQL["read_line_goods"], organisation, order)
    return [GoodsRow(*row) for row in rows]


async def read_transfers(
    connection: Connection, organisation: Id, order: Id, limit: int
) -> list[TransferRow]:
    """Read what passed between partners for an order; at most so many."""
    rows = await connection.fetch(SQL["read_transfers"], organisation, order, limit)
    return [TransferRow(*row) for row in rows]


async def list_history(
    connection: Connection, organisation: Id, order: Id, subject: str, bounds: tuple[int, int]
) -> list[HistoryRow]:
    """Read what was done to an order; at most so many acts, its placing sought among so many."""
    rows = await connection.fetch(SQL["list_history"], organisation, order, subject, *bounds)
    return [HistoryRow(*row) for row in rows]


async def read_rivals(
    connection: Connection, organisation: Id, order: Id, variants: Sequence[Id], around: int
) -> list[RivalRow]:
    """Read who stands around an order in the queues for variants; so many before and behind."""
    rows = await connection.fetch(SQL["read_rivals"], organisation, order, around, list(variants))
    return [RivalRow(*row) for row in rows]


async def read_orderable(
    connection: Connection, organisation: Id, skus: Sequence[str]
) -> list[OrderableRow]:
    """Read what can be ordered by these skus, and what can be promised of each."""
    rows = await connection.fetch(SQL["read_orderable"], organisation, list(skus))
    return [OrderableRow(*row) for row in rows]


async def seek_skus(
    connection: Connection, organisation: Id, text: str, most: int, looked_at: int
) -> list[str]:
    """Read the skus of what a text finds; at most so many, of so many looked at."""
    rows = await connection.fetch(
        SQL["seek_skus"], organisation, text, most, looked_at, text + _LAST
    )
    return [row[0] for row in rows]
