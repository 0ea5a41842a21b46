"""The DFC door over this test's database, and a farm whose goods are ordered there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.dfc import Dfc, open_dfc
from tests.factories.farm import Farm, plant
from tests.factories.network import Network


@pytest.fixture
async def dfc(pool: Pool, settings: Settings) -> AsyncIterator[Dfc]:
    """The DFC door over the test's own database."""
    async with open_dfc(pool, settings) as door:
        yield door


@pytest.fixture
async def farm(dfc: Dfc, network: Network) -> Farm:
    """Jean, whose carrots and beans Hub A orders."""
    return await plant(dfc, network)
