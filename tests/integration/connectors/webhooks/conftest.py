"""What tests of webhooks stand on."""

from __future__ import annotations

import pytest

from entrepot.infra.pool import Pool
from tests.factories.hooks import Hooks
from tests.factories.network import Network


@pytest.fixture
async def hooks(pool: Pool, network: Network) -> Hooks:
    """An organisation that has webhooks."""
    return Hooks(pool, await network.organisation())
