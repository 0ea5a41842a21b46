"""PostgreSQL is killed under load, with all its children; Entrepot waits, says so, and goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import asyncpg
import httpx

from entrepot.infra.pool import open_pool
from entrepot.infra.postgres.places import places_for
from entrepot.infra.postgres.process import server_pid
from entrepot.infra.settings import Settings
from tests.factories.counter import Counter
from tests.factories.examined import broken_in
from tests.factories.killable import KillableServer
from tests.factories.load import Load, under_load
from tests.factories.network import Network
from tests.factories.stall import open_stall
from tests.factories.used_before import UsedBefore

BACK_SECONDS_MAX = 60


def kill_all(data_dir: Path) -> int:
    """Kill the server and its children at one blow; return the server's number."""
    pid = server_pid(places_for(data_dir))
    assert pid is not None
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and parent_of(entry) == pid
    ]
    assert children
    for each in (pid, *children):
        os.kill(each, signal.SIGKILL)
    return pid


def parent_of(entry: Path) -> int | None:
    """The parent of a process, if it is still there."""
    try:
        stat = (entry / "stat").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


async def readiness(http: httpx.AsyncClient, seen: list[int]) -> None:
    """Ask over and over whether the server is ready."""
    while True:
        seen.append((await http.get("/readyz")).status_code)
        await asyncio.sleep(0.02)


async def kill_and_wait(load: Load, data_dir: Path, orders: int) -> None:
    """Kill PostgreSQL after so many more orders, and wait until it serves customers again."""
    await load.progress(orders)
    killed = await asyncio.to_thread(kill_all, data_dir)
    began = time.monotonic()
    while server_pid(places_for(data_dir)) in (None, killed):
        assert time.monotonic() - began < BACK_SECONDS_MAX
        await asyncio.sleep(0.05)
    await load.progress(20)
    assert time.monotonic() - began < BACK_SECONDS_MAX


async def test_entrepot_outlives_its_database(
    open_dir: Path, used_dirs: UsedBefore, settings: Settings, *, full_size: bool
) -> None:
    data_dir = open_dir / "data"
    used_dirs.move_to(data_dir)
    server = KillableServer("", data_dir)
    await server.start()
    try:
        await server.ready()
        dsn = places_for(data_dir).dsn()
        pool = await open_pool(dsn, settings)
        stall = await open_stall(Network(pool), Counter(pool), dsn)
        seen: list[int] = []
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as http:
            async with under_load(stall, server.address) as load:
                asking = asyncio.create_task(readiness(http, seen))
                for _ in range(10 if full_size else 2):
                    await kill_and_wait(load, data_dir, 150 if full_size else 60)
                asking.cancel()
                await drop_dead_connections(stall.counter)
            assert (await http.get("/readyz")).status_code == 200
        assert server.process is not None
        assert server.process.poll() is None, "it is the same process all along"
        assert set(seen) == {200, 503}
        assert not await broken_in(dsn)
        pool.terminate()
    finally:
        await server.end()


async def drop_dead_connections(counter: Counter) -> None:
    """Let our own pool notice that its connections died too."""
    for _ in range(16):
        try:
            await counter.rows("SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            continue
        return
