"""A window's times and products change under its lock, which keeps those who place waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from entrepot.infra.clock import utc_now
from entrepot.orders import SoldProduct, WindowChange, change_window, lock_window, read_sold
from tests.factories.counter import Counter, code_of
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_limits_change_and_products_go(hub: Hub, counter: Counter) -> None:
    window = await hub.session()
    sold = SoldProduct(hub.carrots, hub.producer, Decimal(2), Decimal(9), Decimal(8))
    later = utc_now() + timedelta(days=3)
    async with counter.pool.acquire() as connection, connection.transaction():
        before = await lock_window(connection, hub.trader, window)
        assert before is not None
        change = WindowChange((before.opens_at, later), (sold,), (hub.leeks,))
        await change_window(connection, hub.trader, window, change)
        after = await lock_window(connection, hub.trader, window)
        assert after == before._replace(closes_at=later)
        found = await read_sold(connection, hub.trader, window, [hub.carrots, hub.leeks])
    assert [(key, each.quantity_max) for key, each in found.items()] == [(hub.carrots, Decimal(2))]
    ((bought,),) = await counter.rows("SELECT purchase_price FROM window_products")
    assert bought == Decimal("1.5"), "what the trader pays stays as it was"


async def test_whoever_places_waits_for_the_new_limit(hub: Hub, counter: Counter) -> None:
    window = await hub.session()
    async with counter.pool.acquire() as connection, connection.transaction():
        await lock_window(connection, hub.trader, window)
        placing = asyncio.create_task(counter.act(hub.trader, hub.basket(window, (hub.carrots, 5))))
        done, _ = await asyncio.wait({placing}, timeout=0.3)
        assert not done
        sold = SoldProduct(hub.carrots, hub.producer, Decimal(4), None, None)
        await change_window(connection, hub.trader, window, WindowChange(sold=(sold,)))
    assert code_of(await placing) == "stock.insufficient_available"
