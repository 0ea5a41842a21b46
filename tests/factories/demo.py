"""One whole demo network, made once for all processes of a run; tests have copies of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from os import getpid
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec

from entrepot.app import open_services
from entrepot.cli.demo import DemoNetwork, make_demo
from entrepot.infra.logging import open_log
from entrepot.infra.pool import Connection
from entrepot.infra.settings import Settings
from tests.factories.addresses import with_database
from tests.factories.databases import drop_database
from tests.factories.examined import broken_in

quiet = partial(open_log, "text", "warning")

ADDRESS = "http://there"
"""Where the network that was made says that it is; nobody serves it there."""
_NAME = "entrepot_demo"

# Any number that no test uses; processes take turns at making the network.
_LOCK = 20_261_122

_numbers = count(1)


class Demo(NamedTuple):
    """A demo network of a test's own: the address of its database, and its data directory."""

    database: str
    data_dir: Path

    @property
    def network(self) -> DemoNetwork:
        """Who is in it, as it is kept in the data directory."""
        return msgspec.json.decode((self.data_dir / "demo.json").read_bytes(), type=DemoNetwork)


class Made:
    """The whole demo network, in a database of the run's server that nobody uses but to copy it."""

    def __init__(self, server: str, data_dir: Path) -> None:
        self.server = server
        self.data_dir = data_dir

    async def make_once(self, template: str, settings: Settings) -> None:
        """Make it as `entrepot demo` does, unless a process of this run has."""
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            if not self.data_dir.exists():
                await self._make(connection, template, settings)
        finally:
            await connection.close()

    async def _make(self, connection: Connection, template: str, settings: Settings) -> None:
        # A server that outlives its runs may have that of an earlier one.
        await drop_database(connection, _NAME)
        await _copy(connection, template, _NAME)
        there = msgspec.structs.replace(settings, database_url=with_database(self.server, _NAME))
        # In another directory first, so that half a network is never taken for it.
        beginning = self.data_dir.with_suffix(".new")
        async with open_services(there, quiet()) as services:
            await make_demo(services, beginning, ADDRESS)
        beginning.rename(self.data_dir)

    @contextmanager
    def copied(self, data_dir: Path) -> Iterator[Demo]:
        """A copy, its files in this directory; whole it must stay, as is checked at the end."""
        name = f"demo_{getpid()}_{next(_numbers)}"
        copy = Demo(with_database(self.server, name), data_dir)
        shutil.copytree(self.data_dir, data_dir)
        asyncio.run(self._create(name))
        try:
            yield copy
            broken = asyncio.run(broken_in(copy.database))
        finally:
            asyncio.run(self._drop(name))
        assert not broken, "\n".join(str(each) for each in broken)

    async def _create(self, name: str) -> None:
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await _copy(connection, _NAME, name)
        finally:
            await connection.close()

    async def _drop(self, name: str) -> None:
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await drop_database(connection, name)
        finally:
            await connection.close()


async def _copy(connection: Connection, template: str, name: str) -> None:
    """Make a database that is a copy of another; through the log, which is quicker than files."""
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
