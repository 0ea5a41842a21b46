"""Telling webhooks of objects, and what they were told. No other code runs the statements here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from entrepot.connectors.webhooks.model import COALESCED, Event, TriedRow
from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.connectors.webhooks.store", "objects.sql")

ROWS: Mapping[str, type] = {
    "list_events": Event,
    "list_latest_events": Event,
    "list_answered_tries": TriedRow,
}

_NUMBER_MAX: Final = 2**63 - 1


async def has_graphql_webhooks(connection: Connection) -> bool:
    """Whether any webhook is told of objects."""
    found: bool = await connection.fetchval(SQL["has_graphql_webhooks"])
    return found


async def insert_events(connection: Connection, first: int, last: int, now: datetime) -> None:
    """Make the deliveries of what the events with these numbers did to objects.

    Of how something is now only the newest is left waiting.
    """
    made = await connection.fetch(SQL["insert_events"], first, last, now)
    newer = [tuple(row) for row in made if row[2] in COALESCED]
    if newer:
        await connection.execute(SQL["replace_older_events"], *columns(newer, 5), now)


async def find_vertical(connection: Connection, organisation: Id) -> str:
    """Read an organisation's short name."""
    slug: str = await connection.fetchval(SQL["find_vertical"], organisation)
    return slug


async def find_last_told(
    connection: Connection, organisation: Id, webhook: Id, nodes: Sequence[str]
) -> dict[str, bytes]:
    """Read the hashes of what a webhook was told last of some objects."""
    rows = await connection.fetch(SQL["find_last_told"], organisation, webhook, nodes)
    return {row[0]: row[1] for row in rows}


async def list_events(
    connection: Connection, organisation: Id, webhook: Id | None, before: int | None, limit: int
) -> list[Event]:
    """Read the events of an organisation's webhooks, or of one, the newest first."""
    below = _NUMBER_MAX if before is None else min(before, _NUMBER_MAX)
    rows = await connection.fetch(SQL["list_events"], organisation, below, webhook, None, limit)
    return [Event(*row) for row in rows]


async def find_events(
    connection: Connection, organisation: Id, numbers: Sequence[int]
) -> list[Event]:
    """Read the events of an organisation's webhooks with these numbers."""
    wanted = [each for each in numbers if each < _NUMBER_MAX]
    rows = await connection.fetch(
        SQL["list_events"], organisation, _NUMBER_MAX, None, wanted, len(wanted)
    )
    return [Event(*row) for row in rows]


async def list_latest_events(
    connection: Connection, organisation: Id, webhooks: Sequence[Id], limit: int
) -> list[Event]:
    """Read the newest events of each of some webhooks, the newest first."""
    rows = await connection.fetch(SQL["list_latest_events"], organisation, webhooks, limit)
    return [Event(*row) for row in rows]


async def count_events(connection: Connection, organisation: Id, webhook: Id | None) -> int:
    """Count the events of an organisation's webhooks, or of one, that are remembered."""
    count: int = await connection.fetchval(SQL["count_events"], organisation, webhook)
    return count


async def list_answered_tries(
    connection: Connection, organisation: Id, events: Sequence[tuple[Id, Id]]
) -> list[TriedRow]:
    """Read the tries of events, each a (webhook, act), that were answered, in their order."""
    rows = await connection.fetch(SQL["list_answered_tries"], organisation, *columns(events, 2))
    return [TriedRow(*row) for row in rows]
