"""Reading what Home shows of partnerships. No other code runs the statements beside it."""

from collections.abc import Mapping
from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.glance import BeginningsRow, StillRow

SQL = load_statements("entrepot.partnerships.store", "glance.sql")

ROWS: Mapping[str, type] = {"list_still": StillRow, "read_beginnings": BeginningsRow}


async def read_beginnings(
    connection: Connection, organisation: Id, now: datetime, soon: datetime, most: int
) -> BeginningsRow:
    """Read what an organisation has to begin with, and its invitations that expire before soon.

    These are counted up to `most`.
    """
    row = await connection.fetchrow(SQL["read_beginnings"], organisation, now, soon, most)
    assert row is not None, "the statement has one row"
    return BeginningsRow(*row)


async def list_still(connection: Connection, organisation: Id, limit: int) -> list[StillRow]:
    """Read partnerships that are paused or ending."""
    rows = await connection.fetch(SQL["list_still"], organisation, limit)
    return [StillRow(*row) for row in rows]
