"""The portal over a test's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.pages import Pages, open_pages


@pytest.fixture
async def pages(pool: Pool, settings: Settings) -> AsyncIterator[Pages]:
    """The portal over this test's database, as people see it."""
    async with open_pages(pool, settings) as opened:
        yield opened
