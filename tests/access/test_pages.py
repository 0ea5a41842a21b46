"""Every page and every form's act with every kind of visitor: the table says, this tries.

Nothing here knows a single page. A test tries all rows and reports all that is wrong at once.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import count
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio

from entrepot.identity import log_out
from entrepot.identity.model import make_secret
from entrepot.infra.ids import new_id
from entrepot.infra.settings import Settings
from entrepot.kernel import ids
from entrepot.portal import PAGES, Page
from tests.access.pages_table import FIXED, KINDS, PAGE_TABLE, PageRow, Visitor
from tests.access.table import ROLES
from tests.access.world import Member, World, absent
from tests.factories.callers import caller_for
from tests.factories.digests import digest_of
from tests.factories.pages import Pages, Seen, open_pages
from tests.factories.pages import Visitor as Browser
from tests.factories.people import opened_by, somebody

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVED: Final = {f"{page.method} {page.path}": page for page in PAGES}
FOR_PEOPLE: Final = [row for row in PAGE_TABLE if row.who is not Visitor.EVERYBODY]
ACTS: Final = [row for row in PAGE_TABLE if SERVED[row.page].method == "POST"]
FOREIGN: Final[tuple[dict[str, str], ...]] = (
    {},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "http://entrepot.test", "sec-fetch-site": "cross-site"},
    {"origin": "http://entrepot.test", "sec-fetch-site": "same-site"},
)
"""What a browser says of a form that another host sent, or says nothing."""
KNOWN_TO_PARTNERS: Final = frozenset(
    {"organisation", "slug", "variant", "sku", "gtin", "held_variant", "matched"}
)
"""What a trading right opens: the organisation, and its variants whatever they are called here."""
_HOLE: Final = re.compile(r"\{(\w+)\}")
_keys = count(1)

Naming: TypeAlias = Callable[[str], str]
"""Says what stands for a kind of thing."""


class Request(NamedTuple):
    """A request to send, and what it names of somebody's."""

    page: Page
    address: str
    fields: dict[str, list[str]]
    named: tuple[str, ...]

    async def send(
        self,
        browser: Browser,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send it as a browser does, with a token and a key of its own."""
        if self.page.method == "GET":
            return await browser.ask("GET", self.address)
        keyed = {"key": [f"key-{next(_keys)}"]} if self.page.takes_key else {}
        fields = {**self.fields, **keyed, "form_token": [token]}
        return await browser.ask("POST", self.address, fields, headers=headers)


def request_of(row: PageRow, naming: Naming) -> Request:
    """Fill a row in."""
    page, named = SERVED[row.page], []

    def fill(text: str) -> str:
        def one(match: re.Match[str]) -> str:
            named.append(naming(match[1]))
            return named[-1]

        return _HOLE.sub(one, text)

    def step(match: re.Match[str]) -> str:
        name = match[1]
        if name in FIXED:
            return FIXED[name]
        return fill("{" + row.using.get(name, KINDS.get(name, name)) + "}")

    path = _HOLE.sub(step, page.path)
    query = urlencode({name: fill(text) for name, text in row.query.items()})
    fields = {name: [fill(text)] for name, text in row.fields.items()}
    return Request(page, path + (f"?{query}" if query else ""), fields, tuple(named))


def kinds_of(row: PageRow) -> Iterator[str]:
    """What a row names that is somebody's."""
    found: list[str] = []

    def note(kind: str) -> str:
        found.append(kind)
        return kind

    request_of(row, note)
    return (kind for kind in dict.fromkeys(found) if kind != "free")


class Guests(NamedTuple):
    """The portal, and the people who come in by it."""

    pages: Pages
    world: World
    things: Mapping[str, str]
    """What the owner has, as a person of it sees it."""

    async def person(self, member: Member, role: str = "owner") -> Browser:
        """A new person of an organisation, who has logged in."""
        return await self.pages.log_in_as(member.ident, role)

    def own(self, kind: str) -> str:
        """The owner's thing of a kind."""
        return f"free-{next(_keys)}" if kind == "free" else self.things[kind]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guests(world: World, settings: Settings) -> AsyncIterator[Guests]:
    """The portal over the world; the owner has sent a sheet, too, and is logged in elsewhere."""
    async with open_pages(world.web.pool, settings) as pages:
        owner = await pages.log_in_as(world.owner.ident)
        form = (await owner.get("/import?kind=products")).form("/import")
        sent = await owner.try_send(form, {"file": ("a.csv", b"sku,name\r\nA,Carrots\r\n")})
        assert sent.status_code == 303, sent.text
        assert owner.person is not None
        session = (await opened_by(pages.pool, owner.person)).session.id
        own = {"sheet": sent.headers["location"].removeprefix("/import/"), "session": session}
        yield Guests(pages, world, {**world.owner.things, **own})


async def token_of(browser: Browser) -> str:
    """The token of a person's forms."""
    return (await browser.get("/preferences")).form("/log-out").value("form_token")


async def test_without_a_session_every_page_leads_to_log_in(guests: Guests) -> None:
    """Shown are not even programs, whose tokens open nothing here."""
    pages, owner = guests.pages, guests.world.owner
    token = (await owner.web.token(owner.ident)).secret
    person = await somebody(pages.pool, owner.ident)
    ended = await opened_by(pages.pool, person)
    await log_out(
        pages.pool,
        new_id,
        caller_for(owner.ident),
        ended.session.id.removeprefix(ids.SESSION),
    )
    secrets = ("", "nonsense", token, make_secret("ses", bytes(range(32))), ended.secret)
    before = await digest_of(pages.pool)
    wrong: list[object] = []
    for secret in secrets:
        browser = pages.visitor()
        if secret:
            browser.http.cookies.set("entrepot", secret, domain="entrepot.test", path="/")
        for row in FOR_PEOPLE:
            request = request_of(row, guests.own)
            answer = await request.send(browser, token="nonsense")
            back = request.address if request.page.method == "GET" else "/"
            expected = f"/log-in?next={quote(back, safe='')}"
            if answer.headers.get("location") != expected or answer.content:
                wrong.append((row.page, secret, answer.status_code, answer.text))
    assert not wrong
    assert await digest_of(pages.pool) == before


@pytest.mark.parametrize("role", ROLES)
async def test_people_may_what_their_role_says(guests: Guests, role: str) -> None:
    """Pages are shown of one's own; what forms do is asked about what is not there."""
    browser = await guests.person(guests.world.owner, role)
    token = await token_of(browser)
    before = await digest_of(guests.pages.pool)
    wrong: list[object] = []
    for row in FOR_PEOPLE:
        may = row.who is Visitor.ANY_PERSON or row.who in ROLES[role]
        if may and (SERVED[row.page].method == "POST" or "sheet" in kinds_of(row)):
            continue  # what forms do has tests of its own; a sheet is one person's alone
        answer = await request_of(row, guests.own).send(browser, token=token)
        if answer.status_code != (200 if may else 403) and not _leads_on(row, answer):
            wrong.append((row.page, answer.status_code, answer.text))
    assert not wrong
    assert await digest_of(guests.pages.pool) == before


def _leads_on(row: PageRow, answer: httpx.Response) -> bool:
    """Whether a search went straight to what it found."""
    return row.page == "GET /search" and answer.status_code == 303


@pytest.mark.parametrize("role", ROLES)
async def test_pages_offer_only_what_there_is_and_what_a_role_may_do(
    guests: Guests, role: str
) -> None:
    """Every link and every form leads to a page that takes it, and that this role may use."""
    browser = await guests.person(guests.world.owner, role)
    wrong: set[tuple[str, str, str]] = set()
    for row in FOR_PEOPLE:
        page = SERVED[row.page]
        may = row.who is Visitor.ANY_PERSON or row.who in ROLES[role]
        if page.method != "GET" or not may or "sheet" in kinds_of(row):
            continue
        answer = await request_of(row, guests.own).send(browser)
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
            continue
        seen = Seen(answer)
        offers = [("GET", each, set[str]()) for each in seen.links().values()]
        offers += [(form.method, form.action, form.names) for form in seen.forms()]
        for method, address, names in offers:
            fault = _wrong_with(method, urljoin(seen.address, address), names, role)
            if fault:
                wrong.add((row.page, f"{method} {address}", fault))
    assert not wrong


def _wrong_with(method: str, address: str, names: set[str], role: str) -> str:
    """Why an address cannot be gone to, or a form not be sent; empty where it can."""
    parts = urlsplit(address)
    patterns = {_HOLE.sub("[^/]+", page.path): page for page in PAGES if page.method == method}
    found = [page for pattern, page in patterns.items() if re.fullmatch(pattern, parts.path)]
    if not found:
        return "there is no such page"
    # A path without holes is meant where both would fit, as the framework takes it.
    page = min(found, key=lambda each: each.path.count("{"))
    if page.scope is not None and page.scope not in ROLES[role]:
        return f"needs {page.scope.value}"
    asked = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if method == "GET":
        asked |= names
    elif not names <= {"form_token", "key", *page.fields, *page.files}:
        return f"does not take {names - {*page.fields}}"
    elif page.takes_key and "key" not in names:
        return "has no key"
    return "" if asked <= set(page.query) else f"does not take {asked - set(page.query)}"


@pytest.mark.parametrize("who", ["partner", "former", "stranger"])
async def test_what_is_anothers_is_answered_like_what_is_not_there(
    guests: Guests, who: str
) -> None:
    """One foreign thing at a time, among one's own; and no page tells of what it does not name."""
    member: Member = getattr(guests.world, who)
    known = KNOWN_TO_PARTNERS if who == "partner" else frozenset[str]()
    browser = await guests.person(member)
    token = await token_of(browser)
    before = await digest_of(guests.pages.pool)
    wrong: list[object] = []
    for row in FOR_PEOPLE:
        for kind in kinds_of(row):
            if kind in known:
                continue  # what a trading right opens is shown
            pair = [
                request_of(row, _with(guests, member, kind, value))
                for value in (guests.things[kind], absent(guests.things[kind]))
            ]
            foreign, nobodys = [await each.send(browser, token=token) for each in pair]
            if _neutral(foreign, pair[0]) != _neutral(nobodys, pair[1]):
                wrong.append((row.page, kind, foreign.text, nobodys.text))
            in_path = kind in _path_kinds(row)
            if in_path and foreign.status_code != 404:
                wrong.append((row.page, kind, foreign.status_code))
            told = [
                (name, value)
                for name, value in guests.world.owner.things.items()
                if name not in {*known, "password"}
                and value not in pair[0].named
                and value in foreign.text
            ]
            if told:
                wrong.append((row.page, kind, "tells", told))
    assert not wrong
    after = await digest_of(guests.pages.pool)
    assert {name for name in after if after[name] != before[name]} == set()


def _with(guests: Guests, member: Member, kind: str, value: str) -> Naming:
    """A member's own things, but this one of this kind."""

    def naming(wanted: str) -> str:
        if wanted == kind:
            return value
        return (
            "free" if wanted == "free" else member.things.get(wanted) or absent(guests.own(wanted))
        )

    return naming


def _path_kinds(row: PageRow) -> set[str]:
    """The kinds that stand in a row's path."""
    names = _HOLE.findall(SERVED[row.page].path)
    return {row.using.get(name, KINDS.get(name, name)) for name in names if name not in FIXED}


# The key of a form; the reference that an order gets by the second it is begun in.
_NEW_EACH_TIME = re.compile(r'name="key" value="[^"]*"|value="\d{8}-\d{6}"')


def _neutral(answer: httpx.Response, request: Request) -> tuple[int, str, str]:
    """An answer without what the request said itself, and without what is new each time."""
    text, location = answer.text, answer.headers.get("location", "")
    for value in sorted(request.named, key=len, reverse=True):
        text, location = text.replace(value, "..."), location.replace(value, "...")
    return answer.status_code, _NEW_EACH_TIME.sub("", text), location


async def test_no_form_of_another_host_or_session_does_anything(guests: Guests) -> None:
    """Each is sent by a person whose role may do it, about what they have."""
    browser = await guests.person(guests.world.owner)
    token = await token_of(browser)
    assert browser.person is not None
    again = await guests.pages.visitor().log_in(browser.person)
    others = await token_of(again), await token_of(await guests.person(guests.world.stranger))
    before = await digest_of(guests.pages.pool)
    wrong: list[object] = []
    for row in ACTS:
        request = request_of(row, guests.own)
        answers = [
            (each, await request.send(browser, token=token, headers=each)) for each in FOREIGN
        ]
        tokens = ("", "nonsense", *others)
        answers += [({}, await request.send(browser, token=each)) for each in tokens]
        wrong += [
            (row.page, headers, answer.status_code)
            for headers, answer in answers
            if answer.status_code != 403
        ]
    assert not wrong
    assert await digest_of(guests.pages.pool) == before


async def test_forms_for_everybody_are_taken_from_our_own_pages_alone(guests: Guests) -> None:
    nobody = guests.pages.visitor()
    before = await digest_of(guests.pages.pool)
    for row in ACTS:
        if row.who is Visitor.EVERYBODY:
            for headers in FOREIGN:
                answer = await request_of(row, guests.own).send(nobody, headers=headers)
                assert answer.status_code == 403, (row.page, headers)
    assert await digest_of(guests.pages.pool) == before
