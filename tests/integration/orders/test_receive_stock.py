"""Goods arrive: on hand rises, and those who wait are served in their order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.kernel.caller import Scope
from entrepot.orders import Desk, ReceiveStock, StockLine, receive_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


async def test_waiting_orders_are_served_by_priority_then_time(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    orders = [
        order_of((variant, 2), policy="ship_complete", paid=True, priority=priority)
        for priority in (0, 0, 7)
    ]
    for order in orders:
        await counter.place(shop, order)

    command = ReceiveStock((StockLine(variant, Decimal("4.5")),))
    answer = body_of(await receive_stock(desk, caller_for(shop), command, "k"))

    assert answer["positions"][0]["on_hand"] == "4.5"
    states = [(await counter.order(order.order))[0] for order in orders]
    assert states == ["complete", "waiting", "complete"]
    assert await counter.lines(orders[1].order) == ["1: 2 = 0.5 held + 1.5 missing"]


async def test_an_order_is_released_only_when_every_line_is_met(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    first, second = await network.variant(shop), await network.variant(shop)
    order = order_of((first, 1), (second, 1), policy="ship_complete", paid=True)
    await counter.place(shop, order)
    caller = caller_for(shop)

    for number, variant in enumerate((first, second)):
        assert (await counter.order(order.order))[0] == "waiting"
        command = ReceiveStock((StockLine(variant, Decimal(1)),))
        body_of(await receive_stock(desk, caller, command, f"k{number}"))

    assert await counter.order(order.order) == ("complete", "unfulfilled", "paid")


async def test_a_newcomer_does_not_overtake_those_who_wait(
    network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    waiting = order_of((variant, 3), policy="ship_complete", paid=True)
    await counter.place(shop, waiting)
    newcomer = order_of((variant, 3), paid=True)
    receipt = ReceiveStock((StockLine(variant, Decimal(3)),))

    late, received = await counter.batch((shop, newcomer), (shop, receipt))

    assert body_of(received)
    assert code_of(late) == "stock.insufficient_available"
    assert (await counter.order(waiting.order))[0] == "complete"


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("0", "orders.quantity_not_positive"),
        ("-1", "orders.quantity_not_positive"),
        ("NaN", "orders.quantity_not_positive"),
        ("1.2345", "orders.quantity_too_precise"),
        ("1e15", "orders.quantity_too_large"),
    ],
)
async def test_bad_quantities_change_nothing(
    desk: Desk, network: Network, counter: Counter, quantity: str, code: str
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    command = ReceiveStock((StockLine(variant, Decimal(1)), StockLine(variant, Decimal(quantity))))

    assert code_of(await receive_stock(desk, caller_for(shop), command, "k")) == code

    assert (await counter.figures(variant))[2] == 0


async def test_more_than_can_be_written_is_refused(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 999_999_999_999)
    command = ReceiveStock((StockLine(variant, Decimal(1)),))

    refused = await receive_stock(desk, caller_for(shop), command, "k")

    assert code_of(refused) == "orders.quantity_too_large"


async def test_it_takes_the_scope_for_stock(desk: Desk, network: Network) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    command = ReceiveStock((StockLine(variant, Decimal(1)),))
    caller = caller_for(shop, Scope.ORDERS_WRITE)

    assert code_of(await receive_stock(desk, caller, command, "k")) == "identity.scope_missing"
