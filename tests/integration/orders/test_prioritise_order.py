"""Moving a waiting order in the queue."""

from __future__ import annotations

from entrepot.orders import Desk, PrioritiseOrder, prioritise_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


async def test_a_prioritised_order_is_served_before_older_ones(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    older = order_of((variant, 2), policy="ship_complete", paid=True)
    younger = order_of((variant, 2), policy="ship_complete", paid=True)
    await counter.place(shop, older)
    await counter.place(shop, younger)

    command = PrioritiseOrder(younger.order, 5)
    assert body_of(await prioritise_order(desk, caller_for(shop), command, "k"))["priority"] == 5
    await counter.receive(shop, variant, 2)

    assert (await counter.order(younger.order))[0] == "complete"
    assert (await counter.order(older.order))[0] == "waiting"


async def test_priorities_have_bounds(desk: Desk, network: Network, counter: Counter) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    order = order_of((variant, 2), policy="ship_complete", paid=True)
    await counter.place(shop, order)

    for priority in (-1, 100):
        command = PrioritiseOrder(order.order, priority)
        refused = await prioritise_order(desk, caller_for(shop), command, f"k{priority}")
        assert code_of(refused) == "orders.priority_not_valid"
