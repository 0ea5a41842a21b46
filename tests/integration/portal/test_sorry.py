"""Pages that say why there is no other, and what to do.

They are framed for whoever has logged in, speak their language, and give nothing away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.portal import PAGES, Page
from entrepot.portal.routes import Elsewhere, NothingHereError, Outcome, Visit
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor, open_pages
from tests.fakes.log import RecordingLog

ERRORS: Final[dict[str, Exception]] = {
    "absent": NothingHereError(),
    "bug": ValueError("with a secret in it"),
    "refused": RefusedError(refuse("orders.not_this_way", "Do it another way.")),
    "unknown": RefusedError(refuse("orders.unknown_order", "There is no order abc.")),
    "unreachable": DatabaseUnreachable("at /secret/place"),
}
BODY_MAX: Final = 20_000


async def fail(visit: Visit) -> Outcome:
    """Raise what the address names."""
    raise ERRORS[visit.path["how"]]


async def do(visit: Visit) -> Outcome:
    """Do nothing, and say so."""
    return Elsewhere(address="/new-password", said=f"Done: {visit.typed.text('name')}")


ROWS: Final = (
    *PAGES,
    Page(method="GET", path="/fail/{how}", summary="Fail", handler=fail, scope=None),
    Page(
        method="POST", path="/do", summary="Do", handler=do, scope=None, fields=("name", "colour")
    ),
    Page(method="GET", path="/owners", summary="Own", handler=fail, scope=Scope.ORGANISATION_WRITE),
    Page(method="POST", path="/owners", summary="Own", handler=do, scope=Scope.ORGANISATION_WRITE),
)


@pytest.fixture
def log() -> RecordingLog:
    return RecordingLog()


@pytest.fixture
async def pages(pool: Pool, settings: Settings, log: RecordingLog) -> AsyncIterator[Pages]:
    small = msgspec.structs.replace(settings, body_max_bytes=BODY_MAX)
    async with open_pages(pool, small, log, ROWS) as opened:
        yield opened


@pytest.fixture
async def clerk(pages: Pages, network: Network) -> Visitor:
    return await pages.log_in_as(await network.organisation(), "clerk", language="nl")


async def token_of(visitor: Visitor) -> str:
    """The token of a visitor's forms."""
    return (await visitor.get("/new-password")).form("/log-out").value("form_token")


async def fields_of(visitor: Visitor, **typed: str) -> dict[str, Any]:
    """What a form of this visitor's sends, with a key and this typed into it."""
    fields = {"form_token": await token_of(visitor), "key": "a key", **typed}
    return {name: [value] for name, value in fields.items()}


async def test_no_such_page(pages: Pages, clerk: Visitor) -> None:
    for address in ("/nowhere", "/fail", "/fail/", "/fail/absent", "/fail/unknown", "/a/b/c?d=e"):
        page = await clerk.get(address, 404)
        assert page.heading == "Hier is niets", address
        assert page.has_form("Uitloggen"), address  # whoever has logged in can go on from here"
        assert "abc" not in page.text
    page = await pages.visitor().get("/nowhere", 404)
    assert page.heading == "Nothing here"
    assert not page.has_form("/log-out")
    assert (await clerk.ask("POST", "/nowhere")).status_code == 404


async def test_a_path_says_which_methods_it_takes(clerk: Visitor) -> None:
    page = await clerk.get("/log-out", 405)
    assert (page.heading, page.response.headers["allow"]) == ("Hier is niets", "POST")
    for method in ("PUT", "DELETE", "PATCH"):
        page = Seen(await clerk.ask(method, "/log-out"))
        assert (page.status, page.heading) == (405, "Hier is niets")
    head = await clerk.ask("HEAD", "/new-password")
    assert head.status_code == 200


async def test_what_is_not_for_a_role(clerk: Visitor) -> None:
    page = await clerk.get("/owners", 403)
    assert page.heading == "Niet voor je rol"
    refused = Seen(await clerk.ask("POST", "/owners", await fields_of(clerk)))
    assert (refused.status, refused.heading) == (403, "Niet voor je rol")


async def test_a_form_that_is_too_large(clerk: Visitor) -> None:
    fields = await fields_of(clerk, name="x" * BODY_MAX)
    page = Seen(await clerk.ask("POST", "/do", fields))
    assert (page.status, page.heading) == (413, "Dat is te groot")


async def test_what_the_page_does_not_know(clerk: Visitor) -> None:
    wrong: list[dict[str, list[str]]] = [
        await fields_of(clerk, size="4"),
        await fields_of(clerk, name="\0"),
        await fields_of(clerk, key=""),
        await fields_of(clerk, key="x" * 101),
        {"form_token": [await token_of(clerk)]},
        {**await fields_of(clerk), "name": [""] * 2_001},
    ]
    for fields in wrong:
        page = Seen(await clerk.ask("POST", "/do", fields))
        assert (page.status, page.heading) == (400, "Dit formulier is niet van ons"), fields
    page = Seen(
        await clerk.ask("POST", "/do", await fields_of(clerk), files={"sheet": ("a.csv", b"a")})
    )
    assert page.status == 400
    assert (await clerk.get("/fail/absent?a=b", 400)).heading == "Dit formulier is niet van ons"
    assert (await clerk.ask("POST", "/do", await fields_of(clerk, name="x"))).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://entrepot.test.evil.example"},
        {"origin": "http://entrepot.test", "sec-fetch-site": "cross-site"},
        {"origin": "http://entrepot.test", "sec-fetch-site": "same-site"},
        {"origin": "http://entrepot.test", "sec-fetch-site": "none"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
async def test_a_form_from_elsewhere(clerk: Visitor, headers: dict[str, str]) -> None:
    fields = await fields_of(clerk, name="x")
    page = Seen(await clerk.ask("POST", "/do", fields, headers=headers))
    assert page.status == 403
    assert page.heading == "Dit formulier kwam niet van een van onze pagina's"


async def test_a_form_of_another_session(pages: Pages, network: Network, clerk: Visitor) -> None:
    assert clerk.person is not None
    again = await pages.visitor().log_in(clerk.person)
    other = await pages.log_in_as(await network.organisation())
    for token in ("", "x", "\N{SNOWMAN}", await token_of(again), await token_of(other)):
        fields = {**await fields_of(clerk, name="x"), "form_token": [token]}
        assert (await clerk.ask("POST", "/do", fields)).status_code == 403, token


async def test_a_refusal_that_no_form_shows(clerk: Visitor) -> None:
    page = await clerk.get("/fail/refused", 422)
    assert page.faults == ["Do it another way."]


async def test_what_went_wrong_is_written_down_and_told_to_nobody(
    clerk: Visitor, log: RecordingLog
) -> None:
    page = await clerk.get("/fail/bug", 500)
    assert page.heading == "Er ging hier iets mis"
    assert "secret" not in page.html
    assert page.one("code").to_text() == page.response.headers["x-request-id"]
    assert "http.failed" in log.events


async def test_without_the_database_a_page_still_answers(clerk: Visitor) -> None:
    page = await clerk.get("/fail/unreachable", 503)
    assert page.heading == "Een ogenblik"
    assert "/secret/place" not in page.html


async def test_what_a_page_says_is_not_kept_by_what_is_in_between(clerk: Visitor) -> None:
    page = await clerk.get("/new-password")
    assert page.response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.response.headers["content-security-policy"]
    for address in (each.attrs.get("href") for each in page.all("link")):
        asset = await clerk.ask("GET", str(address))
        assert (asset.status_code, "immutable" in asset.headers["cache-control"]) == (200, True)
