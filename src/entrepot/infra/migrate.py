"""Applies the numbered SQL files in `migrations/`, in order, forwards only.

Each file runs in a transaction of its own together with the row that records it, so a migration
has happened whole or not at all. Files are never edited once applied: a mistake is corrected by a
further file, and the recorded checksum makes sure of that.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal

import asyncpg
import msgspec

from entrepot.infra.pool import Connection
from entrepot.infra.reach import reaching
from entrepot.infra.reading import Database, reading

Deploy = Literal["before", "after"]

LOCK_TIMEOUT = "5s"
LOCK_ATTEMPTS_MAX = 6
LOCK_PAUSE_SECONDS = 2.0

# Any number will do, so long as nothing else in this database uses it.
_ADVISORY_LOCK = 0x656E7472
_FILE_NAME = re.compile(r"^(?P<number>\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql$")
_FIRST_LINE = re.compile(r"^-- deploy: (?P<deploy>before|after)$")

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text CONSTRAINT schema_migrations_pkey PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationRefusal(Exception):
    """Migrations that must not be applied as they stand; the message says which and why."""


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the directory."""

    name: str
    """The file's name without `.sql`, such as `0001_ground`."""
    deploy: Deploy
    """Whether the running release needs it before, or bears it only after, it is replaced."""
    sql: str
    sha256: str
    """Of the file's bytes, in hex."""


def read_migrations(directory: Traversable | None = None) -> tuple[Migration, ...]:
    """The migrations in `directory` (default: those of this release), in order.

    Refuses with MigrationRefusal a badly named file, a number that is missing or used twice and a
    first line that is not `-- deploy: before` or `-- deploy: after`.
    """
    place = resources.files("entrepot.migrations") if directory is None else directory
    files = sorted(
        (file for file in place.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    migrations: list[Migration] = []
    for position, file in enumerate(files, start=1):
        match = _FILE_NAME.match(file.name)
        if match is None:
            raise MigrationRefusal(f"{file.name} is not named like 0001_words.sql.")
        if int(match["number"]) != position:
            raise MigrationRefusal(f"{file.name} should be number {position:04d}.")
        content = file.read_bytes()
        sql = content.decode("utf-8")
        first = _FIRST_LINE.match(sql.split("\n", 1)[0])
        if first is None:
            raise MigrationRefusal(
                f"{file.name} does not open with '-- deploy: before' or '-- deploy: after'."
            )
        migrations.append(
            Migration(
                name=file.name.removesuffix(".sql"),
                deploy="before" if first["deploy"] == "before" else "after",
                sql=sql,
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    return tuple(migrations)


async def pending(
    dsn: str,
    directory: Traversable | None = None,
    *,
    deploy: Literal["before", "all"] = "all",
) -> tuple[str, ...]:
    """The names of the migrations that `migrate` would apply, in order; nothing is changed.

    Refuses with MigrationRefusal what `migrate` refuses; raises DatabaseUnreachable.
    """
    migrations = read_migrations(directory)
    with reaching():
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        table = await connection.fetchval("SELECT to_regclass('schema_migrations')")
        applied = {} if table is None else await _applied(connection)
    finally:
        await connection.close()
    lacking = _lacking(migrations, applied)
    if deploy == "before":
        lacking = tuple(itertools.takewhile(lambda each: each.deploy == "before", lacking))
    return tuple(migration.name for migration in lacking)


async def is_migrated(database: Database) -> bool:
    """Whether a database has exactly the migrations of this release. Raises DatabaseUnreachable."""
    async with reading(database) as connection:
        applied = await _applied(connection)
    try:
        return not _lacking(read_migrations(), applied)
    except MigrationRefusal:
        return False


async def migrate(
    dsn: str, directory: Traversable | None = None, *, deploy: Literal["before", "all"] = "all"
) -> tuple[str, ...]:
    """Apply what `dsn` lacks and return the names applied, in order.

    `deploy="before"` stops at the first migration that must wait until the old release is gone.
    Several processes may do this at once: one works, the others find nothing left to do.

    Refuses with MigrationRefusal when an applied migration was changed, when the database knows
    one that this release does not, when one would be applied out of order, and when a lock is not
    granted in several attempts. Raises DatabaseUnreachable.
    """
    migrations = read_migrations(directory)
    with reaching():
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        names: list[str] = []
        while (name := await _apply_next_patiently(connection, migrations, deploy)) is not None:
            names.append(name)
        return tuple(names)
    finally:
        await connection.close()


async def _apply_next_patiently(
    connection: Connection, migrations: tuple[Migration, ...], deploy: str
) -> str | None:
    """Apply one migration, trying again when the tables it needs are busy."""
    for attempt in range(1, LOCK_ATTEMPTS_MAX + 1):
        try:
            return await _apply_next(connection, migrations, deploy)
        except asyncpg.LockNotAvailableError as error:
            if attempt == LOCK_ATTEMPTS_MAX:
                raise MigrationRefusal(
                    f"A table stayed locked by others in {attempt} attempts of {LOCK_TIMEOUT}; "
                    "nothing of the last migration was applied."
                ) from error
            # Between attempts the others get through; queueing for ever would hold them all up.
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
    raise AssertionError("unreachable")


async def _apply_next(
    connection: Connection, migrations: tuple[Migration, ...], deploy: str
) -> str | None:
    """Apply the first migration that is lacking, in one transaction; None when there is none."""
    async with connection.transaction():
        # Taken before the time limit is set: waiting for another migrator is no fault.
        await connection.execute(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.execute(_CREATE_TABLE)
        lacking = _lacking(migrations, await _applied(connection))
        if not lacking or (deploy == "before" and lacking[0].deploy == "after"):
            return None
        migration = lacking[0]
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)",
            migration.name,
            migration.sha256,
        )
        return migration.name


async def _applied(connection: Connection) -> dict[str, str]:
    """What the database has already: from name to checksum."""
    rows = await connection.fetch("SELECT name, sha256 FROM schema_migrations ORDER BY name")
    return {row["name"]: row["sha256"] for row in rows}


def _lacking(
    migrations: tuple[Migration, ...], applied: Mapping[str, str]
) -> tuple[Migration, ...]:
    """What is left to apply; refuses a history that this release's files do not continue."""
    known = {migration.name for migration in migrations}
    unknown = sorted(name for name in applied if name not in known)
    if unknown:
        raise MigrationRefusal(
            f"The database has the migration {unknown[-1]}, which this release does not know; "
            "it was migrated by a newer release."
        )
    for position, migration in enumerate(migrations):
        recorded = applied.get(migration.name)
        if recorded is not None and recorded != migration.sha256:
            raise MigrationRefusal(f"{migration.name} was changed after it had been applied.")
        if recorded is not None and position >= len(applied):
            raise MigrationRefusal(
                f"{migration.name} was applied although an earlier migration was not."
            )
    return migrations[len(applied) :]
