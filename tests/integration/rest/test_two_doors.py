"""Doors of one process with the same routes: each answers, counts and logs by itself."""

from __future__ import annotations

import asyncio
from typing import cast

import httpx
import msgspec
import pytest
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Authenticator, Door, Metrics
from entrepot.apis.rest.door import HotHandler
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import Call, Route, Services
from entrepot.apis.rest.wire import Heads, Receive
from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.people import quick_passwords
from tests.fakes.log import RecordingLog

LIMITS = (1_000, 2_000)
"""What tells the doors apart: how much a body of theirs may hold."""


def routes_of(both: asyncio.Barrier) -> tuple[Route, ...]:
    """A route that answers, one that breaks, and one that is hot; `both` doors meet in each."""

    async def answer(call: Call[None, None]) -> Reply:
        await both.wait()
        return limit_of(call.services)

    async def break_down(call: Call[None, None]) -> Reply:
        del call
        await both.wait()
        raise ZeroDivisionError

    own = Route(
        method="GET",
        path="/own",
        topic="Care",
        summary="Answer",
        answer=str,
        scope=None,
        handler=answer,
    )
    return (
        own,
        msgspec.structs.replace(own, path="/broken", handler=break_down),
        msgspec.structs.replace(own, method="POST", path="/hot", handler=None, hot=True),
    )


def limit_of(services: Services) -> Reply:
    """Answer with what only one of the doors has."""
    return Reply(200, b"%d" % services.settings.body_max_bytes, b"text/plain")


def hot_of(both: asyncio.Barrier, number: int) -> HotHandler:
    """A hot handler that one door alone has."""

    async def hot(services: Services, heads: Heads, receive: Receive, request: str) -> Reply:
        del heads, receive, request
        await both.wait()
        return limit_of(services)._replace(headers=((b"x-handler", b"%d" % number),))

    return hot


async def ask(door: Door, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url="http://entrepot") as http:
        return await http.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/own", "/own"),
        ("GET", "/broken", "/broken"),
        ("POST", "/hot", "/hot"),
        ("POST", "/hot/", "/hot"),  # found by the framework, as it is not the path itself
    ],
)
async def test_two_doors_that_answer_at_once_never_mix(
    pool: Pool, settings: Settings, method: str, path: str, route: str
) -> None:
    both = asyncio.Barrier(len(LIMITS))
    routes = routes_of(both)
    logs, metrics, asked = [], [], []
    for number, limit in enumerate(LIMITS):
        logs.append(RecordingLog())
        metrics.append(Metrics())
        services = Services(
            pool,
            open_desk(pool, settings),
            msgspec.structs.replace(settings, body_max_bytes=limit),
            cast("FilteringBoundLogger", logs[-1]),
            Authenticator(pool),
            metrics[-1],
            quick_passwords(),
        )
        door = Door(services, routes, {"/hot": hot_of(both, number)})
        asked.append(ask(door, method, path))
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*asked)
    if route == "/broken":
        assert [answer.status_code for answer in answers] == [500, 500]
        assert [log.events for log in logs] == [["http.failed", "http.answered"]] * 2
    else:
        assert [answer.text for answer in answers] == [str(limit) for limit in LIMITS]
    if route == "/hot":
        assert [answer.headers["x-handler"] for answer in answers] == ["0", "1"]
    status = answers[0].status_code
    counted = f'requests_total{{method="{method}",route="{route}",status="{status}"}} 1.0'
    assert all(counted in each.page().decode() for each in metrics)
