"""Serves all doors at one address, and does jobs. Only what serves or works loads this."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeAlias

import uvicorn

from entrepot.apis.dfc import create_door as create_dfc_door
from entrepot.apis.graphql import create_door as create_graphql_door
from entrepot.apis.graphql import open_asking
from entrepot.apis.rest import Metrics, create_app
from entrepot.app.errors import AddressTakenError
from entrepot.app.services import Services, open_services
from entrepot.infra.issuers import open_issuers
from entrepot.infra.passwords import Passwords
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.jobs import run_jobs, run_outside
from entrepot.portal import create_portal

Started: TypeAlias = Callable[[Services, str], Awaitable[None]]
"""Is called once with the services and the server's address, when it can be reached there."""

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 10
COLLECT_AFTER_OBJECTS = 50_000


async def serve(
    settings: Settings, *, web_only: bool, worker: bool, started: Started | None = None
) -> None:
    """Serve until cancelled: take no more requests, answer those taken, then let the database go.

    Raises `AddressTakenError` when somebody else listens on the port, `SecretsError` for keys that
    are none, and `SettingsError` for a file of identity providers that cannot be read.
    """
    metrics = Metrics()
    open_box(settings)
    listener = _listen(settings)
    with closing(listener):
        async with (
            open_services(settings, watcher=metrics) as services,
            asyncio.TaskGroup() as group,
        ):
            server = _Server(_configure(open_site(services, metrics)))
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


ASGI: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


def open_site(services: Services, metrics: Metrics) -> ASGI:
    """All doors behind one address: programs by their paths, people everywhere else."""
    pool, desk, settings, log = services.pool, services.desk, services.settings, services.log
    passwords = Passwords()
    door = create_app(pool, desk, settings, log, metrics=metrics, passwords=passwords)
    dfc = create_dfc_door(pool, desk, settings, log, metrics.answered, open_issuers(settings))
    graphql = create_graphql_door(pool, desk, settings, log, metrics.answered)
    portal = create_portal(pool, desk, settings, log, metrics.answered, passwords)

    async def site(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - what ASGI hands over
        if scope["type"] != "http":
            await door(scope, receive, send)
        elif dfc.serves(scope["path"]):
            await dfc(scope, receive, send)
        elif graphql.serves(scope["path"]):
            await graphql(scope, receive, send)
        elif door.serves(scope["path"]):
            await door(scope, receive, send)
        else:
            await portal(scope, receive, send)

    return site


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


def _configure(site: ASGI) -> uvicorn.Config:
    """Set the web server up to do nothing that the door does itself."""
    return uvicorn.Config(
        site,
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
        pool, desk, settings, log = services.pool, services.desk, services.settings, services.log
        group.create_task(run_jobs(desk, log), name="timetable")
        ask = open_asking(pool, desk, settings, log)
        outside = run_outside(desk, services.dsn, settings, log, ask)
        group.create_task(outside, name="outside")
