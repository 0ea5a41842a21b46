"""Keeps the sheet that a person is importing while they look at it: one a person, for a day.

So a file is sent once, however often its columns are mapped anew, also where no script runs and
whichever process answers. Only the person who sent it can read it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.reading import Database, reading
from entrepot.infra.statements import load_statements
from entrepot.infra.writing import writing
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.infra", "keeping.sql")

SHEETS_KEPT: Final = timedelta(days=1)
"""How long a sheet is kept that nobody replaces."""
SHEETS_MAX: Final = 100
"""Sheets forgotten in one transaction."""
NAME_LENGTH_MAX: Final = 200


class KeptSheet(NamedTuple):
    """A sheet as it was sent, how it is to be read, and what became of it, both as JSON."""

    id: Id
    kind: str
    name: str
    content: bytes
    plan: bytes
    report: bytes | None


ROWS = {"find_sheet": KeptSheet}


class NewSheet(NamedTuple):
    """A sheet to keep: its kind, the file's name and bytes, and how it is to be read."""

    kind: str
    name: str
    content: bytes
    plan: bytes


async def keep_sheet(
    database: Database, new_id: Callable[[], Id], caller: Caller, sheet: NewSheet
) -> Id:
    """Keep a sheet for the person who asks, in the place of the one before; return its id."""
    assert caller.person is not None, "sheets are kept for people"
    id_ = new_id()
    async with writing(database) as connection:
        await connection.execute(
            SQL["keep_sheet"],
            caller.organisation,
            caller.person,
            id_,
            sheet.kind,
            sheet.name[:NAME_LENGTH_MAX],
            sheet.content,
            sheet.plan,
            await read_clock(connection),
        )
    return id_


async def find_sheet(database: Database, caller: Caller, sheet: Id) -> KeptSheet | None:
    """The sheet that the person who asks keeps, if it is still this one."""
    async with reading(database) as connection:
        row = await connection.fetchrow(
            SQL["find_sheet"], caller.organisation, caller.person, sheet
        )
    return None if row is None else KeptSheet(*row)


async def note_sheet(
    database: Database, caller: Caller, sheet: Id, plan: bytes, report: bytes | None
) -> None:
    """Note how a sheet is to be read, and what became of it; one that is gone stays gone."""
    async with writing(database) as connection:
        await connection.execute(
            SQL["note_sheet"], caller.organisation, caller.person, sheet, plan, report
        )


async def purge_sheets(pool: Pool) -> int:
    """Forget up to 100 sheets that were kept longer ago than a day; return how many."""
    async with writing(pool) as connection:
        before = await read_clock(connection) - SHEETS_KEPT
        return len(await connection.fetch(SQL["purge_sheets"], before, SHEETS_MAX))
