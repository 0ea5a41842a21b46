"""The portal over a test's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.counter import Counter
from tests.factories.fair import Fair
from tests.factories.hub import Hub
from tests.factories.network import Network
from tests.factories.pages import Pages, open_pages


@pytest.fixture
async def pages(pool: Pool, settings: Settings) -> AsyncIterator[Pages]:
    """The portal over this test's database, as people see it."""
    async with open_pages(pool, settings) as opened:
        yield opened


@pytest.fixture
async def fair(
    pool: Pool, settings: Settings, network: Network, counter: Counter
) -> AsyncIterator[Fair]:
    """A hub that may sell a producer's ten carrots and ten leeks in sales sessions."""
    desk = open_desk(pool, settings)
    desk.intake.start()
    yield Fair(await Hub(network, counter).open(), network, counter, desk)
    await desk.intake.close()
