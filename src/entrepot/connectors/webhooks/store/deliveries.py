"""Loading and saving deliveries and their tries. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from entrepot.connectors.webhooks.model import COALESCED, DeliveryRow, Outcome, Told
from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.connectors.webhooks.store", "deliveries.sql")

_COALESCED: Final = sorted(COALESCED)


class AttemptRow(NamedTuple):
    """A try as it is stored."""

    act: Id
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None


ROWS: Mapping[str, type] = {
    "list_deliveries": DeliveryRow,
    "list_attempts": AttemptRow,
    "find_due": DeliveryRow,
    "lock_delivery": DeliveryRow,
}


async def list_deliveries(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    before: tuple[int, Id],
    state: str | None,
    limit: int,
) -> list[DeliveryRow]:
    """Read a webhook's deliveries, the newest first, from before a (number, act) on."""
    rows = await connection.fetch(
        SQL["list_deliveries"], organisation, webhook, *before, state, limit
    )
    return [DeliveryRow(*row) for row in rows]


async def list_attempts(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    before: tuple[datetime, Id, int],
    limit: int,
) -> list[AttemptRow]:
    """Read a webhook's tries, the newest first, from before a (time, act, number) on."""
    rows = await connection.fetch(SQL["list_attempts"], organisation, webhook, *before, limit)
    return [AttemptRow(*row) for row in rows]


async def insert_deliveries(connection: Connection, first: int, last: int, now: datetime) -> int:
    """Make the deliveries of the events with these numbers; return how many are new.

    Of absolute numbers only the newest is left waiting.
    """
    made = await connection.fetch(SQL["insert_deliveries"], first, last, now)
    if made:
        await connection.execute(SQL["replace_older"], first, last, _COALESCED, now)
    return len(made)


async def find_due_webhooks(
    connection: Connection, now: datetime, begun_before: datetime, after: tuple[Id, Id], limit: int
) -> list[tuple[Id, Id]]:
    """Read the (organisation, webhook)s to which something is due that nobody is sending."""
    rows = await connection.fetch(SQL["find_due_webhooks"], now, begun_before, *after, limit)
    return [(row[0], row[1]) for row in rows]


async def find_due(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    now: datetime,
    begun_before: datetime,
    limit: int,
) -> list[DeliveryRow]:
    """Read what is due to a webhook that is locked and begun by nobody alive."""
    rows = await connection.fetch(SQL["find_due"], organisation, webhook, now, begun_before, limit)
    return [DeliveryRow(*row) for row in rows]


async def find_told(connection: Connection, organisation: Id, acts: Sequence[Id]) -> dict[Id, Told]:
    """Read what acts say, by their ids."""
    rows = await connection.fetch(SQL["find_told"], organisation, acts)
    return {row[0]: Told(*row) for row in rows}


async def update_deliveries(
    connection: Connection, organisation: Id, webhook: Id, rows: Sequence[DeliveryRow]
) -> None:
    """Write deliveries of a webhook that is locked."""
    values = [
        (
            row.act,
            row.state,
            row.next_try_at,
            row.tries,
            row.step,
            row.begun_at,
            row.crashes,
            row.last_status,
            row.last_error,
            row.ended_at,
            row.content_hash,
        )
        for row in rows
    ]
    written = await connection.fetch(
        SQL["update_deliveries"], organisation, webhook, *columns(values, 11)
    )
    assert len(written) == len(rows), "every delivery is written once"


async def replace_failed(
    connection: Connection, organisation: Id, webhook: Id, acts: Sequence[Id], now: datetime
) -> None:
    """Give up telling numbers that are told anew already."""
    await connection.execute(SQL["replace_failed"], organisation, webhook, acts, _COALESCED, now)


async def insert_attempts(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    tried: Sequence[tuple[DeliveryRow, Outcome]],
) -> None:
    """Remember tries; each delivery is as it was before its try."""
    values = [
        (each.act, each.tries + 1, out.at, out.milliseconds, out.status, out.error)
        for each, out in tried
    ]
    await connection.execute(SQL["insert_attempts"], organisation, webhook, *columns(values, 6))


async def find_still_begun(
    connection: Connection, organisation: Id, webhook: Id, acts: Sequence[Id], begun_at: datetime
) -> set[Id]:
    """Read which deliveries are still those that were begun at a time."""
    rows = await connection.fetch(SQL["find_still_begun"], organisation, webhook, acts, begun_at)
    return {row[0] for row in rows}


async def lock_delivery(
    connection: Connection, organisation: Id, webhook: Id, act: Id
) -> DeliveryRow | None:
    """Lock a delivery of a webhook that is locked, and read it."""
    row = await connection.fetchrow(SQL["lock_delivery"], organisation, webhook, act or None)
    return None if row is None else DeliveryRow(*row)


async def end_deliveries_of_deleted(connection: Connection, now: datetime, limit: int) -> int:
    """Put aside what waits for webhooks that were deleted; return how many there were."""
    return len(await connection.fetch(SQL["end_deliveries_of_deleted"], now, limit))


async def purge_deliveries(connection: Connection, before: datetime, limit: int) -> int:
    """Forget the oldest deliveries that ended before a moment; return how many there were."""
    rows = await connection.fetch(SQL["find_old_deliveries"], before, limit)
    if rows:
        keys = columns([tuple(row) for row in rows], 3)
        await connection.execute(SQL["purge_attempts"], *keys)
        await connection.execute(SQL["purge_deliveries"], *keys, before)
    return len(rows)
