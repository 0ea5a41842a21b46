"""The GraphQL door over this test's database, and a mall whose goods are asked for there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.counter import Counter
from tests.factories.graphql import Graphql, Mall, open_graphql
from tests.factories.network import Network


@pytest.fixture
async def graphql(pool: Pool, settings: Settings) -> AsyncIterator[Graphql]:
    """The GraphQL door over the test's own database."""
    async with open_graphql(pool, settings) as door:
        yield door


@pytest.fixture
async def mall(graphql: Graphql, network: Network) -> Mall:
    """A marketplace over two sellers."""
    return await Mall(graphql, network).build()


@pytest.fixture
async def door(graphql: Graphql, network: Network, counter: Counter) -> BazaarDoor:
    """A marketplace in Australia with two sellers, and its programs."""
    return await BazaarDoor(graphql, network, counter).open()
