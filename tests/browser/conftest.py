"""One served Entrepot with the demo network, and one browser for all tests of a process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.finding import find_browser
from tests.browser.looking import COMBINATIONS, QUICK, Combination, Served
from tests.factories.demo import Made
from tests.factories.served import environ_of, served

WALKED: Final = {
    "test_a_trader_and_its_producer_walk_a_sales_session": QUICK[:1],
    "test_two_people_walk_the_wholesale_link": QUICK[1:],
}
"""At quick size, the combination of tests that are long: one with scripts, one without."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of a `combination` run in two that have nothing in common, or in all sixteen."""
    if "combination" in metafunc.fixturenames:
        full = os.environ.get("ENTREPOT_TEST_SIZE", "quick") == "full"
        quick = WALKED.get(metafunc.function.__name__, QUICK)
        metafunc.parametrize(
            "combination", COMBINATIONS if full else quick, ids=Combination.__str__
        )


@pytest.fixture(scope="module")
def browser(entrepot: Served) -> Iterator[Browser]:
    """The browser. While it runs, nothing else of asyncio can, so Entrepot is served before."""
    del entrepot
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=find_browser(),
            # In a container there is neither a user to keep apart, nor a card to draw with.
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def entrepot(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Entrepot served with a demo network of the module's own."""
    with (
        made.copied(tmp_path_factory.mktemp("entrepot") / "demo") as demo,
        served(environ_of(demo.database, demo.data_dir), "serve") as process,
    ):
        line = process.read_until("Entrepot is at ")[-1]
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        yield Served(found[0], demo.database, demo.network)
