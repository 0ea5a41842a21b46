"""Waiting until somebody else waits for a lock."""

from __future__ import annotations

import asyncio

from entrepot.infra.pool import Connection

SECONDS_MAX = 60
_BLOCKED = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))"
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def blocked_by(watcher: Connection, pid: int) -> int:
    """Wait until a process waits for what `pid` has locked; which one."""
    async with asyncio.timeout(SECONDS_MAX):
        while (found := await watcher.fetchval(_BLOCKED, pid)) is None:  # noqa: ASYNC110 - what happens in the server sets no event here
            await asyncio.sleep(0.01)
    waits: int = found
    return waits


async def until_waiting(watcher: Connection, some: int = 1) -> None:
    """Wait until so many processes wait for locks in this test's database."""
    async with asyncio.timeout(SECONDS_MAX):
        while await watcher.fetchval(_WAITING) < some:  # noqa: ASYNC110 - what happens in the server sets no event here
            await asyncio.sleep(0.01)
