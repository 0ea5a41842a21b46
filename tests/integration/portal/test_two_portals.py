"""Portals of one process with the same pages: each answers, counts and logs by itself."""

from __future__ import annotations

import asyncio

import msgspec

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.portal import PAGES, Page
from entrepot.portal.entering import session_cookie
from entrepot.portal.routes import Elsewhere, Outcome, Visit
from tests.factories.pages import open_pages
from tests.fakes.log import RecordingLog

HOSTS = ("http://one.example", "https://two.example")


async def test_two_portals_that_answer_at_once_never_mix(pool: Pool, settings: Settings) -> None:
    both = asyncio.Barrier(len(HOSTS))

    async def enter(visit: Visit) -> Outcome:
        await both.wait()
        return Elsewhere(address=f"{visit.services.settings.public_url}/", opened="a secret")

    async def break_down(visit: Visit) -> Outcome:
        del visit
        await both.wait()
        raise ZeroDivisionError

    into = Page(
        method="GET",
        path="/into",
        summary="Come in",
        handler=enter,
        scope=None,
        for_everybody=True,
    )
    broken = msgspec.structs.replace(into, path="/broken", handler=break_down)
    rows = (*PAGES, into, broken)
    one, two = (msgspec.structs.replace(settings, public_url=host) for host in HOSTS)
    logs = (RecordingLog(), RecordingLog())
    async with (
        open_pages(pool, one, logs[0], rows) as first,
        open_pages(pool, two, logs[1], rows) as second,
        asyncio.timeout(10),
    ):
        portals = (first, second)
        entered = await asyncio.gather(*(each.visitor().ask("GET", "/into") for each in portals))
        assert [answer.headers["location"] for answer in entered] == [f"{h}/" for h in HOSTS]
        names = [answer.headers["set-cookie"].partition("=")[0] for answer in entered]
        assert names == [session_cookie(one), session_cookie(two)]
        assert names[0] != names[1]
        failed = await asyncio.gather(*(each.visitor().ask("GET", "/broken") for each in portals))
        assert [answer.status_code for answer in failed] == [500, 500]
    assert [log.events for log in logs] == [["http.answered", "http.failed", "http.answered"]] * 2
