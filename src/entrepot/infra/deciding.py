"""The transaction of a batch: begun and planned in one message, committed at the end.

Its statements look up a few keys of large tables, whatever the statistics say. On a database whose
tables were empty when a statement was first planned, the planner would settle for scans that grow
with the tables; so it is told, for this transaction only, to join by looking keys up. A lock that
is not granted in five seconds gives the batch up: no stranger's lock stops an intake for long.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from entrepot.infra.pool import Connection

_BEGIN: Final = """
BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL lock_timeout = '5s';
"""


@asynccontextmanager
async def deciding(connection: Connection) -> AsyncIterator[None]:
    """Run what follows in one transaction; any exception undoes it.

    An error while committing leaves open whether it happened: the caller settles that by its keys.
    """
    await connection.execute(_BEGIN)
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    done = await connection.execute("COMMIT")
    assert done == "COMMIT", "an aborted transaction must not pass for a committed one"
