"""Loading and saving partnerships. No other code runs the statements beside it.

The functions that take a connection and lock or write are for actions, here and in settlement, in
their own transaction; a row's `to_show` makes what one of its sides may see.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from entrepot.infra.checks import Broken, Watch, load_checks, run_checks
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.matching import PARTNERSHIP_ENDED
from entrepot.partnerships.model.partnerships import (
    RIGHT_STATES,
    Agreement,
    FoundPartner,
    PartnershipRow,
    Role,
)

SQL = load_statements("entrepot.partnerships.store", "partnerships.sql")
CHECKS = load_checks("entrepot.partnerships")

ROWS: Mapping[str, type] = {
    "find_partnership": PartnershipRow,
    "list_partnerships": PartnershipRow,
}


async def insert_partnership(connection: Connection, row: PartnershipRow) -> bool:
    """Make an active partnership; False when the two have one that has not ended.

    Their consignment right becomes active with it.
    """
    made = await connection.fetchrow(
        SQL["insert_partnership"],
        row.wholesaler,
        row.id,
        row.retailer,
        row.sharing_policy,
        row.buffer,
        row.cap,
        row.on_cancel_open_week,
        row.on_cancel_later,
        row.price_percentage,
        row.currency,
        row.time_zone,
        row.terms,
        row.created_at,
        row.closed_through,
        row.next_close_at,
    )
    if made is not None:
        await _put_right(connection, row)
    return made is not None


async def lock_partnership(
    connection: Connection, organisation: Id, id_: Id
) -> PartnershipRow | None:
    """Lock (FOR NO KEY UPDATE) and read a partnership of an organisation, on either side.

    None where there is none; an id that could not be read ("") is nobody's. Transfers and
    reversals, which share the lock, wait until the transaction ends.
    """
    found = await find_partnership(connection, organisation, id_)
    if found is None:
        return None
    await _the_row(connection, "lock_partnership", found.wholesaler, id_)
    # Only now nobody else changes it: what was read before may have changed meanwhile.
    return await find_partnership(connection, organisation, id_)


async def find_partnership(
    connection: Connection, organisation: Id, id_: Id
) -> PartnershipRow | None:
    """Read a partnership of an organisation, on either side, without a lock."""
    row = await connection.fetchrow(SQL["find_partnership"], organisation, id_) if id_ else None
    return None if row is None else PartnershipRow(*row)


async def list_partnerships(
    connection: Connection, organisation: Id, after: Id, role: Role | None, limit: int
) -> list[PartnershipRow]:
    """Read an organisation's partnerships by id, ended ones too, from after one on."""
    rows = await connection.fetch(SQL["list_partnerships"], organisation, after, role, limit)
    return [PartnershipRow(*row) for row in rows]


async def search_partnerships(
    connection: Connection, organisation: Id, text: str, among: int, limit: int
) -> list[FoundPartner]:
    """Read the partnerships of an organisation whose other side's name holds a text."""
    rows = await connection.fetch(SQL["search_partnerships"], organisation, text, among, limit)
    return [FoundPartner(ids.PARTNERSHIP + row[0], *row[1:]) for row in map(tuple, rows)]


async def find_ended(connection: Connection, wholesaler: Id, retailer: Id) -> list[Id]:
    """Read the partnerships of two organisations that have ended."""
    rows = await connection.fetch(SQL["find_ended"], wholesaler, retailer)
    return [row[0] for row in rows]


async def set_agreement(connection: Connection, row: PartnershipRow, agreement: Agreement) -> None:
    """Write what a locked partnership's two agree on from now on."""
    values = msgspec.structs.astuple(agreement)
    await _the_row(connection, "set_agreement", row.wholesaler, row.id, *values)


async def set_state(connection: Connection, row: PartnershipRow) -> None:
    """Write the state of a locked partnership and who paused it; its consignment right follows."""
    await _the_row(
        connection,
        "set_state",
        row.wholesaler,
        row.id,
        row.state,
        row.paused_by_wholesaler,
        row.paused_by_retailer,
        row.ended_at,
    )
    await _put_right(connection, row)


async def set_ended(connection: Connection, row: PartnershipRow, now: datetime) -> PartnershipRow:
    """End a locked partnership for good; its consignment right and its matches end with it.

    Returns the row as it is now. Whether nothing stands in the way is for the caller to see.
    """
    assert row.state == "ending", "a partnership ends after it was ending"
    ended = row._replace(state="ended", ended_at=now)
    await set_state(connection, ended)
    await connection.execute(SQL["end_matches"], row.retailer, row.id, now, PARTNERSHIP_ENDED)
    return ended


async def set_closed_through(
    connection: Connection, wholesaler: Id, id_: Id, week: date, next_close_at: datetime
) -> None:
    """Close a locked partnership's weeks up to and with `week` (a Monday).

    `next_close_at` is when the first week that is open after it ends.
    """
    await _the_row(connection, "set_closed_through", wholesaler, id_, week, next_close_at)


async def set_written_through(connection: Connection, wholesaler: Id, id_: Id, week: date) -> bool:
    """Remember that the settlements of the closed weeks up to and with `week` are written.

    No lock is needed before. False when that was known already, or the week is not closed.
    """
    row = await connection.fetchrow(SQL["set_written_through"], wholesaler, id_, week)
    return row is not None


async def read_due(connection: Connection, now: datetime, limit: int) -> list[tuple[Id, Id]]:
    """Read at most `limit` partnerships, not ended, whose open week has ended by `now`.

    As (wholesaler, partnership). Nothing is locked: lock each before it is closed, and look again.
    """
    rows = await connection.fetch(SQL["read_due"], now, limit)
    return [(row[0], row[1]) for row in rows]


async def read_unwritten(connection: Connection, limit: int) -> list[tuple[Id, Id]]:
    """Read at most `limit` partnerships whose closed weeks are not all written, ended ones too.

    As (wholesaler, partnership).
    """
    rows = await connection.fetch(SQL["read_unwritten"], limit)
    return [(row[0], row[1]) for row in rows]


async def check_partnerships(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check what two partners agreed on: the right that follows, what is matched, the prices."""
    return await run_checks(connection, CHECKS, watch)


async def _put_right(connection: Connection, row: PartnershipRow) -> None:
    """Let the consignment right follow a partnership's state."""
    state = RIGHT_STATES[row.state]
    await connection.execute(
        SQL["put_consignment_right"], row.wholesaler, row.retailer, state, row.created_at
    )


async def _the_row(connection: Connection, name: str, *values: object) -> Sequence[Any]:
    """Run a statement on one row that is there, as it was locked."""
    row = await connection.fetchrow(SQL[name], *values)
    assert row is not None, f"{name} finds the one row it is for"
    return tuple(row)
