"""A pool whose every use is undone in the end: what a dry run works with.

All of a dry run happens on one connection, inside one transaction that is never committed. So each
step sees what the steps before it did, whatever constraint would refuse is refused, and afterwards
the database is as it was; nobody else saw anything of it. Locks are held until the end: a dry run
is for a command, never for a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from entrepot.infra.pool import Connection, Pool, open_connection
from entrepot.infra.settings import Settings


class _Rehearsal:
    """Lends its one connection to one user after another, each in a savepoint of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self, *, timeout: float | None = None) -> AsyncIterator[Connection]:  # noqa: ASYNC109 - the name that the driver's pool gives it
        """Lend the connection; an error takes back what this user did, and nothing else."""
        async with asyncio.timeout(timeout):
            await self._turn.acquire()
        try:
            async with self._connection.transaction():
                yield self._connection
        finally:
            self._turn.release()


@asynccontextmanager
async def rehearsing(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """Lend a pool on `dsn` whose work is undone when the context ends.

    Raises DatabaseUnreachable when no connection can be made.
    """
    connection = await open_connection(dsn, settings)
    try:
        undone = connection.transaction()
        await undone.start()
        # The driver's pool has no interface of its own; this is all of it that Entrepot uses.
        yield cast("Pool", _Rehearsal(connection))
        if not connection.is_closed():
            await undone.rollback()
    finally:
        await connection.close()
