"""Databases of tests' own, gone again afterwards."""

from __future__ import annotations

import asyncio

import asyncpg

from entrepot.infra.pool import Connection


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
