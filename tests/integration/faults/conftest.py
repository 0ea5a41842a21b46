"""A stall whose orders go through a network that can fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.stall import Stall, open_stall
from tests.fakes.proxy import Proxy, network_to


@pytest.fixture
async def stall(network: Network, counter: Counter, database: str) -> Stall:
    return await open_stall(network, counter, database)


@pytest.fixture
async def line(database: str, open_dir: Path) -> AsyncIterator[Proxy]:
    """The network between Entrepot and this test's database."""
    async with network_to(database, open_dir) as opened:
        yield opened
