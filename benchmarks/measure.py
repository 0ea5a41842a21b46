"""Measures one cell: a load runs, and for a while of it the kernel's accounts are read twice.

The load is warmed up before the first reading and goes on beyond the second, so that connections
are made and ended outside the time that counts. Afterwards the database is held against what was
acknowledged: a rate that was got by losing or overselling anything is no rate.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import web
from benchmarks.cells import Cell
from benchmarks.engine import HISTORY_ORDERS, Bench, Database
from benchmarks.loads.clock import Sent, read_log, read_pgbench_logs
from benchmarks.loads.wire import READY, Done, Task
from benchmarks.processes import cpu_seconds, family_cpu_seconds
from benchmarks.world import SQL, fill_shelves, open_sessions
from entrepot.infra.pool import Pool, open_pool

TAIL_SECONDS: Final = 0.3
START_SECONDS_MAX: Final = 20
STOP_SECONDS_MAX: Final = 30
START_SECONDS: Final = 0.5
"""What pgbench needs to connect; it says nothing when it has."""
MILLISECONDS: Final = 1_000


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """How long a cell runs, in seconds."""

    warm_up: float
    counted: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a cell in one round."""

    cell: str
    rate: float
    """Orders a second."""
    p50_ms: float
    p99_ms: float
    application_ms: float
    """CPU of the application (for a floor: of pgbench), in milliseconds an order."""
    postgres_ms: float
    client_ms: float
    """CPU of a client that is no part of Entrepot."""
    batch_mean: float = 0.0

    @property
    def cpu_ms(self) -> float:
        """CPU of application and PostgreSQL together."""
        return self.application_ms + self.postgres_ms


class Reading(msgspec.Struct, frozen=True):
    """The accounts at one moment."""

    at: float
    application: float
    postgres: float
    client: float


class CellError(Exception):
    """A cell whose outcome cannot be trusted: the message says what is wrong."""


class _Running(msgspec.Struct, frozen=True):
    """A load that runs, and the processes that count as the application and as the client."""

    process: Process
    application: list[int]
    client: list[int]

    def read(self, bench: Bench) -> Reading:
        return Reading(
            time.time(),
            cpu_seconds(self.application),
            family_cpu_seconds(bench.server_pid),
            cpu_seconds(self.client),
        )


async def measure(bench: Bench, cell: Cell, window: Window, seed: int) -> Figures:
    """Run one cell on a fresh copy of the world and verify what it left. Raises CellError."""
    database = await bench.copy_world()
    shelves = cell.shelves
    if shelves is not None:
        await _prepare(bench, database, lambda pool: fill_shelves(pool, shelves))
    if cell.in_sessions:
        await _prepare(bench, database, open_sessions)
    if cell.kind == "pgbench":
        first, last, sent, done = await _run_pgbench(bench, database, cell, window, seed)
    else:
        first, last, done = await run_load(bench, database, cell, window, seed)
        sent = read_log(_log(bench))
    await _verify(database, cell, done)
    return _figures(cell, first, last, sent, done)


async def _prepare(
    bench: Bench, database: Database, write: Callable[[Pool], Awaitable[None]]
) -> None:
    """Give buyers what only this cell needs, and have the planner know of it."""
    pool = await open_pool(database.dsn, bench.settings)
    await write(pool)
    await pool.close()
    connection = await database.connect()
    await connection.execute(SQL["tidy_up"])
    await connection.close()


async def run_load(
    bench: Bench, database: Database, cell: Cell, window: Window, seed: int
) -> tuple[Reading, Reading, Done]:
    """Run one of our own loads; without web servers it is itself the application."""
    task = Task(
        callers=cell.callers,
        spread=cell.spread,
        seed=seed,
        log=str(_log(bench)),
        buyers=bench.buyers,
        bulk=0 if cell.orders == 1 else cell.orders,
        dsn=database.dsn,
        batch_max=cell.batch_max,
        in_sessions=cell.in_sessions,
    )
    if cell.kind == "intake":
        return await _run_task(bench, "intake", task, window, None)
    async with web.serve(bench, database, cell.processes, cell.batch_max) as servers:
        task = msgspec.structs.replace(task, ports=[server.port for server in servers])
        pids = [server.pid for server in servers]
        return await _run_task(bench, "rest", task, window, pids)


def _log(bench: Bench) -> Path:
    return bench.directory / "load.log"


async def _run_task(
    bench: Bench, name: str, task: Task, window: Window, servers: list[int] | None
) -> tuple[Reading, Reading, Done]:
    file = bench.directory / "task.json"
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(task))
    arguments = [sys.executable, "-m", f"benchmarks.loads.{name}", str(file)]
    async with _started(arguments) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        async with asyncio.timeout(START_SECONDS_MAX):
            word = await process.stdout.readline()
        if word.decode().strip() != READY:
            raise CellError(f"the load {name} did not start")
        running = (
            _Running(process, [process.pid], [])
            if servers is None
            else _Running(process, servers, [process.pid])
        )
        await asyncio.sleep(window.warm_up)
        first = running.read(bench)
        await asyncio.sleep(window.counted)
        last = running.read(bench)
        await asyncio.sleep(TAIL_SECONDS)
        process.stdin.close()
        async with asyncio.timeout(STOP_SECONDS_MAX):
            words = await process.stdout.read()
            await process.wait()
    return first, last, msgspec.json.decode(words, type=Done)


async def _run_pgbench(
    bench: Bench, database: Database, cell: Cell, window: Window, seed: int
) -> tuple[Reading, Reading, list[Sent], Done]:
    """Run a floor; pgbench keeps a log of every transaction, which tells what fell between."""
    prefix = bench.directory / "pgbench"
    for old in bench.directory.glob("pgbench.*"):
        old.unlink()
    seconds = window.warm_up + window.counted + START_SECONDS + 1
    arguments = bench.pgbench(
        database.name,
        cell.script,
        f"--client={cell.callers}",
        f"--time={round(seconds)}",
        f"--random-seed={seed}",
        "--log",
        f"--log-prefix={prefix}",
    )
    async with _started(arguments) as process:
        running = _Running(process, [process.pid], [])
        readings = []
        for seconds_more in (START_SECONDS + window.warm_up, window.counted):
            await asyncio.sleep(seconds_more)
            if process.returncode is None:
                readings.append(running.read(bench))
        async with asyncio.timeout(STOP_SECONDS_MAX):
            _, errors = await process.communicate()
    if process.returncode != 0 or len(readings) < 2:
        raise CellError(f"pgbench failed: {errors.decode()[-500:]}")
    first, last = readings
    sent = read_pgbench_logs(bench.directory.glob("pgbench.*"), cell.orders)
    return first, last, sent, Done(orders=len(sent) * cell.orders, faults=[])


@asynccontextmanager
async def _started(arguments: Sequence[str]) -> AsyncIterator[Process]:
    """A program that is not left behind, whatever happens meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE if "pgbench" in arguments[0] else None,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _verify(database: Database, cell: Cell, done: Done) -> None:
    """Hold what is in the database against what was acknowledged, and its figures together."""
    if done.faults:
        raise CellError(f"{cell.name}: not acknowledged: {'; '.join(done.faults)}")
    connection = await database.connect()
    try:
        counts = dict(await connection.fetchrow(SQL["count_rows"]) or {})
        faults = await connection.fetch(SQL["find_faults"])
    finally:
        await connection.close()
    if faults:
        raise CellError(f"{cell.name}: {faults[0]['subject']}: {faults[0]['fault']}")
    orders = HISTORY_ORDERS + done.orders
    twice = ("order_lines", "holds", "ledger")
    expected = {name: 2 * orders if name in twice else orders for name in counts}
    expected["transfers"] = cell.transfers * done.orders
    if counts != expected:
        raise CellError(f"{cell.name}: acknowledged {done.orders} orders, but found {counts}")


def _figures(
    cell: Cell, first: Reading, last: Reading, sent: Sequence[Sent], done: Done
) -> Figures:
    """Work out the figures of the time between two readings.

    A request counts by the share of it that lies between them, which matters for the long ones.
    """
    orders = sum(_inside(each, first.at, last.at) for each in sent)
    if not orders:
        raise CellError(f"{cell.name}: nothing was answered between the readings")
    took = sorted(each.ended - each.began for each in sent if first.at < each.ended <= last.at)
    return Figures(
        cell=cell.name,
        rate=orders / (last.at - first.at),
        p50_ms=_percentile(took, 0.50) * MILLISECONDS,
        p99_ms=_percentile(took, 0.99) * MILLISECONDS,
        application_ms=(last.application - first.application) / orders * MILLISECONDS,
        postgres_ms=(last.postgres - first.postgres) / orders * MILLISECONDS,
        client_ms=(last.client - first.client) / orders * MILLISECONDS,
        batch_mean=done.orders / done.batches if done.batches else 0.0,
    )


def _inside(sent: Sent, begin: float, end: float) -> float:
    inside = min(sent.ended, end) - max(sent.began, begin)
    length = sent.ended - sent.began
    return sent.orders * inside / length if inside > 0 and length > 0 else 0.0


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
