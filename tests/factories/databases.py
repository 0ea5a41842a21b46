"""Databases of tests' own: made from a template, emptied and lent again, or gone afterwards.

Making and dropping a database costs more than most tests do. So one that a test left as it was but
for its rows is emptied by deleting them, which are few, and lent to the next test of the process.
"""

from __future__ import annotations

import asyncio
import os
from itertools import count

import asyncpg

from entrepot.infra.pool import Connection
from tests.factories.addresses import with_database

GROWTH_MAX = 16_000_000
"""Bytes by which a database may have grown and still be lent again; a first page each is 2 MB."""

_names = count()

_KEPT = "audit, ledger, transfers, transfer_legs"
"""Tables whose rows our role may not delete."""

# What a test must leave alone: tables, columns, constraints, privileges; and no statistics, which
# would show the planner another database than the next test expects.
_SHAPE = """
SELECT md5(string_agg(each, ',' ORDER BY each)) FROM (
    SELECT relkind::text || relname || coalesce(relacl::text, '') AS each
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT a.attrelid::regclass::text || a.attname || a.atttypmod || a.attnotnull
    FROM pg_attribute AS a INNER JOIN pg_class AS c ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
    UNION ALL
    SELECT conrelid::regclass::text || conname || convalidated
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT tgrelid::regclass::text || tgname || tgenabled::text
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT nspname FROM pg_namespace
    UNION ALL
    SELECT DISTINCT 'analysed' FROM pg_stats WHERE schemaname = 'public'
    UNION ALL
    SELECT setconfig::text FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS shape
"""

_SIZE = """
SELECT sum(pg_relation_size(oid))::bigint FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
"""

_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Databases:
    """Lends the databases of one test process."""

    def __init__(self, server: str, template: str) -> None:
        self.server = server
        self.template = template
        self.spare: list[str] = []
        self.shape = ""
        self.size = 0
        self.tables: list[str] = []
        """Those that are empty to begin with, referring ones before those they refer to."""
        self.kept = ""
        """Asks for a digest of what is in all others, such as which migrations were applied."""
        self.digest = ""

    async def lend(self, *, fresh: bool) -> str:
        """The name of a migrated, empty database; a fresh one was nobody's before."""
        if self.spare and not fresh:
            return self.spare.pop()
        name = f"test_{os.getpid()}_{next(_names)}"
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            # Copying through the log is quicker than copying files, which needs checkpoints.
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY WAL_LOG"
            )
        finally:
            await connection.close()
        if not self.shape:
            await self._learn(name)
        return name

    async def take_back(self, name: str, *, fresh: bool) -> None:
        """Empty a database for the next test, or drop it if that is not enough."""
        if not fresh and await self._is_emptied(name):
            self.spare.append(name)
            return
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await drop_database(connection, name)
        finally:
            await connection.close()

    async def _learn(self, name: str) -> None:
        """Learn from an untouched database what one has to look like to be lent again."""
        connection = await asyncpg.connect(with_database(self.server, name), statement_cache_size=0)
        try:
            names = {
                row[0]
                for row in await connection.fetch(
                    "SELECT relname FROM pg_class"
                    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
                )
            }
            refers = await connection.fetch(
                "SELECT c.relname, r.relname FROM pg_constraint AS f"
                " INNER JOIN pg_class AS c ON f.conrelid = c.oid"
                " INNER JOIN pg_class AS r ON f.confrelid = r.oid WHERE f.contype = 'f'"
            )
            while names:
                referred = {to for of, to in refers if of in names and of != to}
                free = sorted(names - referred)
                assert free, "tables that refer to one another in a circle"
                self.tables += free
                names.difference_update(free)
            filled = set(await self._filled(connection))
            self.tables = [each for each in self.tables if each not in filled]
            rows = " UNION ALL ".join(f"SELECT t::text AS row FROM {each} AS t" for each in filled)
            self.kept = f"SELECT md5(string_agg(row, ',' ORDER BY row)) FROM ({rows}) AS rows"
            self.digest = await connection.fetchval(self.kept)
            self.size = await connection.fetchval(_SIZE)
            self.shape = await connection.fetchval(_SHAPE)
        finally:
            await connection.close()

    async def _filled(self, connection: Connection) -> list[str]:
        """Which of the tables have rows."""
        asked = " UNION ALL ".join(
            f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {table})"
            for number, table in enumerate(self.tables)
        )
        return [self.tables[row[0]] for row in await connection.fetch(asked)]

    async def _is_emptied(self, name: str) -> bool:
        """Delete a database's rows; False where it is not as it was before the test."""
        try:
            connection = await asyncpg.connect(
                with_database(self.server, name), statement_cache_size=0
            )
        except (OSError, asyncpg.PostgresError):
            return False
        try:
            if not await _left_alone(connection):
                return False
            if await connection.fetchval(_SHAPE) != self.shape:
                return False
            if await connection.fetchval(self.kept) != self.digest:
                return False
            filled = await self._filled(connection)
            if filled:
                # Only where it was taken away: granted elsewhere too, it would not be as it was.
                await connection.execute(
                    f"BEGIN; GRANT DELETE ON {_KEPT} TO CURRENT_USER; "
                    + "; ".join(f"DELETE FROM {table}" for table in filled)
                    + f"; REVOKE DELETE ON {_KEPT} FROM CURRENT_USER; COMMIT"
                )
            for row in await connection.fetch(
                "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
            ):
                await connection.execute(f"ALTER SEQUENCE {row[0]} RESTART")
            grown: int = await connection.fetchval(_SIZE)
            return grown <= self.size + GROWTH_MAX
        except asyncpg.PostgresError:
            return False
        finally:
            await connection.close()


async def _left_alone(connection: Connection) -> bool:
    """End whoever is still connected to a database; False if somebody stays."""
    for _ in range(40):
        if not await connection.fetchval(_OTHERS):
            return True
        await asyncio.sleep(0.05)
    return False


async def drop_database(connection: Connection, name: str) -> None:
    """Drop a database and end whoever is still connected to it.

    A worker of PostgreSQL's own that cleans up there just now may not be ended by our role; it
    goes away by itself.
    """
    for _ in range(100):
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError(f"{name} stays in use")
