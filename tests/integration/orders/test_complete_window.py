"""Only a window that is closing becomes complete, once."""

from __future__ import annotations

import pytest

from entrepot.infra.clock import utc_now
from entrepot.orders import complete_window
from tests.factories.counter import Counter
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_it_is_closed_first(hub: Hub, counter: Counter) -> None:
    window = await hub.session()
    async with counter.pool.acquire() as connection:
        assert not await complete_window(connection, hub.trader, window, utc_now())
        await hub.close(window)
        assert await complete_window(connection, hub.trader, window, utc_now())
        assert not await complete_window(connection, hub.trader, window, utc_now())
    ((state,),) = await counter.rows("SELECT state FROM selling_windows")
    assert state == "complete"
