"""Unpaid orders are ended; what was paid meanwhile stands."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import RefusedError
from entrepot.orders import Desk, end_unpaid
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_those_that_are_unpaid_are_ended_once(hub: Hub, counter: Counter, desk: Desk) -> None:
    window = await hub.session()
    unpaid, paid, gone = [hub.basket(window, (hub.carrots, 2)) for _ in range(3)]
    for each in (unpaid, paid, gone):
        await counter.place(hub.trader, each)
    await counter.pay(hub.trader, paid.order)
    await counter.cancel(hub.trader, gone.order)
    orders = [each.order for each in (unpaid, paid, gone)]
    assert await end_unpaid(desk, caller_for(hub.trader), orders) == 1
    assert await end_unpaid(desk, caller_for(hub.trader), orders) == 0
    assert await counter.order(unpaid.order) == ("cancelled", "cancelled", "cancelled")
    assert await counter.order(paid.order) == ("held", "held", "paid")
    assert (await counter.figures(hub.carrots))[:2] == (10, 2)


async def test_anothers_orders_and_a_missing_scope_are_refused(
    hub: Hub, counter: Counter, desk: Desk, network: Network
) -> None:
    window = await hub.session()
    order = hub.basket(window, (hub.carrots, 2))
    await counter.place(hub.trader, order)
    stranger = caller_for(await network.organisation())
    reader = caller_for(hub.trader, Scope.ORDERS_READ)
    for who, code in ((stranger, "orders.unknown_order"), (reader, "identity.scope_missing")):
        with pytest.raises(RefusedError, match=code):
            await end_unpaid(desk, who, [order.order])
    with pytest.raises(RefusedError, match="unknown_order"):
        await end_unpaid(desk, caller_for(hub.trader), [new_id()])
    assert (await counter.order(order.order))[0] == "held"
