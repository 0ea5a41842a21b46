"""The server is killed under load, again and again; what it had answered stands, once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.factories.killable import KillableServer
from tests.factories.load import under_load
from tests.factories.stall import Stall

BACK_SECONDS_MAX = 60
"""Reading the program from disk included, on a machine that does much else."""


async def test_nothing_answered_is_lost_and_nothing_happens_twice(
    stall: Stall, tmp_path: Path, *, full_size: bool
) -> None:
    server = KillableServer(stall.dsn, tmp_path, "--web-only")
    await server.start()
    try:
        await server.ready()
        async with under_load(stall, server.address) as load:
            for _ in range(20 if full_size else 2):
                await load.progress(120 if full_size else 60)
                assert await server.end(signal.SIGKILL) == -signal.SIGKILL
                began = time.monotonic()
                await server.start()
                await load.progress()
                assert time.monotonic() - began < BACK_SECONDS_MAX
        assert load.failures > 0
        assert any(each.sendings > 1 for each in load.placed)
        assert len(load.placed) > 100
    finally:
        await server.end()
