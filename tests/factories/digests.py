"""What a database holds, so that a test can say that nothing changed."""

from __future__ import annotations

from entrepot.infra.pool import Pool


async def digest_of(pool: Pool) -> dict[str, str]:
    """What every table holds, as a digest: it changes with any row."""
    async with pool.acquire() as connection:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        rows = "coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')"
        return {
            name: await connection.fetchval(f"SELECT md5({rows}) FROM {name} AS t")
            for (name,) in tables
        }
