"""The queue: a key is put once, done by one worker, and never lost with a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import pytest
from structlog.typing import FilteringBoundLogger

from entrepot.infra import queue as queue_module
from entrepot.infra.pool import Pool
from entrepot.infra.queue import Handler, Queue, count_jobs, purge_queue
from entrepot.infra.settings import Settings
from tests.factories.patience import eventually
from tests.fakes.log import NullLog

LOG = cast("FilteringBoundLogger", NullLog())


@asynccontextmanager
async def worker(
    dsn: str, settings: Settings, handlers: Mapping[str, Handler], heartbeat: float = 20.0
) -> AsyncIterator[Queue]:
    """A queue with one worker."""
    made = Queue(dsn, settings)
    task = asyncio.create_task(made.work(handlers, LOG, heartbeat_seconds=heartbeat))
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait({task})
        await made.aclose()


async def until(done: list[str], count: int) -> None:
    """Wait until so many jobs are done."""
    await eventually(lambda: len(done) >= count)


async def test_what_is_put_is_done_once(database: str, pool: Pool, settings: Settings) -> None:
    done: list[str] = []

    async def handle(key: str) -> None:
        done.append(key)

    async with worker(database, settings, {"a": handle}) as queue:
        assert await queue.put("a", [str(number) for number in range(50)]) == 50
        assert await queue.put("a", []) == 0
        await until(done, 50)
    assert sorted(done, key=int) == [str(number) for number in range(50)]
    assert await count_jobs(pool) == (0, 0)


async def test_several_workers_share_the_work(database: str, settings: Settings) -> None:
    done: list[str] = []

    async def handle(key: str) -> None:
        await asyncio.sleep(0.01)
        done.append(key)

    async with (
        worker(database, settings, {"a": handle}) as queue,
        worker(database, settings, {"a": handle}),
        worker(database, settings, {"a": handle}),
    ):
        await queue.put("a", [str(number) for number in range(100)])
        await until(done, 100)
        await asyncio.sleep(0.3)
    assert len(done) == 100


async def test_a_key_that_waits_or_is_being_done_is_not_put_again(
    database: str, pool: Pool, settings: Settings
) -> None:
    going, done = asyncio.Event(), list[str]()

    async def handle(key: str) -> None:
        await going.wait()
        done.append(key)

    async with worker(database, settings, {"a": handle}) as queue:
        assert await queue.put("a", ["1"]) == 1
        await asyncio.sleep(1.0)
        assert await queue.put("a", ["1", "2"]) == 1
        assert (await count_jobs(pool)).live == 2
        going.set()
        await until(done, 2)


async def test_a_job_that_fails_is_put_aside(
    database: str, pool: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "FAILED_PAUSE_SECONDS", 0.01)
    done: list[str] = []

    async def handle(key: str) -> None:
        done.append(key)
        if key == "bad":
            raise ValueError(key)

    async with worker(database, settings, {"a": handle}) as queue:
        await queue.put("a", ["bad", "good"])
        await until(done, 2)

        async def aside() -> bool:
            return await count_jobs(pool) == (1, 0)

        await eventually(aside)
    await pool.execute("UPDATE pgqueuer SET updated = updated - interval '31 days'")
    await pool.execute("UPDATE pgqueuer_log SET created = created - $1::interval", timedelta(2))
    assert await purge_queue(pool) > 1
    assert await count_jobs(pool) == (0, 0)
    assert await pool.fetchval("SELECT count(*) FROM pgqueuer_log") == 0


async def test_a_killed_workers_job_is_taken_up_again(
    database: str, pool: Pool, settings: Settings
) -> None:
    queue = Queue(database, settings)
    await queue.put("a", ["1"])
    await queue.aclose()
    # As a worker that was killed leaves it: picked, and its heart no longer beats.
    await pool.execute(
        "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
        " heartbeat = now() - interval '21 seconds'"
    )
    done: list[str] = []

    async def handle(key: str) -> None:
        done.append(key)

    async with worker(database, settings, {"a": handle}):
        await until(done, 1)
    assert await count_jobs(pool) == (0, 0)


async def test_a_long_job_is_not_taken_from_its_worker(database: str, settings: Settings) -> None:
    began: list[str] = []
    done: list[str] = []

    async def handle(key: str) -> None:
        began.append(key)
        await asyncio.sleep(3.5)
        done.append(key)

    async with (
        worker(database, settings, {"a": handle}, heartbeat=1.0) as queue,
        worker(database, settings, {"a": handle}, heartbeat=1.0),
    ):
        await queue.put("a", ["1"])
        await until(done, 1)
    assert began == ["1"]


async def test_a_worker_outlives_its_connection(
    database: str, pool: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "FAILED_PAUSE_SECONDS", 0.05)
    done: list[str] = []

    async def handle(key: str) -> None:
        done.append(key)

    async with worker(database, settings, {"a": handle}) as queue:
        await queue.put("a", ["1"])
        await until(done, 1)
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )
        await asyncio.sleep(0.3)
        await queue.put("a", ["2"])
        await until(done, 2)


async def test_stopping_does_not_wait_for_what_is_being_done(
    database: str, settings: Settings
) -> None:
    began: list[str] = []

    async def handle(key: str) -> None:
        began.append(key)
        await asyncio.sleep(60)

    async with asyncio.timeout(15), worker(database, settings, {"a": handle}) as queue:
        await queue.put("a", ["1"])
        await until(began, 1)


async def test_the_database_is_asked_and_never_notifies(
    database: str, pool: Pool, settings: Settings
) -> None:
    async def handle(key: str) -> None:
        del key

    async with worker(database, settings, {"a": handle}) as queue:
        await queue.put("a", ["1"])
        await asyncio.sleep(1.0)
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'"
        assert await pool.fetchval(listening) == 0
    triggers = "SELECT count(*) FROM pg_trigger WHERE tgname ILIKE '%pgqueuer%'"
    assert await pool.fetchval(triggers) == 0
