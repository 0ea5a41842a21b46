"""One served Entrepot with the demo network, and one browser for all tests of a process."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import asyncpg
import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright

from entrepot.app import open_services
from entrepot.cli.demo import DemoNetwork, make_demo
from entrepot.infra.logging import open_log
from entrepot.infra.settings import Settings
from tests.browser.finding import find_browser
from tests.browser.looking import COMBINATIONS, QUICK, Combination, Served
from tests.factories.addresses import with_database
from tests.factories.databases import drop_database
from tests.factories.served import environ_of, read_until, served

DAYS = 15
"""Of the demo's history: so long that a week of it is settled."""
_numbers = count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of a `combination` run in two that have nothing in common, or in all sixteen."""
    if "combination" in metafunc.fixturenames:
        full = os.environ.get("ENTREPOT_TEST_SIZE", "quick") == "full"
        metafunc.parametrize(
            "combination", COMBINATIONS if full else QUICK, ids=Combination.__str__
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
def entrepot(
    server: str, template: str, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Entrepot served with the demo network, on a database of the module's own."""
    name = f"browser_{os.getpid()}_{next(_numbers)}"
    address, data_dir = with_database(server, name), tmp_path_factory.mktemp("entrepot")
    asyncio.run(_create(server, name, template))
    there = msgspec.structs.replace(settings, database_url=address)
    demo = asyncio.run(_make_demo(there, data_dir))
    with served(environ_of(address, data_dir), "serve") as process:
        line = read_until(process, "Entrepot is at ")[-1]
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        yield Served(found[0], address, demo)
    asyncio.run(_drop(server, name))


async def _create(server: str, name: str, template: str) -> None:
    connection = await asyncpg.connect(server, statement_cache_size=0)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
    finally:
        await connection.close()


async def _drop(server: str, name: str) -> None:
    connection = await asyncpg.connect(server, statement_cache_size=0)
    try:
        await drop_database(connection, name)
    finally:
        await connection.close()


async def _make_demo(settings: Settings, data_dir: Path) -> DemoNetwork:
    quiet = partial(open_log, "text", "warning")
    async with open_services(settings, quiet()) as services:
        return await make_demo(services, data_dir, "http://there", days=DAYS)
