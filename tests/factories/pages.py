"""The portal as people see it: visitors who log in, read pages, follow links and send forms.

A visitor does only what a browser without scripts lets a person do: forms are found in the page
and sent with everything that stands in them. Each page that is got is looked at, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from justhtml.dom import Element
from structlog.typing import FilteringBoundLogger

from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.portal import PAGES, Page, Portal
from entrepot.portal.entering import session_cookie
from entrepot.portal.routes import Services
from tests.factories.looked_at import elements_of, read_html, value_of, wrong_with
from tests.factories.people import Somebody, opened_by, quick_passwords, somebody
from tests.fakes.log import NullLog

HOST: Final = "http://entrepot.test"
ADDRESS: Final = "192.0.2.7"
"""Where visitors come from."""
File: TypeAlias = tuple[str, bytes]
"""The name of a file to send, and what is in it."""
Value: TypeAlias = object
"""What is typed into a field: a text, a list for several fields of one name, None for an unticked
box, or a File."""


class Form:
    """A form as it stands in a page: where it goes, and what is in its fields now."""

    def __init__(self, page: Seen, element: Element) -> None:
        self.page = page
        self.action = urljoin(page.address, value_of(element, "action") or page.address)
        self.method = (value_of(element, "method") or "get").upper()
        self.fields: dict[str, list[str]] = {}
        self.choices: dict[str, list[str]] = {}
        """The values that may be chosen, of fields where one chooses."""
        self.names: set[str] = set()
        """All that can be sent, what is empty or unticked included."""
        self.buttons: list[str] = []
        for each in elements_of(element):
            self._read(each)

    def _read(self, field: Element) -> None:
        name, kind = value_of(field, "name"), value_of(field, "type") or "text"
        if field.name == "button":
            self.buttons.append(field.to_text().strip())
        if not name or "disabled" in field.attrs:
            return
        self.names.add(name)
        if field.name == "button":
            self.choices.setdefault(name, []).append(value_of(field, "value"))
        elif field.name == "select":
            self._read_options(name, [each for each in elements_of(field) if each.name == "option"])
        elif field.name == "textarea":
            self.fields.setdefault(name, []).append(field.to_text(strip=False))
        elif kind in {"checkbox", "radio"}:
            value = field.attrs.get("value") or "on"
            self.choices.setdefault(name, []).append(value)
            if "checked" in field.attrs:
                self.fields.setdefault(name, []).append(value)
        elif kind not in {"file", "submit"}:
            self.fields.setdefault(name, []).append(value_of(field, "value"))

    def _read_options(self, name: str, options: Sequence[Element]) -> None:
        values = [each.attrs.get("value", each.to_text().strip()) or "" for each in options]
        self.choices.setdefault(name, []).extend(values)
        chosen = [
            value for value, each in zip(values, options, strict=True) if "selected" in each.attrs
        ]
        self.fields.setdefault(name, []).extend(chosen[-1:] or values[:1])

    def value(self, name: str) -> str:
        """What stands in a field now."""
        return self.fields[name][-1]

    def filled(self, typed: Mapping[str, Value]) -> tuple[dict[str, list[str]], dict[str, File]]:
        """The fields to send once this is typed, and the files."""
        fields, files = dict(self.fields), {}
        for name, value in typed.items():
            assert name in self.names, f"{name} is no field of {self.action}: {sorted(self.names)}"
            if isinstance(value, tuple):
                files[name] = value
                continue
            values = value if isinstance(value, list) else [] if value is None else [value]
            fields[name] = [str(each) for each in values]
            if name in self.choices:
                wrong = [each for each in fields[name] if each not in self.choices[name]]
                assert not wrong, f"{wrong} cannot be chosen for {name}: {self.choices[name]}"
        return fields, files


class Seen:
    """A page that a visitor got, already looked at."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.address = response.request.url.raw_path.decode("ascii")
        document = read_html(response.content)
        wrong = wrong_with(response.content, document, response.headers)
        assert not wrong, f"{self.address}: {'; '.join(wrong)}\n{response.text}"
        self.root = document.root
        self.elements = list(elements_of(document.root))

    @property
    def html(self) -> str:
        """The page as it was sent."""
        return self.response.text

    @property
    def text(self) -> str:
        """What stands in the page to read, blanks drawn together."""
        return " ".join(self.main.to_text().split())

    @property
    def main(self) -> Element:
        """The page without its frame."""
        return self.one("main")

    @property
    def heading(self) -> str:
        """Its first heading."""
        return self.one("h1").to_text().strip()

    @property
    def said(self) -> str:
        """What was just done, as it stands at the top; empty where nothing does."""
        return " ".join(each.to_text().strip() for each in self.all(".said"))

    @property
    def faults(self) -> list[str]:
        """What is wrong with the form, as it stands at the top."""
        return [each.to_text().strip() for each in self.all(".faults li")]

    def fault(self, field: str) -> str:
        """What is wrong with a field, as it stands beside it."""
        found = [each for each in self.elements if value_of(each, "id") == f"{field}-fault"]
        return found[0].to_text().strip() if found else ""

    def all(self, selector: str) -> list[Element]:
        """The elements that a selector matches, in the page's order."""
        return [each for each in self.root.query(selector) if isinstance(each, Element)]

    def one(self, selector: str) -> Element:
        """The one element that a selector matches."""
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} of {selector} in {self.address}: {self.html}"
        return found[0]

    def rows(self, selector: str = "table") -> list[list[str]]:
        """The rows of a table's body, cell by cell."""
        cells = {"td", "th"}
        return [
            [" ".join(each.to_text().split()) for each in elements_of(row) if each.name in cells]
            for body in self.all(f"{selector} tbody")
            for row in elements_of(body)
            if row.name == "tr"
        ]

    def links(self) -> dict[str, str]:
        """Where one can go from here: addresses by what the links say, the last of each."""
        return {
            " ".join(each.to_text().split()): value_of(each, "href")
            for each in self.elements
            if each.name == "a"
        }

    def forms(self) -> list[Form]:
        """All forms that are sent somewhere; that of a dialogue is not."""
        forms = [each for each in self.elements if each.name == "form"]
        return [Form(self, each) for each in forms if value_of(each, "method") != "dialog"]

    def form(self, wanted: str) -> Form:
        """The one form with this button, or that goes to this path."""
        found = [
            each
            for each in self.forms()
            if wanted in each.buttons or urlsplit(each.action).path == wanted
        ]
        known = [(each.action, each.buttons) for each in self.forms()]
        assert len(found) == 1, f"{len(found)} forms {wanted!r} in {self.address}: {known}"
        return found[0]

    def has_form(self, wanted: str) -> bool:
        """Whether there is a form with this button, or that goes to this path."""
        return any(
            wanted in each.buttons or urlsplit(each.action).path == wanted for each in self.forms()
        )


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, pages: Pages, language: str) -> None:
        self.pages = pages
        self.person: Somebody | None = None
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(pages.portal, client=(ADDRESS, 4321)),
            base_url=pages.host,
            headers={"accept-language": language, "user-agent": "A test"},
        )

    async def log_in(self, person: Somebody, organisation: str | None = None) -> Visitor:
        """Have the session of a person, as if they had logged in by the form."""
        opened = await opened_by(self.pages.pool, person, organisation)
        self.person = person
        name, host = session_cookie(self.pages.settings), urlsplit(self.pages.host).hostname
        self.http.cookies.set(name, opened.secret, domain=host or "", path="/")
        return self

    async def ask(
        self,
        method: str,
        address: str,
        fields: Mapping[str, Sequence[str]] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
    ) -> httpx.Response:
        """Send one request and get its answer as it is; `headers` stand in for a browser's."""
        usual = {"origin": self.pages.host, "sec-fetch-site": "same-origin"}
        sent = dict(usual if method == "POST" and headers is None else headers or {})
        data = {name: list(values) for name, values in (fields or {}).items()}
        return await self.http.request(
            method, address, data=data or None, files=files or None, headers=sent
        )

    async def get(self, address: str, status: int = 200) -> Seen:
        """The page at an address, after going wherever it leads on."""
        return await self._arrive(await self.ask("GET", address), status)

    async def follow(self, page: Seen, link: str, status: int = 200) -> Seen:
        """The page where a link leads that says this."""
        links = page.links()
        assert link in links, f"no link {link!r} in {page.address}: {sorted(links)}"
        return await self.get(urljoin(page.address, links[link]), status)

    async def send(self, form: Form, /, status: int = 200, **typed: Value) -> Seen:
        """The page that comes of sending a form with this typed into it."""
        return await self.send_typed(form, typed, status)

    async def send_typed(self, form: Form, typed: Mapping[str, Value], status: int = 200) -> Seen:
        """The same for fields whose names are no Python names."""
        return await self._arrive(await self.try_send(form, typed), status)

    async def try_send(self, form: Form, typed: Mapping[str, Value]) -> httpx.Response:
        """The answer to a form as it is, without going on."""
        fields, files = form.filled(typed)
        if form.method == "GET":
            address = form.action.partition("?")[0] + "?" + urlencode(fields, doseq=True)
            return await self.ask("GET", address)
        return await self.ask("POST", form.action, fields, files=files)

    async def refused(self, form: Form, /, **typed: Value) -> Seen:
        """The same form again, which says what is wrong with what was typed."""
        page = await self.send(form, 422, **typed)
        assert page.faults, page.html
        return page

    async def _arrive(self, response: httpx.Response, status: int) -> Seen:
        steps = 0
        while response.status_code == 303:
            steps += 1
            assert steps < 5, f"{response.request.url} leads in circles"
            response = await self.ask("GET", response.headers["location"])
        assert response.status_code == status, f"{response.status_code}: {response.text}"
        return Seen(response)


class Pages:
    """A running portal, and who may come in by it."""

    def __init__(self, pool: Pool, portal: Portal, settings: Settings) -> None:
        self.pool = pool
        self.portal = portal
        self.settings = settings
        self.host = settings.public_url or HOST
        self._visitors: list[Visitor] = []

    def visitor(self, language: str = "en") -> Visitor:
        """Somebody who has not logged in, with a browser in this language."""
        visitor = Visitor(self, language)
        self._visitors.append(visitor)
        return visitor

    async def log_in_as(
        self, organisation: Id, role: str = "owner", *, language: str = "en"
    ) -> Visitor:
        """A person with a role in an organisation, who has logged in and reads this language."""
        person = await somebody(self.pool, organisation, role, language=language)
        return await self.visitor(language).log_in(person)

    async def close(self) -> None:
        """Let all visitors go."""
        for visitor in self._visitors:
            await visitor.http.aclose()


@asynccontextmanager
async def open_pages(
    pool: Pool,
    settings: Settings,
    log: Any = None,  # noqa: ANN401 - any log
    rows: Sequence[Page] = PAGES,
) -> AsyncIterator[Pages]:
    """Open the portal over a pool, with an intake of its own, and these pages."""
    desk = open_desk(pool, settings)
    desk.intake.start()
    kept = cast("FilteringBoundLogger", log or NullLog())
    services = Services(pool, desk, settings, kept, quick_passwords())
    pages = Pages(pool, Portal(services, rows, lambda *_: None), settings)
    try:
        yield pages
    finally:
        await pages.close()
        await desk.intake.close()
