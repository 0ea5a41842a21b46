"""Following what happened: every event gets a number, and each follower reads by numbers.

An event is an outbox row, written by the transaction whose effect it tells of. The sequencer gives
committed events numbers that rise by one, without a gap: a transaction that commits late has its
events numbered late, so whoever reads on from a number misses none. A follower takes its turn,
reads, does its work and writes how far it is in one transaction of its own; what it does outside
the database it may do twice, never not at all.

Events stay in the outbox once they are numbered: nothing forgets them yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from entrepot.infra.deciding import deciding
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.infra", "following.sql")

SEQUENCER: Final = "sequencer"
"""The name under which the sequencer counts, beside the followers."""

EVENTS_MAX: Final = 2000
"""Events numbered in one transaction."""


class Event(NamedTuple):
    """What happened: its number, whose act it was, the act's id, when, its name and its subject.

    The audit row under (`organisation`, `id`) has what the caller was told. `variants` are those
    whose figures it changed, or what may be promised of them; None where it says nothing of that.
    """

    seq: int
    organisation: Id
    id: Id
    at: datetime
    event: str
    subject: str
    variants: Sequence[Id] | None


async def number_events(pool: Pool) -> int:
    """Give up to 2000 committed events their numbers, oldest first; return how many there were.

    Any number of processes may do so: one has the turn, the others return 0 at once. Of two events
    of one object that wait together the earlier gets the lower number.
    """
    async with pool.acquire() as connection:
        if not await connection.fetchval(SQL["has_unnumbered_events"]):
            return 0
        async with deciding(connection):
            head = await take_turn(connection, SEQUENCER)
            if head is None:
                return 0
            # In a statement of its own: it sees what the one before had numbered when it ended.
            row = await connection.fetchrow(SQL["number_events"], head, EVENTS_MAX)
            assert row is not None, "the statement counts what it wrote"
            found: int = row[0]
            assert row[1] == found, "nobody else numbers events while one has the turn"
            await advance(connection, SEQUENCER, head + found)
            return found


async def is_behind(connection: Connection, follower: str) -> bool:
    """Whether there are numbered events that a follower has not read. It takes no turn."""
    ahead: int = await connection.fetchval(SQL["count_events_ahead"], follower, SEQUENCER)
    return ahead > 0


async def take_turn(connection: Connection, follower: str) -> int | None:
    """Make this transaction the one that follows; return the number that was read last.

    None when another process has the turn: there is nothing to do then. The turn ends with the
    transaction. A follower that is new begins before the first event; two that begin it together
    wait for one another this once.
    """
    seq: int | None = await connection.fetchval(SQL["lock_follower"], follower)
    if seq is None:
        await connection.execute(SQL["insert_missing_follower"], follower)
        seq = await connection.fetchval(SQL["lock_follower"], follower)
    return seq


async def read_events(connection: Connection, follower: str, limit: int) -> list[Event]:
    """Take a follower's turn and read up to `limit` of the events that it has not read, in order.

    Empty when there are none, or when another process has the turn. Call it in the transaction
    that does the follower's work and ends with `advance`.
    """
    last = await take_turn(connection, follower)
    if last is None:
        return []
    rows = await connection.fetch(SQL["read_events"], last, limit)
    return [Event(*row) for row in rows]


async def advance(connection: Connection, follower: str, seq: int) -> None:
    """Write that a follower, whose turn it is, has read everything up to a number."""
    moved = await connection.fetchval(SQL["advance_follower"], follower, seq)
    assert moved, "a follower never goes back"
