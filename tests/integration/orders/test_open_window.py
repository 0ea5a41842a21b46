"""What the batch knows of a session is written in the transaction of whoever opens it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.orders import NewWindow, SoldProduct, open_window
from tests.factories.counter import Counter, code_of
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_it_takes_orders_for_what_it_sells(hub: Hub, counter: Counter) -> None:
    now = utc_now()
    window = NewWindow(hub.trader, new_id(), now - timedelta(hours=1), now + timedelta(hours=1))
    sold = [SoldProduct(hub.carrots, hub.producer, Decimal(3), Decimal(4), None)]
    async with counter.pool.acquire() as connection, connection.transaction():
        await open_window(connection, window, sold)
    answer = await counter.place(hub.trader, hub.basket(window.id, (hub.carrots, 3)))
    assert answer["lines"][0]["unit_price"] == "4"
    refused = await counter.act(hub.trader, hub.basket(window.id, (hub.leeks, 1)))
    assert code_of(refused) == "orders.not_in_sales_session"
