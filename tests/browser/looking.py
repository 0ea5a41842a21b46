"""How a page is looked at in a browser: by whom, on what screen, and what must not be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from entrepot.cli.demo import DemoNetwork

SCREENSHOTS: Final = Path(__file__).parents[2] / ".screenshots"
"""Pictures of the last run, for people to look at; they are not committed."""
HEIGHT: Final = 800
_SERIOUS: Final = frozenset({"serious", "critical"})
_AXE: Final = Axe()


class Combination(NamedTuple):
    """How a person reads: in which language, with scripts or without, on what screen."""

    language: str
    scripts: bool
    width: int
    scheme: str

    def __str__(self) -> str:
        """As the name of a test has it."""
        scripts = "scripts" if self.scripts else "no-scripts"
        return f"{self.language}-{scripts}-{self.width}-{self.scheme}"

    @property
    def album(self) -> Path:
        """Where pictures of pages are kept, as they look so."""
        return SCREENSHOTS / str(self)


COMBINATIONS: Final = tuple(
    Combination(*each)
    for each in product(("nl", "en"), (True, False), (360, 1280), ("light", "dark"))
)
QUICK: Final = (
    Combination("nl", scripts=True, width=360, scheme="dark"),
    Combination("en", scripts=False, width=1280, scheme="light"),
)
"""Two that have nothing in common, so that each choice is tried."""


class Served(NamedTuple):
    """Where Entrepot is, its database, and who is in its demo network."""

    address: str
    database: str
    demo: DemoNetwork


class Looker:
    """A person at a browser window of their own; what is wrong with a page fails the test."""

    def __init__(self, context: BrowserContext, address: str, combination: Combination) -> None:
        self.context = context
        self.address = address
        self.combination = combination
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # A refused form comes with its status, which the browser takes for a failure to load.
        if message.type == "error" and "status of 422" not in message.text:
            self.complaints.append(message.text)

    def log_in(self, email: str, password: str) -> None:
        """Log in by the form, and choose the language of the combination if theirs is another."""
        language = self.combination.language
        self.page.goto(f"{self.address}/log-in?language={language}&next=%2Fpreferences")
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        self.press("main button.main")
        if self.page.locator("html").get_attribute("lang") != language:
            self.page.select_option("#language", language)
            self.press('form[action="/preferences"] button.main')
            assert self.page.locator(".said").count() == 1
        assert self.page.locator("html").get_attribute("lang") == language

    def go(self, path: str) -> int:
        """Go to a page; its status. What was wrong with the one before it is forgotten."""
        self.complaints.clear()
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        return answer.status

    def press(self, selector: str) -> None:
        """Press a button that sends a form, and wait for the page that comes of it."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()

    def follow(self, start: str) -> None:
        """Follow the first link whose address begins so."""
        with self.page.expect_navigation():
            self.page.locator(f'main a[href^="{start}"]').first.click()

    @property
    def path(self) -> str:
        """Where this person is."""
        return self.page.url.removeprefix(self.address)

    def look(self, name: str) -> list[str]:
        """Everything that is wrong with the page as it is shown; a picture is kept."""
        page, wide = self.page, self.combination.width
        wrong = [f"{self.path}: console: {each}" for each in self.complaints]
        self.complaints.clear()
        overflow = page.evaluate("document.documentElement.scrollWidth")
        if overflow > wide:
            wrong.append(f"{self.path}: {overflow} pixels wide on a screen of {wide}")
        language = page.locator("html").get_attribute("lang")
        if language != self.combination.language:
            wrong.append(f"{self.path}: speaks {language}")
        for each in _AXE.run(page).response["violations"]:
            if each["impact"] in _SERIOUS:
                where = "; ".join(node["html"] for node in each["nodes"][:3])
                wrong.append(f"{self.path}: {each['id']}: {each['help']}: {where}")
        folder = self.combination.album
        folder.mkdir(parents=True, exist_ok=True)
        file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "home"
        page.screenshot(path=folder / f"{file}.png", full_page=True)
        return wrong


@contextmanager
def looking(
    browser: Browser, served: Served, combination: Combination, *, inspects: bool = False
) -> Iterator[Looker]:
    """Somebody who looks in one of the combinations.

    Who inspects pages needs a script for it: without scripts, ours are then empty instead of off.
    """
    context = browser.new_context(
        viewport={"width": combination.width, "height": HEIGHT},
        color_scheme="dark" if combination.scheme == "dark" else "light",
        locale={"nl": "nl-NL", "en": "en-GB"}[combination.language],
        java_script_enabled=combination.scripts or inspects,
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    if inspects and not combination.scripts:
        context.route(
            "**/assets/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript")
        )
    try:
        yield Looker(context, served.address, combination)
    finally:
        context.close()
