"""The one place where the parts are wired together: which database, which doors, which worker."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TypeAlias

import msgspec
import uvicorn
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Door, Metrics, create_app
from entrepot.infra.checks import Broken, check_ground
from entrepot.infra.ids import new_id
from entrepot.infra.intake import Intake, Watcher
from entrepot.infra.logging import open_log
from entrepot.infra.migrate import migrate, pending
from entrepot.infra.pool import Connection, Pool, open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.settings import Settings
from entrepot.jobs import run_jobs
from entrepot.orders import Answer, BatchTools, Desk, Submission, check_orders, decide_batch
from entrepot.stock import check_ledger


class Services(msgspec.Struct, frozen=True):
    """What doors and jobs work with, for as long as the process runs."""

    settings: Settings
    log: FilteringBoundLogger
    dsn: str
    pool: Pool
    desk: Desk


BATCH_LINES_MAX = 10_000
"""Lines in one batch: what bounds its memory and the time its locks are held."""


def _count_lines(submission: Submission) -> int:
    return len(getattr(submission.command, "lines", None) or ()) or 1


def open_desk(pool: Pool, settings: Settings, watcher: Watcher | None = None) -> Desk:
    """Make this process's intake over a pool; `desk.intake.start()` sets it going."""
    tools = BatchTools(pool, new_id, {})

    async def handle(batch: Sequence[Submission]) -> Sequence[Answer | BaseException]:
        return await decide_batch(tools, batch)

    intake: Intake[Submission, Answer] = Intake(
        handle,
        batch_max=settings.batch_max,
        queue_max=settings.queue_max,
        weigh=_count_lines,
        weight_max=BATCH_LINES_MAX,
        watcher=watcher,
    )
    return Desk(intake, new_id, pool)


@asynccontextmanager
async def open_services(
    settings: Settings, log: FilteringBoundLogger | None = None, watcher: Watcher | None = None
) -> AsyncIterator[Services]:
    """Run the database (or reach the one set), bring it up to date, and open an intake over it.

    Whatever has queued is finished before the database is let go.
    """
    log = log or open_log(settings.log_format)
    async with running_database(settings, log) as dsn:
        for name in await migrate(dsn):
            log.info("migrations.applied", name=name)
        pool = await open_pool(dsn, settings)
        desk = open_desk(pool, settings, watcher)
        desk.intake.start()
        try:
            yield Services(settings, log, dsn, pool, desk)
        finally:
            await desk.intake.close()
            await _close(pool)


async def _close(pool: Pool) -> None:
    """Let the connections go, rudely if one of them does not end in time."""
    try:
        await asyncio.wait_for(pool.close(), POOL_CLOSE_SECONDS)
    except TimeoutError:
        pool.terminate()


Started: TypeAlias = Callable[[Services, str], Awaitable[None]]
"""Is called once with the services and the server's address, when it can be reached there."""

KEEP_ALIVE_SECONDS = 75
POOL_CLOSE_SECONDS = 5
SHUTDOWN_SECONDS = 10
COLLECT_AFTER_OBJECTS = 50_000


async def examine(settings: Settings) -> list[Broken]:
    """Check every invariant of the database and return what is broken; nothing is changed."""
    async with running_database(settings, open_log(settings.log_format, "warning")) as dsn:
        lacking = await pending(dsn)
        if lacking:  # an older schema may lack what the checks read
            return [Broken("schema_is_current", name, {}) for name in lacking]
        pool = await open_pool(dsn, settings)
        try:
            async with pool.acquire() as connection:
                return await examine_database(connection)
        finally:
            await _close(pool)


async def examine_database(connection: Connection) -> list[Broken]:
    """Check every invariant over a connection, on the ground first and upwards."""
    return [
        *await check_ground(connection),
        *await check_ledger(connection),
        *await check_orders(connection),
    ]


async def serve(
    settings: Settings, *, web_only: bool, worker: bool, started: Started | None = None
) -> None:
    """Serve until cancelled: take no more requests, answer those taken, then let the database go.

    Raises `AddressTakenError` when somebody else listens on the port.
    """
    metrics = Metrics()
    listener = _listen(settings)
    with closing(listener):
        async with (
            open_services(settings, watcher=metrics) as services,
            asyncio.TaskGroup() as group,
        ):
            door = create_app(services.pool, services.desk, settings, services.log, metrics=metrics)
            server = _Server(_configure(door))
            serving = group.create_task(server.serve([listener]), name="web")
            jobs = run_jobs(services.desk, services.log) if worker and not web_only else None
            working = None if jobs is None else group.create_task(jobs, name="jobs")
            _spare_the_collector()
            try:
                await server.up.wait()
                if started is not None:
                    await started(services, _address(settings, listener))
                await asyncio.shield(serving)
            finally:
                server.should_exit = True
                if working is not None:
                    working.cancel()


class AddressTakenError(Exception):
    """The address to listen on cannot be had; the message says what to do."""


class _Server(uvicorn.Server):
    """The web server, without signal handlers of its own: the process has one master."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def _configure(door: Door) -> uvicorn.Config:
    """Set the web server up to do nothing that the door does itself."""
    return uvicorn.Config(
        door,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def _listen(settings: Settings) -> socket.socket:
    """Listen on the address set."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        message = (
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
            "Stop what listens there, or choose another port with ENTREPOT_PORT."
        )
        raise AddressTakenError(message) from error
    return listener


def _address(settings: Settings, listener: socket.socket) -> str:
    """Say where the server can be reached from this machine; port 0 has become a real one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - all addresses, seen from this machine
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _spare_the_collector() -> None:
    """Look for reference cycles a fiftieth as often: batches make many objects and no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 50)


async def work(settings: Settings) -> None:
    """Do jobs until cancelled."""
    async with open_services(settings) as services:
        await run_jobs(services.desk, services.log)
