"""Databases of tests' own: made from a template, emptied and lent again, or gone afterwards.

Making and dropping a database costs more than most tests do. So one that a test left as it was but
for its rows is emptied by deleting them, which are few, and lent to the next test of the process.
One connection stays with each database for that, in a thread of its own since every test has its
own loop: what is asked after each test is planned once.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections import Counter
from collections.abc import Coroutine
from functools import cache
from itertools import count
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import asyncpg

from entrepot.app import examine_database
from entrepot.infra.checks import Broken
from entrepot.infra.pool import Connection, prepare_connection
from tests.factories.addresses import with_database
from tests.factories.pools import KEPT

Result = TypeVar("Result")

GROWTH_MAX = 16_000_000
"""Bytes by which a database may have grown and still be lent again; a first page each is 2 MB."""

MEASURED_EVERY = 8
"""How many tests a database may have had until it is measured, which takes longer than emptying."""

_names = count()

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

_BACK_TO_START = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
INNER JOIN pg_sequences ON seqrelid = format('%I.%I', schemaname, sequencename)::regclass
WHERE last_value IS NOT NULL
"""

# Where pages are counted, a worker of the server that cleans up or counts rows just then would be a
# reader that keeps others from cleaning up, and give later statements other plans.
_LEFT_ALONE = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', name);
    END LOOP;
END
$$
"""

_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
AND application_name <> $1
"""


class Databases:
    """Lends the databases of one test process."""

    def __init__(self, server: str, template: str, keeper: str) -> None:
        """Lend copies of `template`; `keeper` is a role that may delete what tests' own may not."""
        self.server = server
        self.template = template
        self.keeper = keeper
        self.spare: list[str] = []
        self.kept: dict[str, Connection] = {}
        self.shape = ""
        self.size = 0
        self.tables: list[str] = []
        """Those that are empty to begin with."""
        self.relations: frozenset[str] = frozenset()
        """All tables and views there are."""
        self.found: dict[str, list[str]] = {}
        """Which tables of a database had rows after its test, until it is emptied."""
        self.others = ""
        """Asks for a digest of what is in all others, such as which migrations were applied."""
        self.digest = ""
        self._lent: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="databases", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the connections that were kept; the server goes, and the databases with it."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for each in self.kept.values():
            await each.close()

    async def lend(self, *, fresh: bool) -> str:
        """The name of a migrated, empty database; a fresh one was nobody's before.

        In a fresh one nothing is vacuumed or analysed unasked.
        """
        return await self._do(self._lend(fresh))

    async def broken_in(self, name: str) -> list[Broken]:
        """Which invariants of a lent database are broken."""
        return await self._do(self._broken_in(name))

    async def broken_now(self, dsn: str) -> list[Broken]:
        """Which invariants are broken in the middle of a test, in a lent database, by address."""
        return await self._do(self._broken_now(urlsplit(dsn).path.removeprefix("/")))

    async def take_back(self, name: str) -> bool:
        """Empty a database for the next test; False if that is not enough, and it has to go."""
        emptied = await self._do(self._is_emptied(name))
        if emptied:
            self.spare.append(name)
        return emptied

    async def drop(self, name: str) -> None:
        """Drop a database that is not lent again."""
        await self._do(self._drop(name))

    async def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _lend(self, fresh: bool) -> str:  # noqa: FBT001 - as `lend` has it
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
            await self._learn(await self._connected(name))
        if fresh:
            await (await self._connected(name)).execute(_LEFT_ALONE)
        return name

    async def _connected(self, name: str) -> Connection:
        """The connection that is kept to a database, made again if a test ended it."""
        kept = self.kept.get(name)
        if kept is None or kept.is_closed():
            dsn = with_database(self.keeper, name)
            kept = self.kept[name] = await asyncpg.connect(dsn, statement_cache_size=200)
            await prepare_connection(kept)
            # Tables are as good as empty; a plan for all is good enough for each.
            await kept.execute("SET plan_cache_mode = force_generic_plan")
        return kept

    async def _broken_in(self, name: str) -> list[Broken]:
        connection = await self._connected(name)
        filled = self.found[name] = await self._filled(connection)
        empty = frozenset(self.tables) - frozenset(filled)
        lean = _Unasked(connection, empty, self.relations - empty)
        return await examine_database(cast("Connection", lean))

    async def _broken_now(self, name: str) -> list[Broken]:
        return await examine_database(await self._connected(name))

    async def _drop(self, name: str) -> None:
        kept = self.kept.pop(name, None)
        if kept is not None:
            await kept.close()
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await drop_database(connection, name)
        finally:
            await connection.close()

    async def _learn(self, connection: Connection) -> None:
        """Learn from an untouched database what one has to look like to be lent again."""
        self.tables = [
            row[0]
            for row in await connection.fetch(
                "SELECT relname FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
            )
        ]
        views = "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
        self.relations = frozenset(
            [*self.tables, *[row[0] for row in await connection.fetch(views)]]
        )
        filled = set(await self._filled(connection))
        self.tables = [each for each in self.tables if each not in filled]
        rows = " UNION ALL ".join(f"SELECT t::text AS row FROM {each} AS t" for each in filled)
        self.others = f"SELECT md5(string_agg(row, ',' ORDER BY row)) FROM ({rows}) AS rows"
        self.digest = await connection.fetchval(self.others)
        self.size = await connection.fetchval(_SIZE)
        self.shape = await connection.fetchval(_SHAPE)

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
            connection = await self._connected(name)
            found = self.found.pop(name, None)
            ended = await _end_others(connection)
            if ended is None:
                return False
            if await connection.fetchval(_SHAPE) != self.shape:
                return False
            if await connection.fetchval(self.others) != self.digest:
                return False
            filled = await self._filled(connection) if ended or found is None else found
            if filled:
                # As a replica, so that tables need not be emptied in the order of their keys.
                await connection.execute(
                    "BEGIN; SET LOCAL session_replication_role = replica; "
                    + "; ".join(f"DELETE FROM {table}" for table in filled)
                    + "; COMMIT"
                )
            await connection.execute(_BACK_TO_START)
            self._lent[name] += 1
            if self._lent[name] % MEASURED_EVERY:
                return True
            grown: int = await connection.fetchval(_SIZE)
            return grown <= self.size + GROWTH_MAX
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False


async def _end_others(connection: Connection) -> int | None:
    """End whoever is connected to a database but its kept pool; how many, None if one stays."""
    ended = 0
    for _ in range(40):
        found = await connection.fetchval(_OTHERS, KEPT)
        if not found:
            return ended
        ended += found
        await asyncio.sleep(0.05)
    return None


_READ = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b(?!\s*\()")


@cache
def _read_by(statement: str) -> frozenset[str]:
    """What a statement reads: tables, views, and what it names itself."""
    return frozenset(_READ.findall(statement))


class _Unasked:
    """A connection that does not ask what is wrong with tables that have no rows: nothing is.

    A test fills some of them, and most invariants are about others.
    """

    def __init__(
        self, connection: Connection, empty: frozenset[str], others: frozenset[str]
    ) -> None:
        self._connection = connection
        self._empty = empty
        self._others = others

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a connection has
        return getattr(self._connection, name)

    async def fetch(self, statement: str, *values: Any, **options: Any) -> Any:  # noqa: ANN401 - as the driver has it
        read = _read_by(statement)
        if read & self._empty and not read & self._others:
            return []
        return await self._connection.fetch(statement, *values, **options)


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
