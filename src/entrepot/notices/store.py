"""Loading and saving notices: the only code that runs this area's SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.notices")


class NoticeRow(NamedTuple):
    """A notice as it is stored; its facts as JSON."""

    id: Id
    at: datetime
    kind: str
    subject: str
    facts: bytes
    done_at: datetime | None


ROWS: Mapping[str, type] = {"list_notices": NoticeRow}


async def insert_notices(
    connection: Connection, at: datetime, rows: Sequence[tuple[Id, Id, str, str, bytes]]
) -> None:
    """Write (organisation, id, kind, subject, facts as JSON) rows."""
    await connection.execute(SQL["insert_notices"], at, *columns(rows, 5))


async def list_notices(
    connection: Connection, organisation: Id, before: Id, limit: int
) -> list[NoticeRow]:
    """Read an organisation's notices, newest first, from before one on."""
    rows = await connection.fetch(SQL["list_notices"], organisation, before, limit)
    return [NoticeRow(*row) for row in rows]
