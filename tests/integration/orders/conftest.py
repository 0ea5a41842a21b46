"""A trader at the desk: the actions as doors call them, over this test's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.orders import Desk


@pytest.fixture
async def desk(pool: Pool, settings: Settings) -> AsyncIterator[Desk]:
    """Where actions are handed in; its intake runs."""
    opened = open_desk(pool, settings)
    opened.intake.start()
    yield opened
    await opened.intake.close()
