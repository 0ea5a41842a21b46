"""The database that is measured: started by Entrepot's own launcher, with its own configuration.

It lies in a directory made for the run and is removed with it, so a benchmark never meets data
that matters, nor a server that somebody else keeps busy.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from benchmarks.world import SQL, Buyer, make_world
from entrepot.infra.migrate import migrate
from entrepot.infra.pool import open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.postgres.engine import locate_engine
from entrepot.infra.postgres.places import DATABASE, PORT, ROLE, SUPERUSER, Places, places_for
from entrepot.infra.postgres.process import server_pid
from entrepot.infra.settings import Settings


class QuietLog:
    """A log for the launcher: only what goes wrong is shown."""

    def info(self, event: str, **facts: object) -> None:
        """Say nothing."""

    def warning(self, event: str, **facts: object) -> None:
        """Show what the launcher wonders about."""
        print(event, facts)

    def error(self, event: str, **facts: object) -> None:
        """Show what the launcher could not do."""
        print(event, facts)


HISTORY_TRANSACTIONS: Final = 200
HISTORY_SEED: Final = 20_261_121
"""No cell's own, or it would draw the same references again."""
HISTORY_ORDERS: Final = 100 * HISTORY_TRANSACTIONS
SCRIPTS: Final = Path(__file__).parent / "floors"
_MEASURED: Final = "measured"


class Database(msgspec.Struct, frozen=True):
    """A database for one cell, and how to reach it."""

    name: str
    dsn: str
    """For Entrepot itself, as its own role."""
    root_dsn: str
    """For the harness."""

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of the harness's own."""
        return await asyncpg.connect(self.root_dsn, statement_cache_size=0)


class Bench(msgspec.Struct, frozen=True):
    """A running server whose database `entrepot` holds the world and a history, to be copied."""

    settings: Settings
    places: Places
    server_pid: int
    programs: Path
    """Where pgbench is."""
    version: str
    directory: Path
    """Anything of this run may be written here."""
    buyers: list[Buyer]

    def pgbench(self, database: str, script: str, *options: str) -> list[str]:
        """The command that runs one of the hand-written scripts."""
        return [
            str(self.programs / "pgbench"),
            "--no-vacuum",
            "--protocol=prepared",
            f"--file={SCRIPTS / script}.sql",
            f"--host={self.places.socket}",
            f"--port={PORT}",
            f"--username={ROLE}",
            *options,
            database,
        ]

    async def make_database(self, name: str) -> Database:
        """A database that has every table and nothing in it."""
        connection = await asyncpg.connect(self.places.dsn(SUPERUSER, "postgres"))
        await connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
        await connection.close()
        database = self._database(name)
        await migrate(database.dsn)
        return database

    async def copy_world(self, of: str = DATABASE) -> Database:
        """A fresh copy of the world: how each cell begins, on either side; or of another database.

        Tables are as large as a shop's that has run for a while, and their statistics known: on
        empty ones the planner guesses. The copy also makes a checkpoint, so every cell begins at
        the same distance from the next.
        """
        connection = await asyncpg.connect(self.places.dsn(SUPERUSER, "postgres"))
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {_MEASURED} WITH (FORCE)")
            await connection.execute(
                f"CREATE DATABASE {_MEASURED} OWNER {ROLE} TEMPLATE {of} STRATEGY FILE_COPY"
            )
        finally:
            await connection.close()
        return self._database(_MEASURED)

    def _database(self, name: str) -> Database:
        return Database(name, self.places.dsn(ROLE, name), self.places.dsn(SUPERUSER, name))


@asynccontextmanager
async def open_bench(local_configuration: str = "") -> AsyncIterator[Bench]:
    """Start a database, fill it with the world, and remove all of it at the end.

    `local_configuration` goes into the file that is an operator's own.
    """
    directory, settings, places = prepare(local_configuration)
    try:
        async with running_database(settings, QuietLog()) as dsn:
            await migrate(dsn)
            pool = await open_pool(dsn, settings)
            try:
                buyers = await make_world(pool)
            finally:
                await pool.close()
            pid = server_pid(places)
            assert pid is not None, "the launcher returned, so the server runs"
            engine = locate_engine(settings)
            bench = Bench(settings, places, pid, engine.bin_dir, engine.version, directory, buyers)
            await _make_history(bench)
            yield bench
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def prepare(local_configuration: str) -> tuple[Path, Settings, Places]:
    """Make the run's directory, with an operator's own configuration in its place."""
    directory = Path(tempfile.mkdtemp(prefix="entrepot-bench-"))
    # As root, PostgreSQL runs as a system user, who has to get in.
    directory.chmod(0o755 if os.geteuid() == 0 else 0o700)
    settings = Settings.from_environment({"ENTREPOT_DATA_DIR": str(directory / "data")})
    places = places_for(settings.data_dir)
    if local_configuration:
        places.conf.mkdir(parents=True)
        (places.conf / "local.conf").write_text(local_configuration, encoding="utf-8")
    return directory, settings, places


async def _make_history(bench: Bench) -> None:
    """Let some orders have been placed before, and have the planner know of them."""
    command = bench.pgbench(
        DATABASE,
        "set_based",
        f"--transactions={HISTORY_TRANSACTIONS}",
        f"--random-seed={HISTORY_SEED}",
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    connection = await asyncpg.connect(bench.places.dsn(SUPERUSER, DATABASE))
    await connection.execute(SQL["tidy_up"])
    await connection.close()
