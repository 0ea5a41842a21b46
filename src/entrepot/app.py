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
from entrepot.connectors.feed import examine_feed
from entrepot.identity import check_identity
from entrepot.infra.checks import Broken, Watch, check_ground
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.condition import (
    Finding,
    examine_disk,
    examine_ground_lag,
    examine_server,
    judge_invariant,
)
from entrepot.infra.ids import new_id
from entrepot.infra.intake import Intake, Watcher
from entrepot.infra.logging import open_log
from entrepot.infra.migrate import MigrationRefusal, migrate, pending
from entrepot.infra.pool import Connection, Pool, open_pool
from entrepot.infra.postgres import places_for, running_database
from entrepot.infra.queue import examine_queue
from entrepot.infra.rehearsing import rehearsing
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.infra.statements import Statement
from entrepot.infra.writing import Happening
from entrepot.jobs import run_jobs, run_outside
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.orders import (
    Answer,
    BatchTools,
    Desk,
    Submission,
    check_orders,
    decide_batch,
    examine_lag,
    rebuild_orders,
)
from entrepot.partnerships import check_partnerships
from entrepot.settlement import check_settlements
from entrepot.stock import check_ledger, rebuild_figures


class Services(msgspec.Struct, frozen=True):
    """What doors and jobs work with, for as long as the process runs."""

    settings: Settings
    log: FilteringBoundLogger
    dsn: str
    pool: Pool
    desk: Desk
    rehearsal: bool = False
    """Whether everything is undone in the end: then nothing outside the database may be kept."""


BATCH_LINES_MAX = 10_000
"""Lines in one batch: what bounds its memory and the time its locks are held."""


def _count_lines(submission: Submission) -> int:
    return len(getattr(submission.command, "lines", None) or ()) or 1


def open_desk(
    pool: Pool,
    settings: Settings,
    watcher: Watcher | None = None,
    moment: Moment = by_the_clock,
) -> Desk:
    """Make an intake over a pool; `desk.intake.start()` sets it going.

    `moment` says when its batches happen, given what the database's clock shows.
    """
    tools = BatchTools(pool, new_id, {}, set(), moment)

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
    settings: Settings,
    log: FilteringBoundLogger | None = None,
    watcher: Watcher | None = None,
    *,
    rehearsal: bool = False,
) -> AsyncIterator[Services]:
    """Run the database (or reach the one set), bring it up to date, and open an intake over it.

    Whatever has queued is finished before the database is let go. A rehearsal undoes all of it
    then; it refuses with MigrationRefusal a database that is not up to date.
    """
    log = log or open_log(settings.log_format)
    async with (
        running_database(settings, log) as dsn,
        _rehearsal_pool(dsn, settings) if rehearsal else _migrated_pool(dsn, settings, log) as pool,
    ):
        desk = open_desk(pool, settings, watcher)
        desk.intake.start()
        try:
            yield Services(settings, log, dsn, pool, desk, rehearsal)
        finally:
            await desk.intake.close()


@asynccontextmanager
async def _migrated_pool(
    dsn: str, settings: Settings, log: FilteringBoundLogger
) -> AsyncIterator[Pool]:
    """Bring a database up to date and open a pool over it."""
    for name in await migrate(dsn):
        log.info("migrations.applied", name=name)
    async with _open_pool(dsn, settings) as pool:
        yield pool


@asynccontextmanager
async def _rehearsal_pool(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """Open a pool whose work is undone, over a database that is up to date already."""
    await _refuse_old_schema(dsn)
    async with rehearsing(dsn, settings) as pool:
        yield pool


@asynccontextmanager
async def _open_pool(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """Open a pool over a database as it is."""
    pool = await open_pool(dsn, settings)
    try:
        yield pool
    finally:
        await _close(pool)


async def _refuse_old_schema(dsn: str) -> None:
    """Refuse to go on where migrations are lacking and none may be applied."""
    lacking = await pending(dsn)
    if lacking:
        raise MigrationRefusal(
            f"The database lacks the migrations {', '.join(lacking)}, and this changes no schema. "
            "Run `entrepot migrate` first."
        )


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


Progress: TypeAlias = Callable[[str], None]
"""Is told the name of what is done next, such as an invariant."""

REPAIRS_SHOWN_MAX = 100


class Repairs(msgspec.Struct, frozen=True):
    """What was rebuilt: how many places, the first 100 of them, and how things stand afterwards."""

    count: int
    happened: tuple[Happening, ...]
    findings: tuple[Finding, ...]


async def examine(settings: Settings, progress: Progress) -> list[Finding]:
    """Examine the installation and every invariant of its database; nothing is changed.

    Raises DatabaseUnreachable. A schema that is not this release's is examined no further.
    """
    async with running_database(settings, open_log(settings.log_format, "warning")) as dsn:
        progress("installation")
        async with _open_pool(dsn, settings) as pool, pool.acquire() as connection:
            findings = await examine_server(connection, settings.pool_size)
            if settings.database_url is None:
                findings.append(examine_disk(places_for(settings.data_dir).data))
            schema = await _examine_schema(dsn)
            findings.append(schema)
            if schema.state == "ok":
                findings += await examine_ground_lag(connection)
                findings += await examine_feed(connection)
                findings += await examine_queue(connection)
                findings += await examine_lag(connection)
                findings += await examine_invariants(connection, progress)
            return findings


async def repair(settings: Settings, progress: Progress, *, rehearsal: bool) -> Repairs:
    """Rebuild what can be derived and examine every invariant again; a rehearsal undoes it.

    Each chunk is one transaction, with the audit of what it did. Refuses with MigrationRefusal a
    database whose schema is not this release's.
    """
    async with running_database(settings, open_log(settings.log_format, "warning")) as dsn:
        await _refuse_old_schema(dsn)
        async with rehearsing(dsn, settings) if rehearsal else _open_pool(dsn, settings) as pool:
            count, happened = await repair_database(pool, progress)
            async with pool.acquire() as connection:
                findings = await examine_invariants(connection, progress)
    return Repairs(count, tuple(happened), tuple(findings))


async def repair_database(pool: Pool, progress: Progress) -> tuple[int, list[Happening]]:
    """Rebuild what can be derived, figures first; return how many places, and the first 100."""
    count, shown = 0, list[Happening]()
    position: PositionKey | None = None
    order: tuple[Id, Id] | None = None
    progress("figures")
    while True:
        happened, position = await rebuild_figures(pool, new_id, position)
        count, shown = count + len(happened), [*shown, *happened][:REPAIRS_SHOWN_MAX]
        if position is None:
            break
    progress("orders")
    while True:
        happened, order = await rebuild_orders(pool, new_id, order)
        count, shown = count + len(happened), [*shown, *happened][:REPAIRS_SHOWN_MAX]
        if order is None:
            return count, shown


async def examine_invariants(connection: Connection, progress: Progress) -> list[Finding]:
    """Check every invariant; each is a finding, with the places where it is broken."""
    checks: list[Statement] = []

    def watch(check: Statement) -> None:
        checks.append(check)
        progress(check.name)

    places: dict[str, list[Broken]] = {}
    for each in await examine_database(connection, watch):
        places.setdefault(each.invariant, []).append(each)
    return [judge_invariant(check, places.get(check.name, [])) for check in checks]


async def examine_database(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check every invariant over a connection, on the ground first and upwards."""
    return [
        *await check_ground(connection, watch),
        *await check_identity(connection, watch),
        *await check_partnerships(connection, watch),
        *await check_ledger(connection, watch),
        *await check_orders(connection, watch),
        *await check_settlements(connection, watch),
    ]


async def _examine_schema(dsn: str) -> Finding:
    """Compare the database's migrations with those of this release."""
    name = "schema_is_current"
    try:
        lacking = await pending(dsn)
    except MigrationRefusal as refused:
        return Finding(name, "broken", str(refused), "Run the release that the database is of.")
    if not lacking:
        return Finding(name, "ok", "The schema is that of this release.")
    says = f"The database lacks the migrations {', '.join(lacking)}."
    return Finding(name, "broken", says, "Run `entrepot migrate`.", {"pending": len(lacking)})


async def serve(
    settings: Settings, *, web_only: bool, worker: bool, started: Started | None = None
) -> None:
    """Serve until cancelled: take no more requests, answer those taken, then let the database go.

    Raises `AddressTakenError` when somebody else listens on the port, and `SecretsError` for keys
    that are none.
    """
    metrics = Metrics()
    open_box(settings)
    listener = _listen(settings)
    with closing(listener):
        async with (
            open_services(settings, watcher=metrics) as services,
            asyncio.TaskGroup() as group,
        ):
            door = create_app(services.pool, services.desk, settings, services.log, metrics=metrics)
            server = _Server(_configure(door))
            serving = group.create_task(server.serve([listener]), name="web")
            working: asyncio.Task[None] | None = None
            _spare_the_collector()
            try:
                await server.up.wait()
                if started is not None:
                    await started(services, _address(settings, listener))
                if worker and not web_only:  # jobs find what `started` made whole
                    working = group.create_task(_run_worker(services), name="jobs")
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
    """Do jobs until cancelled. Raises `SecretsError` for keys that are none."""
    open_box(settings)
    async with open_services(settings) as services:
        await _run_worker(services)


async def _run_worker(services: Services) -> None:
    """Do jobs, those that reach outside too, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(run_jobs(services.desk, services.log), name="timetable")
        outside = run_outside(services.desk, services.dsn, services.settings, services.log)
        group.create_task(outside, name="outside")
