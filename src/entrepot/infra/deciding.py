"""The transaction of a batch: begun and planned in one message, committed at the end.

Its statements look up a few keys of large tables, whatever the statistics say. On a database whose
tables were empty when a statement was first planned, the planner would settle for scans that grow
with the tables; so it is told, for this transaction only, to join by looking keys up. A lock that
is not granted in five seconds gives the batch up: no stranger's lock stops an intake for long.
On a connection that is in a transaction already, a dry run's, it becomes a part of that one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from entrepot.infra.pool import Connection

_SETTINGS: Final = """
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL lock_timeout = '5s';
"""


class _Verbs(NamedTuple):
    """How a transaction begins and ends, and what the database says when it has ended well."""

    begin: str
    commit: str
    undo: str
    done: str


_WHOLE: Final = _Verbs(f"BEGIN;{_SETTINGS}", "COMMIT", "ROLLBACK", "COMMIT")
_PART: Final = _Verbs(
    f"SAVEPOINT deciding;{_SETTINGS}",
    "RELEASE SAVEPOINT deciding",
    "ROLLBACK TO SAVEPOINT deciding",
    "RELEASE",
)


@asynccontextmanager
async def deciding(connection: Connection) -> AsyncIterator[None]:
    """Run what follows in one transaction; any exception undoes it.

    An error while committing leaves open whether it happened: the caller settles that by its keys.
    """
    verbs = _PART if connection.is_in_transaction() else _WHOLE
    await connection.execute(verbs.begin)
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute(verbs.undo)
        raise
    done = await connection.execute(verbs.commit)
    assert done == verbs.done, "an aborted transaction must not pass for a committed one"
