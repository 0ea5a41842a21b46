"""Every invariant of a database, as `entrepot doctor` checks them."""

from __future__ import annotations

import asyncpg

from entrepot.app import examine_database
from entrepot.infra.checks import Broken
from entrepot.infra.pool import prepare_connection


async def broken_in(dsn: str) -> list[Broken]:
    """What is broken in the database at an address."""
    connection = await asyncpg.connect(dsn, statement_cache_size=0)
    try:
        await prepare_connection(connection)
        return await examine_database(connection)
    finally:
        await connection.close()
