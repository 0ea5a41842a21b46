"""Keeps Entrepot's own PostgreSQL running for as long as any process uses it.

Of all processes on one data directory, the one that holds the supervisor's lock starts the
server, watches it and starts it again when it dies. The others use it, and one of them takes over
when the lock falls free. The last one to leave stops the server. A server whose supervisor was
killed keeps running and is adopted by the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Awaitable, Callable
from typing import Protocol

import asyncpg

from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.postgres import process
from entrepot.infra.postgres.account import Account, check_reach, find_account
from entrepot.infra.postgres.cluster import ensure_cluster, write_configuration
from entrepot.infra.postgres.engine import Engine, check_runs_for, copy_engine, locate_engine
from entrepot.infra.postgres.errors import PostgresRefusal, PostgresUnavailable
from entrepot.infra.postgres.locks import FileLock
from entrepot.infra.postgres.places import (
    DATABASE,
    ROLE,
    SUPERUSER,
    Places,
    make_base,
    make_rest,
    places_for,
    remove_short_socket_dir,
)
from entrepot.infra.settings import Settings

READY_SECONDS_MAX = 300.0
"""How long a server may take to recover before it counts as failed."""
SILENCE_SECONDS = 5.0
"""After how long a wait is mentioned, and then again and again."""
WATCH_SECONDS = 0.2
RESTART_PAUSE_SECONDS_MAX = 30.0


class Log(Protocol):
    """What the supervisor needs of a logger; structlog's loggers fit."""

    def info(self, event: str, **facts: object) -> object: ...
    def warning(self, event: str, **facts: object) -> object: ...
    def error(self, event: str, **facts: object) -> object: ...


class Supervisor:
    """One process's share in the server of its data directory."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._places: Places = places_for(settings.data_dir)
        self._leading = FileLock(self._places.base / "supervisor.lock")
        self._using = FileLock(self._places.base / "users.lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._account: Account | None = None
        self._engine: Engine | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def leads(self) -> bool:
        """Whether this process is the one that watches the server."""
        return self._leading.held

    async def start(self) -> str:
        """Bring the server up, or join the one that runs, and return the database's address.

        Refuses with PostgresRefusal what has to be changed on this machine first; raises
        PostgresUnavailable when the server does not come up within `READY_SECONDS_MAX`.
        """
        assert self._watch is None, "started twice"
        make_base(self._places)
        try:
            # Whoever stops the server holds this lock alone until it has stopped.
            await self._wait("the last server to stop", self._took_share)
            await self._wait("the server", self._usable)
        except BaseException:
            await self._leave()
            raise
        self._watch = asyncio.create_task(self._keep_running(), name="postgres-supervisor")
        return self._places.dsn()

    async def stop(self) -> None:
        """Leave; the last process to do so stops the server, cleanly."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._leave()

    async def _took_share(self) -> bool:
        return self._using.try_shared()

    async def _usable(self) -> bool:
        """One step towards a usable server: as its supervisor if nobody else is."""
        if await self._took_lead():
            await self._ensure_running()
            return True
        return await process.answers(self._places.dsn())

    async def _leave(self) -> None:
        """Give up both locks; the last process to do so stops the server first.

        Every leaver gives up its share before it asks for the lock alone, so of several that
        leave at once exactly one gets it. Until it has stopped the server, nobody can join.
        """
        try:
            if self._using.held and self._using.try_alone():
                # Only another leaver can still hold this one, and only for a moment.
                await self._wait("the supervisor's lock", self._took_lead)
                if await process.stop_server(self._places, self._child):
                    self._log.info("postgres.stopped")
                remove_short_socket_dir(self._places)
        finally:
            self._forget_child()
            self._leading.release()
            self._using.release()

    async def _took_lead(self) -> bool:
        return self._leading.held or self._leading.try_alone()

    def _forget_child(self) -> None:
        """Let go of a server that others go on using, without a warning that it still runs."""
        if self._child is not None and self._child.returncode is None:
            self._child.returncode = 0
        self._child = None

    async def _keep_running(self) -> None:
        """Watch for ever: restart what died, take over what was left."""
        pause = WATCH_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                await self._look_after()
                pause = WATCH_SECONDS
            except Exception as error:  # noqa: BLE001 - the watch must outlive any single failure
                pause = min(max(1.0, pause * 2), RESTART_PAUSE_SECONDS_MAX)
                self._log.error("postgres.restart_failed", error=str(error), retry_seconds=pause)

    async def _look_after(self) -> None:
        if not self._leading.held:
            if not self._leading.try_alone():
                return
            self._log.info("postgres.supervision_taken_over")
        if not process.runs(self._child) and process.server_pid(self._places) is None:
            self._log.warning("postgres.died")
            await self._ensure_running()
            self._log.info("postgres.restarted")

    async def _ensure_running(self) -> None:
        """Start the server, or adopt the one that runs; return once our role can connect."""
        assert self._leading.held
        pid = process.server_pid(self._places)
        if pid is None:
            await self._launch()
        elif self._child is None:
            self._log.info("postgres.adopted", pid=pid)
        await self._wait("the server to be ready", self._ready)
        await _ensure_database(self._places)

    async def _launch(self) -> None:
        """Start a new server where none runs; it is not ready yet."""
        await _to_the_end(self._prepare)
        await process.clear_leftovers(self._places)
        self._child = self._start()

    def _prepare(self) -> None:
        """Everything on disk that a start needs. Blocking: copies files and runs initdb."""
        account = find_account(self._settings)
        check_reach(account, self._places.base)
        make_rest(self._places, account)
        engine = locate_engine(self._settings)
        if account.dropped and engine.parts:
            engine = copy_engine(engine, self._places.engines)
        elif account.dropped:
            check_runs_for(engine, account)
        ensure_cluster(engine, self._places, account)
        self._account, self._engine = account, engine

    def _start(self) -> subprocess.Popen[bytes]:
        assert self._account is not None
        assert self._engine is not None
        config_file = write_configuration(self._places, self._account)
        child = process.start_server(self._engine, self._places, self._account, config_file)
        self._log.info("postgres.starting", pid=child.pid, version=self._engine.version)
        return child

    async def _ready(self) -> bool:
        if self._child is not None and (code := self._child.poll()) is not None:
            raise process.start_fault(self._places, code)
        if self._child is None and process.server_pid(self._places) is None:
            # What was adopted was dying already: a killed process is seen to run for a moment.
            await self._launch()
        if not process.is_ready(self._places):
            return False
        return await process.answers(self._places.dsn(SUPERUSER, "postgres"))

    async def _wait(self, what: str, done: Callable[[], Awaitable[bool]]) -> None:
        """Ask `done` again and again, telling the log when it takes long."""
        begun = monotonic_seconds()
        mention = begun + SILENCE_SECONDS
        while not await done():
            now = monotonic_seconds()
            if now - begun > READY_SECONDS_MAX:
                raise PostgresUnavailable(
                    f"Waited {READY_SECONDS_MAX:.0f} seconds for {what}; see {self._places.log}."
                )
            if now > mention:
                self._log.info("postgres.waiting", what=what, seconds=round(now - begun))
                mention = now + SILENCE_SECONDS
            await asyncio.sleep(process.POLL_SECONDS)


async def _to_the_end(work: Callable[[], None]) -> None:
    """Run blocking work in a thread; when cancelled, wait for it, since it cannot be cut short.

    The caller's locks must outlive the work that they protect.
    """
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _ensure_database(places: Places) -> None:
    """Make the role and the database of Entrepot where they are missing."""
    connection = await asyncpg.connect(places.dsn(SUPERUSER, "postgres"), statement_cache_size=0)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
            # Not a superuser; it may make databases (the tests' own) and see statistics.
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB IN ROLE pg_monitor")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
    except asyncpg.PostgresError as error:
        raise PostgresRefusal(f"The database {DATABASE} could not be made: {error}.") from error
    finally:
        await connection.close()
