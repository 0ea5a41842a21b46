"""Shipping: held units leave, once."""

from __future__ import annotations

from entrepot.orders import Desk, ShipOrder, ship_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of, parts
from tests.factories.network import Network


async def test_an_order_leaves_in_parts_until_it_is_fulfilled(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 3), (variant, 1), paid=True)
    await counter.place(shop, order)
    caller = caller_for(shop)

    part = body_of(await ship_order(desk, caller, ShipOrder(order.order, parts((1, 2))), "k"))
    assert part["fulfilment_status"] == "partly_fulfilled"
    assert (await counter.figures(variant))[:2] == (3, 2)
    rest = body_of(await ship_order(desk, caller, ShipOrder(order.order), "l"))
    assert rest["fulfilment_status"] == "fulfilled"
    assert (await counter.figures(variant))[:2] == (1, 0)
    nothing = await ship_order(desk, caller, ShipOrder(order.order), "m")
    assert code_of(nothing) == "orders.already_shipped"


async def test_the_same_shipment_sent_twice_leaves_once(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 4), paid=True)
    await counter.place(shop, order)
    command = ShipOrder(order.order, parts((1, 2)))

    first = await ship_order(desk, caller_for(shop), command, "k")
    second = await ship_order(desk, caller_for(shop), command, "k")

    assert body_of(first) == body_of(second)
    assert (await counter.figures(variant))[:2] == (3, 2)


async def test_only_what_is_held_for_a_complete_order_leaves(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 3)
    unpaid = order_of((variant, 1))
    waiting = order_of((variant, 5), policy="ship_complete", paid=True)
    await counter.place(shop, unpaid)
    await counter.place(shop, waiting)
    caller = caller_for(shop)

    assert code_of(await ship_order(desk, caller, ShipOrder(unpaid.order), "a")) == (
        "orders.not_complete"
    )
    assert code_of(await ship_order(desk, caller, ShipOrder(waiting.order), "b")) == (
        "orders.not_complete"
    )
    await counter.pay(shop, unpaid.order)
    too_much = ShipOrder(unpaid.order, parts((1, 2)))
    assert code_of(await ship_order(desk, caller, too_much, "c")) == "orders.more_than_held"
