"""The queue of jobs that reach outside: a port of a few methods over PgQueuer.

A job is a kind and a key. It is put after the commit of what it is for, never in the same
transaction; a key that waits or is being worked on is not put twice. A job of a worker that was
killed is taken up by another after 20 s, one that fails is put aside. The queue is asked for work
and never listens, so it works through a pooler, and nothing notifies in a transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

import asyncpg
from structlog.typing import FilteringBoundLogger

from entrepot.infra.condition import Finding
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import CONNECT_TIMEOUT_SECONDS, Connection, Pool
from entrepot.infra.settings import Settings
from entrepot.infra.statements import load_statements
from entrepot.infra.writing import writing

if TYPE_CHECKING:
    from pgqueuer.core.qm import QueueManager
    from pgqueuer.core.tm import TaskManager
    from pgqueuer.domain.models import Job
    from pgqueuer.ports.driver import NotifyCallback
    from pgqueuer.queries import Queries

SQL = load_statements("entrepot.infra", "queue.sql")

Handler: TypeAlias = Callable[[str], Awaitable[None]]
"""Does a job, given its key."""

HEARTBEAT_SECONDS: Final = 20.0
"""After how long without a sign of life a job is taken from its worker."""
POLL_SECONDS: Final = 0.5
BATCH: Final = 20
JOBS_MAX: Final = 200
"""Jobs that one process does at once."""
COMMAND_TIMEOUT_SECONDS: Final = 15.0
FAILED_PAUSE_SECONDS: Final = 5.0
LOG_KEPT: Final = timedelta(days=1)
PARKED_KEPT: Final = timedelta(days=30)
PURGED_AT_ONCE: Final = 5000

_NAMES: Final[Mapping[str, Any]] = {
    "channel": "ch_pgqueuer",
    "queue_table": "pgqueuer",
    "queue_table_log": "pgqueuer_log",
    "statistics_table": "pgqueuer_statistics",
    "queue_status_type": "pgqueuer_status",
}

# The library says in its own words, on the root logger, what is logged here already.
logging.getLogger("pgqueuer").addHandler(logging.NullHandler())
logging.getLogger("pgqueuer").propagate = False


class _Line:
    """A connection of the queue's own, opened when it is needed and again when it was lost.

    PgQueuer binds values as the driver does without our codecs, hence not one of the pool. What it
    would have the database notify is handed to its listeners here, in this process.
    """

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._dsn = dsn
        self._cache = 100 if settings.statement_cache else 0
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._listeners: dict[str, list[NotifyCallback]] = {}
        self._shutdown = asyncio.Event()

    @property
    def shutdown(self) -> asyncio.Event:
        """Set when the driver should take no more work; it never is."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """The library's own; there are no tasks of this driver."""
        from pgqueuer.core.tm import TaskManager  # noqa: PLC0415 - only workers pay for the library

        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Keep the connection: whoever opened the queue closes it."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Run a statement and return its rows."""
        async with self._turn:
            connection = await self._open()
            return [dict(row) for row in await connection.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        async with self._turn:
            connection = await self._open()
            done: str = await connection.execute(query, *args)
            return done

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Listen to what this process itself says."""
        self._listeners[channel] = [callback]

    async def notify(self, channel: str, payload: str) -> None:
        """Tell this process's listeners."""
        for callback in self._listeners.get(channel, ()):
            callback(payload)

    async def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            with suppress(Exception):
                await self._connection.close(timeout=1)

    async def _open(self) -> asyncpg.Connection[asyncpg.Record]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=COMMAND_TIMEOUT_SECONDS,
                statement_cache_size=self._cache,
            )
        return self._connection


class Queue:
    """Jobs to put and to do; close it when it is no longer needed."""

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._line = _Line(dsn, settings)
        self._queries: Queries | None = None
        self._doing: set[asyncio.Task[object]] = set()

    async def put(self, kind: str, keys: Sequence[str]) -> int:
        """Put jobs; return how many were new. Call it after the commit of what they are for."""
        if not keys:
            return 0
        count = len(keys)
        payloads: list[bytes | None] = [key.encode() for key in keys]
        dedupe: list[str | None] = [f"{kind}:{key}" for key in keys]
        put = await self._open().enqueue(
            [kind] * count, payloads, [0] * count, dedupe_key=dedupe, on_conflict="skip"
        )
        return sum(each is not None for each in put)

    async def work(
        self,
        handlers: Mapping[str, Handler],
        log: FilteringBoundLogger,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        """Do jobs until cancelled; what was being done then is cancelled too.

        When the database goes away, it is tried again after 5 s.
        """
        while True:
            manager = self._manage(handlers, log)
            running = asyncio.create_task(
                manager.run(
                    dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                    batch_size=BATCH,
                    max_concurrent_tasks=JOBS_MAX,
                    heartbeat_timeout=timedelta(seconds=heartbeat_seconds),
                    log_aggregation_interval=timedelta(0),
                )
            )
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                await self._stop(manager, running)
                raise
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the worker goes on
                log.warning("queue.failed", error=str(error) or type(error).__name__)
                await asyncio.sleep(FAILED_PAUSE_SECONDS)

    async def aclose(self) -> None:
        """Let the queue's connection go."""
        await self._line.close()

    def _open(self) -> Queries:
        """The library's statements, over the queue's own connection."""
        if self._queries is None:
            # Only workers pay for the library, whose import takes longer than most commands.
            from pgqueuer.adapters.persistence import qb  # noqa: PLC0415 - for the reason above
            from pgqueuer.domain.settings import DBSettings  # noqa: PLC0415 - likewise, as above
            from pgqueuer.queries import Queries  # noqa: PLC0415 - for the reason above

            # Named here, for the library would otherwise read names from the environment.
            names = DBSettings(prefix="", db_schema=None, **_NAMES)
            self._queries = Queries(
                self._line,
                qb.QueryBuilderEnvironment(names),
                qb.QueryQueueBuilder(names),
                qb.QuerySchedulerBuilder(names),
            )
        return self._queries

    def _manage(self, handlers: Mapping[str, Handler], log: FilteringBoundLogger) -> QueueManager:
        from pgqueuer.core.qm import QueueManager  # noqa: PLC0415 - for the reason in `_open`
        from pgqueuer.domain.types import Channel  # noqa: PLC0415 - for the reason in `_open`

        manager = QueueManager(self._open(), Channel(_NAMES["channel"]))
        for kind, handler in handlers.items():
            job = self._job(kind, handler, log)
            manager.entrypoint(kind, accepts_context=False, on_failure="hold")(job)
        return manager

    def _job(
        self, kind: str, handler: Handler, log: FilteringBoundLogger
    ) -> Callable[[Job], Awaitable[None]]:
        async def do(job: Job) -> None:
            task = asyncio.current_task()
            assert task is not None, "a job is done in a task"
            self._doing.add(task)
            key = (job.payload or b"").decode()
            try:
                await handler(key)
            except Exception:
                log.exception("queue.job_failed", kind=kind, key=key)
                # Put again at once it would only fail again.
                await asyncio.sleep(FAILED_PAUSE_SECONDS)
                raise
            finally:
                self._doing.discard(task)

        return do

    async def _stop(self, manager: QueueManager, running: asyncio.Task[None]) -> None:
        """Stop a worker: take no more, and cancel what is being done."""
        manager.shutdown.set()
        for task in list(self._doing):
            task.cancel()
        await asyncio.wait({running}, timeout=FAILED_PAUSE_SECONDS)
        if not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=1)
        if not running.cancelled() and running.done():
            running.exception()


class Backlog(NamedTuple):
    """How many jobs were put aside after they failed, and how many wait or are being done."""

    parked: int
    live: int


async def count_jobs(pool: Pool) -> Backlog:
    """Count the queue's jobs."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow(SQL["count_parked_jobs"])
    assert row is not None, "counts are always there"
    return Backlog(*row)


async def purge_queue(pool: Pool) -> int:
    """Forget the queue's log of yesterday and what was put aside 30 days ago; return how much."""
    async with writing(pool) as connection:
        now = await read_clock(connection)
        lines = await connection.fetch(SQL["purge_queue_log"], now - LOG_KEPT, PURGED_AT_ONCE)
        jobs = await connection.fetch(SQL["purge_parked_jobs"], now - PARKED_KEPT, PURGED_AT_ONCE)
    return len(lines) + len(jobs)


async def examine_queue(connection: Connection) -> list[Finding]:
    """Say whether jobs that reach outside were put aside because they failed."""
    row = await connection.fetchrow(SQL["count_parked_jobs"])
    assert row is not None, "counts are always there"
    found = Backlog(*row)
    name = "queue_parks_nothing"
    facts = {"parked": found.parked, "live": found.live}
    if not found.parked:
        return [Finding(name, "ok", "No job of the queue failed in the last 30 days.", "", facts)]
    says = f"{found.parked} jobs of the queue failed and were put aside."
    do = "Look for `queue.job_failed` in the logs of the workers. What they were for is put again."
    return [Finding(name, "warning", says, do, facts)]
