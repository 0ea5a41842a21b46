"""Changing an order: one decision, its old place in the queue, or nothing at all."""

from __future__ import annotations

from entrepot.orders import ChangeOrder, Desk, change_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of, wanted
from tests.factories.network import Network


async def test_old_holds_end_and_new_ones_open_in_one_decision(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant, other = await network.variant(shop), await network.variant(shop)
    await counter.receive(shop, variant, 5)
    await counter.receive(shop, other, 1)
    order = order_of((variant, 4), (other, 1), paid=True)
    await counter.place(shop, order)

    command = ChangeOrder(order.order, wanted((variant, 5)))
    answer = body_of(await change_order(desk, caller_for(shop), command, "k"))

    assert [line["held"] for line in answer["lines"]] == ["5"]
    assert await counter.lines(order.order) == ["1: 5 = 5 held"]
    assert (await counter.figures(other))[:2] == (1, 0)


async def test_a_refused_change_leaves_the_order_as_it_was(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 4), paid=True)
    await counter.place(shop, order)
    before = await counter.figures(variant)

    command = ChangeOrder(order.order, wanted((variant, 6)))
    refused = await change_order(desk, caller_for(shop), command, "k")

    assert code_of(refused) == "stock.insufficient_available"
    assert await counter.figures(variant) == before
    assert await counter.lines(order.order) == ["1: 4 = 4 held"]


async def test_what_a_change_gives_back_goes_to_those_who_wait(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 5), paid=True)
    waiting = order_of((variant, 3), policy="ship_complete", paid=True)
    await counter.place(shop, order)
    await counter.place(shop, waiting)

    command = ChangeOrder(order.order, wanted((variant, 2)))
    body_of(await change_order(desk, caller_for(shop), command, "k"))

    assert await counter.order(waiting.order) == ("complete", "unfulfilled", "paid")


async def test_a_changed_order_keeps_its_place_in_the_queue(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    first = order_of((variant, 3), policy="ship_complete", paid=True)
    second = order_of((variant, 3), policy="ship_complete", paid=True)
    await counter.place(shop, first)
    await counter.place(shop, second)

    command = ChangeOrder(first.order, wanted((variant, 4)))
    body_of(await change_order(desk, caller_for(shop), command, "k"))
    await counter.receive(shop, variant, 4)

    assert (await counter.order(first.order))[0] == "complete"
    assert await counter.lines(second.order) == ["1: 3 = 3 missing"]


async def test_what_was_shipped_cannot_be_changed(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 4), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order, (1, 1))

    command = ChangeOrder(order.order, wanted((variant, 1)))

    assert code_of(await change_order(desk, caller_for(shop), command, "k")) == (
        "orders.already_shipped"
    )
