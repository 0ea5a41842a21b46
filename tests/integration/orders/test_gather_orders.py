"""Gathering by the desk: paid orders' goods pass to the session order, and only once."""

from __future__ import annotations

import pytest

from entrepot.orders import Desk, GatherOrders, gather_orders
from tests.factories.counter import Counter
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_twice_it_moves_nothing_more(hub: Hub, counter: Counter, desk: Desk) -> None:
    window = await hub.session()
    order = hub.basket(window, (hub.carrots, 3), paid=True)
    await counter.place(hub.trader, order)
    await hub.close(window)
    command = GatherOrders(window, (order.order,), ((hub.producer, "week:p"),), last=True)
    for _ in range(2):
        assert await gather_orders(desk, hub.trader, command) is None
        ((_, status, words),) = await hub.session_orders(window)
        assert (status, words) == ("complete", "1: 3 = 3 held")
    assert (await counter.figures(hub.carrots))[:2] == (10, 3)


async def test_a_reference_that_is_taken_gets_an_end_of_its_own(
    hub: Hub, counter: Counter, desk: Desk
) -> None:
    window = await hub.session()
    order = hub.basket(window, (hub.carrots, 3), paid=True, reference="taken")
    await counter.place(hub.trader, order)
    await hub.close(window)
    command = GatherOrders(window, (order.order,), ((hub.producer, "taken"),), last=False)
    assert await gather_orders(desk, hub.trader, command) is None
    ((ident, status, _),) = await hub.session_orders(window)
    ((reference,),) = await counter.rows("SELECT reference FROM orders WHERE id = $1", ident)
    assert (status, reference) == ("held", f"taken:{ident[-12:]}")


async def test_an_open_session_is_not_gathered(hub: Hub, counter: Counter, desk: Desk) -> None:
    window = await hub.session()
    order = hub.basket(window, (hub.carrots, 3), paid=True)
    await counter.place(hub.trader, order)
    command = GatherOrders(window, (order.order,), ((hub.producer, "week:p"),), last=True)
    assert await gather_orders(desk, hub.trader, command) is None
    assert await hub.session_orders(window) == []
    assert await counter.order(order.order) == ("held", "held", "paid")
