"""The world of those who ask, made once for all processes of a run; test modules have copies.

Making it takes thousands of requests, and copying its database a moment. What a member has is kept
in a file beside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from os import getpid
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from entrepot.infra.pool import Connection, Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from tests.access import world as worlds
from tests.access.world import Member, World, make_world
from tests.factories import network as networks
from tests.factories import web as webs
from tests.factories.addresses import with_database
from tests.factories.databases import drop_database
from tests.factories.examined import broken_in
from tests.factories.network import Network
from tests.factories.web import Web, open_web

_NAME: Final = "entrepot_access"

# Any number that no test uses; processes take turns at making the world.
_LOCK: Final = 20_261_123

# What is made in this process is numbered by these; a copy of what another process made has some of
# the numbers already.
_COUNTERS: Final = (
    worlds._numbers,  # noqa: SLF001 - a copy goes on where its world ended
    networks._numbers,  # noqa: SLF001 - as above
    webs._numbers,  # noqa: SLF001 - as above
)

_copies = count(1)


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a member."""

    name: str
    ident: Id
    secret: str
    things: dict[str, str]


class KeptWorld(msgspec.Struct, frozen=True):
    """What is kept of a world: its members, and how far each counter had come."""

    members: list[Kept]
    numbers: list[int]


class MadeWorld:
    """The world in a database of the run's server that nobody uses but to copy it."""

    def __init__(self, server: str, template: str, settings: Settings, file: Path) -> None:
        self.server = server
        self.template = template
        self.settings = settings
        self.file = file

    @asynccontextmanager
    async def copied(self) -> AsyncIterator[World]:
        """A copy; afterwards every invariant is checked, as after tests with their own database."""
        name = f"access_{getpid()}_{next(_copies)}"
        address = with_database(self.server, name)
        connection = await asyncpg.connect(self.server, statement_cache_size=0)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            if not self.file.exists():
                await self._make(connection)
            await _copy(connection, _NAME, name)
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
            pool = await open_pool(address, self.settings)
            async with open_web(pool, self.settings) as web:
                yield self._read(pool, web)
            await pool.close()
            broken = await broken_in(address)
            assert not broken, "\n".join(str(each) for each in broken)
            await drop_database(connection, name)
        finally:
            await connection.close()

    async def _make(self, connection: Connection) -> None:
        # A server that outlives its runs may have that of an earlier one.
        await drop_database(connection, _NAME)
        await _copy(connection, self.template, _NAME)
        pool = await open_pool(with_database(self.server, _NAME), self.settings)
        async with open_web(pool, self.settings) as web:
            made = await make_world(Network(pool), web)
        await pool.close()
        members = []
        for each in (made.owner, *made.others):
            assert each.asker.secret is not None
            members.append(Kept(each.name, each.ident, each.asker.secret, each.things))
        kept = KeptWorld(members, [next(numbers) for numbers in _COUNTERS])
        # Under another name first, so that half a file is never taken for it.
        beginning = self.file.with_suffix(".new")
        beginning.write_bytes(msgspec.json.encode(kept))
        beginning.rename(self.file)

    def _read(self, pool: Pool, web: Web) -> World:
        kept = msgspec.json.decode(self.file.read_bytes(), type=KeptWorld)
        for numbers, reached in zip(_COUNTERS, kept.numbers, strict=True):
            while next(numbers) < reached:
                pass
        network = Network(pool)
        return World(
            *(
                Member(web, network, each.name, each.ident, each.secret, each.things)
                for each in kept.members
            )
        )


async def _copy(connection: Connection, template: str, name: str) -> None:
    """Make a database that is a copy of another; through the log, which is quicker than files."""
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
