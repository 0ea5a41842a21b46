"""Reading what Home shows of orders. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import lowest_id
from entrepot.orders.model.glance import InvoicesRow, SoldRow, UnmatchedRow, WaitingRow

SQL = load_statements("entrepot.orders.store", "glance.sql")


class _GoodsIn(NamedTuple):
    """What came in during a part of time."""

    part: int
    units: Decimal


ROWS: Mapping[str, type] = {
    "list_unmatched": UnmatchedRow,
    "read_invoices_glance": InvoicesRow,
    "read_waiting": WaitingRow,
    "sum_parts_of_goods_in": _GoodsIn,
    "sum_parts_of_orders": SoldRow,
}


async def read_waiting(connection: Connection, organisation: Id, limit: int) -> WaitingRow:
    """Read how many orders wait, are short, or are to be shipped, with the first of each."""
    row = await connection.fetchrow(SQL["read_waiting"], organisation, limit)
    assert row is not None, "the statement counts, so it has a row"
    return WaitingRow(*row)


async def read_invoices_glance(connection: Connection, organisation: Id, limit: int) -> InvoicesRow:
    """Read what is to be done about the newest invoices and the refund requests on them."""
    row = await connection.fetchrow(SQL["read_invoices_glance"], organisation, limit)
    assert row is not None, "the statement counts, so it has a row"
    return InvoicesRow(*row)


async def list_unmatched(
    connection: Connection, organisation: Id, limit: int
) -> list[UnmatchedRow]:
    """Read the partnerships in which most is allocated in vain."""
    rows = await connection.fetch(SQL["list_unmatched"], organisation, limit)
    return [UnmatchedRow(*row) for row in rows]


async def sum_parts_of_orders(
    connection: Connection, organisation: Id, starts: Sequence[datetime], limit: int
) -> list[SoldRow]:
    """Read what was ordered in parts of time, of so many of the newest orders."""
    rows = await connection.fetch(
        SQL["sum_parts_of_orders"], organisation, starts, limit, lowest_id(starts[0])
    )
    return [SoldRow(*row) for row in rows]


async def sum_parts_of_goods_in(
    connection: Connection, organisation: Id, starts: Sequence[datetime]
) -> dict[int, Decimal]:
    """Read what came in during parts of time."""
    rows = await connection.fetch(SQL["sum_parts_of_goods_in"], organisation, starts)
    return {row[0]: row[1] for row in rows}
