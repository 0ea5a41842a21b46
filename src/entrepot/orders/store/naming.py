"""Reading what orders are called. Runs the statement beside it."""

from collections.abc import Sequence

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.orders.store", "naming.sql")


async def read_references(
    connection: Connection, organisation: Id, orders: Sequence[Id]
) -> dict[Id, str]:
    """Read the references of those of these orders that are an organisation's, by id."""
    rows = await connection.fetch(SQL["read_references"], organisation, orders)
    return {row[0]: row[1] for row in rows}
