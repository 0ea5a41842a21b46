"""Cancelling: what is missing goes first, then what is held; what is given back is free at once."""

from __future__ import annotations

from entrepot.orders import CancelOrder, Desk, cancel_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of, parts
from tests.factories.network import Network


async def test_a_cancelled_order_gives_back_what_it_held_to_those_who_wait(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 5), paid=True)
    waiting = order_of((variant, 4), policy="ship_complete", paid=True)
    await counter.place(shop, order)
    await counter.place(shop, waiting)

    body_of(await cancel_order(desk, caller_for(shop), CancelOrder(order.order), "k"))

    assert await counter.order(order.order) == ("cancelled", "cancelled", "paid")
    assert await counter.order(waiting.order) == ("complete", "unfulfilled", "paid")
    assert code_of(await cancel_order(desk, caller_for(shop), CancelOrder(order.order), "l")) == (
        "orders.already_cancelled"
    )


async def test_cancelling_what_is_missing_releases_a_waiting_order(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 3)
    order = order_of((variant, 5), policy="ship_complete", paid=True)
    await counter.place(shop, order)

    command = CancelOrder(order.order, parts((1, 2)))
    body_of(await cancel_order(desk, caller_for(shop), command, "k"))

    assert await counter.order(order.order) == ("complete", "unfulfilled", "paid")
    assert await counter.lines(order.order) == ["1: 5 = 3 held + 2 cancelled"]
    assert await counter.rows("SELECT count(*) FROM waiting_lines") == [(0,)]


async def test_part_of_a_hold_is_given_back_and_a_successor_keeps_the_rest(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 5), paid=True)
    await counter.place(shop, order)

    command = CancelOrder(order.order, parts((1, 2)))
    body_of(await cancel_order(desk, caller_for(shop), command, "k"))

    holds = await counter.rows(
        "SELECT hold_no, quantity, state, ended_quantity FROM holds ORDER BY hold_no"
    )
    assert holds == [(1, 5, "released", 2), (2, 3, "live", None)]
    assert (await counter.figures(variant))[:2] == (5, 3)


async def test_what_has_left_cannot_be_cancelled(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 5), paid=True)
    await counter.place(shop, order)
    await counter.ship(shop, order.order, (1, 4))
    caller = caller_for(shop)

    too_much = await cancel_order(desk, caller, CancelOrder(order.order, parts((1, 2))), "k")
    assert code_of(too_much) == "orders.more_than_open"
    rest = body_of(await cancel_order(desk, caller, CancelOrder(order.order), "l"))
    assert (rest["status"], rest["fulfilment_status"]) == ("complete", "fulfilled")
    nothing = await cancel_order(desk, caller, CancelOrder(order.order), "m")
    assert code_of(nothing) == "orders.already_shipped"


async def test_every_fault_of_a_request_is_named(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 5), paid=True)
    await counter.place(shop, order)

    command = CancelOrder(order.order, parts((7, 1), (1, 0), (1, 6)))
    refused = await cancel_order(desk, caller_for(shop), command, "k")

    assert [(each.code, each.field) for each in refused.faults] == [  # type: ignore[union-attr] # a refusal, as its faults show
        ("orders.unknown_line", "lines[0].line"),
        ("orders.quantity_not_positive", "lines[1].quantity"),
        ("orders.more_than_open", "lines[2].quantity"),
    ]
