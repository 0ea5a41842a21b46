"""How actions outside the batch write: one transaction, with the audit of what happened in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from entrepot.infra.ground import Act, write_ground
from entrepot.infra.pool import Connection
from entrepot.infra.reading import Database, reading
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id


class Happening(msgspec.Struct, frozen=True):
    """What an action did: its name, the wire id of what it did it to, and what it answers."""

    act: str
    subject: str
    answer: msgspec.Struct


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection in a transaction, committed at the end and undone by any exception.

    Raises DatabaseUnreachable when the database is away; then nothing is known to have happened.
    """
    async with reading(database) as connection, connection.transaction():
        yield connection


async def record(
    connection: Connection,
    at: datetime,
    new_id: Callable[[], Id],
    caller: Caller,
    happenings: Sequence[Happening],
) -> None:
    """Write the audit and outbox rows of what a caller did, in the transaction that did it."""
    acts = [
        Act(
            caller.organisation,
            new_id(),
            caller.token,
            each.act,
            each.subject,
            msgspec.json.encode(each.answer),
            None,
        )
        for each in happenings
    ]
    await write_ground(connection, at, acts)
