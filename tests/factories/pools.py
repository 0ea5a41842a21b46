"""Pools of connections that outlive the test that opened them, one a database.

A new connection costs PostgreSQL more than most tests do: a process that knows no table yet, and a
plan for each statement. So the pool stays with the database when that is emptied and lent again;
and its statements are planned once, not anew for the first five values: over a few rows one plan is
as good as another. Programs that tests start, and what counts pages, plan as an installation does.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings

KEPT = "kept_by_tests"
"""How connections that stay call themselves, so that they are not ended between tests."""

KEPT_MAX = 8
"""With more connections than this a pool is closed: all processes share one server's hundred."""

CLOSE_SECONDS_MAX = 60


class Pools:
    """The pools of one test process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.kept: dict[str, Pool] = {}

    async def lend(self, database: str) -> Pool:
        """The pool of the database at this address, as Entrepot opens it."""
        kept = self.kept.pop(database, None)
        if kept is not None:
            return kept
        mark = "&" if "?" in database else "?"
        said = urlencode({"application_name": KEPT, "plan_cache_mode": "force_generic_plan"})
        return await open_pool(f"{database}{mark}{said}", self.settings)

    async def take_back(self, database: str, pool: Pool) -> None:
        """Keep a pool whose connections are all back, without what a test may have set in them."""
        if (
            pool.is_closing()
            or pool.get_size() > KEPT_MAX
            or pool.get_idle_size() < pool.get_size()
        ):
            await close_pool(pool)
            return
        held = [await pool.acquire() for _ in range(pool.get_size())]
        for each in held:
            # Numbers that it took from a sequence begin anew with the next test, so it drops them.
            await each.execute("RESET ALL; DISCARD SEQUENCES; SELECT pg_advisory_unlock_all()")
            await pool.release(each)
        self.kept[database] = pool

    def forget(self, database: str) -> None:
        """End the connections to a database that is about to be dropped."""
        kept = self.kept.pop(database, None)
        if kept is not None:
            kept.terminate()

    async def close(self) -> None:
        """Close every pool there is."""
        for each in self.kept.values():
            await close_pool(each)


async def close_pool(pool: Pool) -> None:
    """Close a pool; a test that failed may have kept a connection, which is not waited for."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS_MAX):
            await pool.close()
    except TimeoutError:
        pool.terminate()
        raise
