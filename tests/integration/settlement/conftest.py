"""A partnership whose weeks are closed through 2026-W11, and what must hold of its documents.

Its transfers are written without the stock that they move, so that the invariants of settlement are
checked after each test, and no others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.factories.network import Network
from tests.factories.transfers import Trade, open_trade


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for item in items:
        if "integration/settlement" in str(item.path):
            item.add_marker(pytest.mark.damages_database("transfers without their stock"))


@pytest.fixture
async def trade(network: Network) -> AsyncIterator[Trade]:
    """A wholesaler and a retailer, partners since 2026-W11."""
    opened = await open_trade(network)
    yield opened
    assert await opened.broken() == []
