"""Goods come back: to where they left from, or to a place named."""

from __future__ import annotations

from entrepot.orders import Desk, ReturnGoods, return_goods
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of, parts
from tests.factories.network import Network


async def test_goods_go_back_to_the_places_they_left_from(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    far = await network.location(shop, "far", rank=9)
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 2)
    await counter.receive(shop, variant, 2, far)
    order = order_of((variant, 4), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order)
    caller = caller_for(shop)

    for key, quantity in (("a", 1), ("b", 3)):
        command = ReturnGoods(order.order, parts((1, quantity)))
        body_of(await return_goods(desk, caller, command, key))

    rows = await counter.rows("SELECT on_hand FROM positions ORDER BY location")
    assert rows == [(2,), (2,)]
    more = ReturnGoods(order.order, parts((1, 1)))
    assert code_of(await return_goods(desk, caller, more, "c")) == "orders.more_than_shipped"


async def test_goods_in_quarantine_are_not_for_sale(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    quarantine = await network.location(shop, "quarantine", rank=5, ships_orders=False)
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 1), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order)

    command = ReturnGoods(order.order, parts((1, 1)), quarantine)
    body_of(await return_goods(desk, caller_for(shop), command, "k"))

    assert (await counter.figures(variant))[0] == 1
    again = await counter.act(shop, order_of((variant, 1), paid=True))
    assert code_of(again) == "stock.insufficient_available"


async def test_goods_that_come_back_serve_those_who_wait(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 1), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order)
    waiting = order_of((variant, 1), policy="ship_complete", paid=True)
    await counter.place(shop, waiting)

    command = ReturnGoods(order.order, parts((1, 1)))
    body_of(await return_goods(desk, caller_for(shop), command, "k"))

    assert await counter.order(waiting.order) == ("complete", "unfulfilled", "paid")


async def test_nobody_elses_location_will_do(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop, stranger = await network.organisation(), await network.organisation()
    theirs = await network.location(stranger, "theirs")
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 1), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order)

    command = ReturnGoods(order.order, parts((1, 1)), theirs)

    assert code_of(await return_goods(desk, caller_for(shop), command, "k")) == (
        "orders.unknown_location"
    )
