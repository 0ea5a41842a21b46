"""One world for all tests of a module: making it costs more than asking it everything."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from itertools import count

import asyncpg
import pytest_asyncio

from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from tests.access.world import World, make_world
from tests.factories.addresses import with_database
from tests.factories.databases import drop_database
from tests.factories.examined import broken_in
from tests.factories.network import Network
from tests.factories.web import open_web

_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(server: str, template: str, settings: Settings) -> AsyncIterator[World]:
    """An owner, its partner, a former one and a stranger, in a database of the module's own.

    Afterwards every invariant is checked, as after tests with a database of their own.
    """
    name = f"access_{os.getpid()}_{next(_numbers)}"
    address = with_database(server, name)
    connection = await asyncpg.connect(server, statement_cache_size=0)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
        pool = await open_pool(address, settings)
        async with open_web(pool, settings) as web:
            yield await make_world(Network(pool), web)
        await pool.close()
        broken = await broken_in(address)
        assert not broken, "\n".join(str(each) for each in broken)
        await drop_database(connection, name)
    finally:
        await connection.close()
