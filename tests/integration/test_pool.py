"""Values cross the wire in the forms that `infra/pool.py` promises."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.infra.settings import Settings

ID = "0199f2f0c3a77c3e9a0d5b2f6f7e1a2b"


async def test_uuid_is_hex_both_ways(pool: Pool) -> None:
    row = await pool.fetchrow("SELECT $1::uuid AS id, $2::uuid[] AS ids", ID, [ID, ID])
    assert row is not None
    assert row["id"] == ID
    assert row["ids"] == [ID, ID]


async def test_uuid_in_unnested_arrays(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT * FROM unnest($1::uuid[], $2::numeric[]) AS t (id, q)", [ID], [1]
    )
    assert [tuple(row) for row in rows] == [(ID, Decimal(1))]


@pytest.mark.parametrize("kind", ["json", "jsonb"])
async def test_json_is_encoded_bytes_both_ways(pool: Pool, kind: str) -> None:
    document = b'{"a": [1, "\xc3\xa9"]}'
    row = await pool.fetchrow(
        f"SELECT $1::{kind} AS one, $2::{kind}[] AS many", document, [document]
    )
    assert row is not None
    assert row["one"] == document
    assert row["many"] == [document]
    assert type(row["one"]) is bytes


async def test_numeric_is_exact_and_time_is_utc(pool: Pool) -> None:
    noon = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    row = await pool.fetchrow(
        "SELECT $1::numeric(15,3) AS q, $2::timestamptz AS t", Decimal("0.100"), noon
    )
    assert row is not None
    assert row["q"] == Decimal("0.100")
    assert (row["t"], row["t"].utcoffset()) == (noon, noon.utcoffset())


async def test_a_transaction_left_open_is_rolled_back(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE left_behind ()")
    async with pool.acquire() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT to_regclass('left_behind')") is None


async def test_works_without_a_statement_cache(database: str, settings: Settings) -> None:
    uncached = Settings.from_environment(
        {"ENTREPOT_STATEMENT_CACHE": "off", "ENTREPOT_DATA_DIR": str(settings.data_dir)}
    )
    pool = await open_pool(database, uncached)
    try:
        assert [await pool.fetchval("SELECT $1::uuid", ID) for _ in range(3)] == [ID] * 3
        async with pool.acquire() as connection:
            prepared = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements")
        # At most the one that is counting.
        assert prepared <= 1
    finally:
        await pool.close()


async def test_a_lost_connection_is_replaced(pool: Pool, server: str) -> None:
    pid = await pool.fetchval("SELECT pg_backend_pid()")
    other = await asyncpg.connect(server)
    await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await other.close()
    # The first use may still get the dead one, if its end was not noticed yet.
    with contextlib.suppress(asyncpg.PostgresError, OSError, asyncpg.InterfaceError):
        await pool.fetchval("SELECT 1")
    assert await pool.fetchval("SELECT pg_backend_pid()") != pid


async def test_an_unreachable_database_is_said_so(settings: Settings) -> None:
    with pytest.raises(DatabaseUnreachable, match="cannot be reached"):
        await open_pool("postgresql://nobody@127.0.0.1:1/nothing", settings)
