"""A closed window takes no orders; who places at that moment is waited for."""

from __future__ import annotations

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.orders import close_window
from tests.factories.counter import Counter, code_of
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_it_closes_once_and_nothing_is_placed(hub: Hub, counter: Counter) -> None:
    window = await hub.session()
    async with counter.pool.acquire() as connection, connection.transaction():
        assert await close_window(connection, hub.trader, window, utc_now())
        assert not await close_window(connection, hub.trader, window, utc_now())
        assert not await close_window(connection, hub.producer, window, utc_now())
        assert not await close_window(connection, hub.trader, new_id(), utc_now())
    refused = await counter.act(hub.trader, hub.basket(window, (hub.carrots, 1)))
    assert code_of(refused) == "orders.sales_session_not_open"


async def test_a_remote_one_is_not_closed(hub: Hub, counter: Counter) -> None:
    window = await hub.remote_session()
    async with counter.pool.acquire() as connection, connection.transaction():
        assert not await close_window(connection, hub.trader, window, utc_now())
