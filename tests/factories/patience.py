"""Waiting for what comes without being asked, on a machine that does much else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

SECONDS_MAX = 60
"""Never to be measured by: only what hangs takes so long."""


async def eventually(true: Callable[[], object | Awaitable[object]]) -> None:
    """Wait, within reason, until `true()` is."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            answer = true()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(0.02)


async def settle() -> None:
    """Let every task do what it can do without waiting for anybody outside."""
    for _ in range(50):
        await asyncio.sleep(0)
