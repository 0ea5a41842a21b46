"""A hub with sales sessions over this test's database, and a desk whose intake runs."""

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


@pytest.fixture
async def fair(
    pool: Pool, settings: Settings, network: Network, counter: Counter
) -> AsyncIterator[Fair]:
    """A hub with ten carrots and ten leeks to sell."""
    desk = open_desk(pool, settings)
    desk.intake.start()
    yield Fair(await Hub(network, counter).open(), network, counter, desk)
    await desk.intake.close()
