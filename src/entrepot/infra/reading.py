"""How views read: a connection for one statement, or a snapshot for several that must agree.

Doors hold the database only as something to hand to views. Whatever way it is out of reach, they
see one error, `DatabaseUnreachable`, and nothing has happened by it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from entrepot.infra.failures import Failure, failure_of
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reach import DatabaseUnreachable

Database: TypeAlias = Pool
"""The database as a door holds it."""

ACQUIRE_TIMEOUT_SECONDS: Final = 10.0


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection to read by; each statement sees what was committed before it."""
    try:
        async with database.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection:
            yield connection
    except Exception as error:
        if failure_of(error) is not Failure.AWAY:
            raise
        reason = str(error) or type(error).__name__
        raise DatabaseUnreachable(f"The database cannot be reached: {reason}") from error


@asynccontextmanager
async def reading_snapshot(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection whose statements all see the same moment.

    In a dry run, which is one transaction already, they also see what the dry run did.
    """
    async with reading(database) as connection:
        if connection.is_in_transaction():
            yield connection
            return
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
