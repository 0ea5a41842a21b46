"""A producer ships its session orders, and nobody else does."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.kernel.caller import Scope
from entrepot.orders import Accepted
from entrepot.sales_sessions import close_sales_session, ship_session_order
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import code_of, parts
from tests.factories.fair import Fair


async def ordered(fair: Fair) -> str:
    """A complete session order of five kilos."""
    session = await fair.open()
    await fair.buy(session, 5)
    await close_sales_session(fair.desk, fair.trader, session)
    ((order, _, _),) = await fair.hub.session_orders(session)
    return order


async def ship(fair: Fair, order: str, key: str, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - accepted or refused
    some = parts(*lines) if lines else None
    return await ship_session_order(fair.desk, fair.producer, order, some, key)


async def test_a_part_then_the_rest_and_each_once(fair: Fair) -> None:
    order = await ordered(fair)
    first = await ship(fair, order, "one", (1, 2))
    assert isinstance(first, Accepted)
    assert msgspec.json.decode(first.body)["fulfilment_status"] == "partly_fulfilled"
    again = await ship(fair, order, "one", (1, 2))
    assert (again.body, again.replayed) == (first.body, True)
    assert code_of(await ship(fair, order, "two", (1, 4))) == "orders.more_than_held"
    await ship(fair, order, "three")
    assert await fair.counter.order(order) == ("complete", "fulfilled", "paid")
    assert (await fair.counter.figures(fair.hub.carrots))[:2] == (5, 0)
    for organisation in (fair.hub.trader, fair.hub.producer):
        acts = [act for act, _, _ in await acts_of(fair.pool, organisation)]
        assert acts.count("orders.shipped") == 2, "it is in the history of both"


async def test_the_trader_and_strangers_do_not_ship_it(fair: Fair) -> None:
    order = await ordered(fair)
    for who in (fair.trader, caller_for(await fair.network.organisation())):
        for each in (order, ""):
            refused = await ship_session_order(fair.desk, who, each, None, "key")
            assert code_of(refused) == "orders.unknown_order"
    reader = caller_for(fair.hub.producer, Scope.ORDERS_READ)
    refused = await ship_session_order(fair.desk, reader, order, None, "key")
    assert code_of(refused) == "identity.scope_missing"
