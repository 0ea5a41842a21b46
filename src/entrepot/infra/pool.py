"""Opens the pool of database connections, and sets how values cross the wire.

Nothing here keeps state in a session: no SET, no advisory lock, no LISTEN, so every connection
also works through a pooler. Code that uses the pool does the same: settings are transaction-local.

| PostgreSQL | Python, both ways |
|---|---|
| uuid | `str` of 32 lower-case hex digits without hyphens |
| json, jsonb | `bytes`: the encoded document, from and for `msgspec.json` |
| numeric | `Decimal` |
| timestamptz | `datetime` in UTC |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from entrepot.infra.reach import reaching

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    from entrepot.infra.settings import Settings

    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    # The driver's classes take no parameters when the program runs.
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

CONNECT_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 60.0
STATEMENTS_PER_CONNECTION_MAX = 256

_JSONB_VERSION = b"\x01"


async def open_pool(dsn: str, settings: Settings) -> Pool:
    """A pool of at most `settings.pool_size` connections to `dsn`, one of them open already.

    Raises DatabaseUnreachable when the first connection cannot be made. Connections lost later
    are replaced by themselves at the next use.
    """
    with reaching():
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.pool_size,
            init=prepare_connection,
            reset=_reset,
            **_options(settings),
        )


async def open_connection(dsn: str, settings: Settings) -> asyncpg.Connection[asyncpg.Record]:
    """One connection as the pool makes them; whoever opens it closes it.

    Raises DatabaseUnreachable when it cannot be made.
    """
    with reaching():
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            dsn, **_options(settings)
        )
    await prepare_connection(connection)
    return connection


def _options(settings: Settings) -> dict[str, Any]:
    """How every connection is made."""
    return {
        "timeout": CONNECT_TIMEOUT_SECONDS,
        "command_timeout": COMMAND_TIMEOUT_SECONDS,
        # Our statements are few, long and used for ever: none is too large or too old to keep.
        "statement_cache_size": STATEMENTS_PER_CONNECTION_MAX if settings.statement_cache else 0,
        "max_cached_statement_lifetime": 0,
        "max_cacheable_statement_size": 0,
    }


async def prepare_connection(connection: Connection) -> None:
    """Set the codecs of the table above on one connection; the pool does so by itself."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=bytes.fromhex, decoder=_hex, format="binary"
    )
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_from_jsonb, format="binary"
    )


async def _reset(connection: Connection) -> None:
    """Make a connection ready for its next user.

    The driver's own reset costs a round trip after every use to undo session state that we never
    make. A transaction left open is all that can remain.
    """
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


def _hex(data: bytes) -> str:
    return bytes(data).hex()


def _to_jsonb(document: bytes) -> bytes:
    return _JSONB_VERSION + document


def _from_jsonb(data: bytes) -> bytes:
    assert data[:1] == _JSONB_VERSION, "jsonb in an unknown version"
    return bytes(data[1:])
