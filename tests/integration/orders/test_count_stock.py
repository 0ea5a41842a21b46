"""Counting: the counted figure stands, and what it does not cover is given up in a fixed order."""

from __future__ import annotations

from decimal import Decimal

from entrepot.orders import CountStock, Desk, count_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


async def test_waiting_then_unpaid_then_paid_orders_give_up_the_youngest_first(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 9)
    paid = [order_of((variant, 2), paid=True) for _ in range(2)]
    unpaid = [order_of((variant, 2)) for _ in range(2)]
    waiting = order_of((variant, 5), policy="ship_complete", paid=True)
    for order in (*paid, *unpaid, waiting):
        await counter.place(shop, order)
    caller = caller_for(shop)

    steps = [
        (8, waiting, "1: 5 = 5 missing"),
        (7, unpaid[1], "1: 2 = 1 held + 1 short"),
        (5, unpaid[0], "1: 2 = 1 held + 1 short"),
        (3, paid[1], "1: 2 = 1 held + 1 short"),
    ]
    for on_hand, order, line in steps:
        command = CountStock(variant, Decimal(on_hand), None)
        body_of(await count_stock(desk, caller, command, f"k{on_hand}"))
        assert await counter.lines(order.order) == [line]
        assert (await counter.figures(variant))[:2] == (on_hand, on_hand)

    notices = await counter.rows("SELECT kind, count(*) FROM notices GROUP BY kind")
    assert notices == [("orders.line_short", 5)]  # one for each time a line was cut


async def test_short_lines_are_served_before_all_that_wait(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 2)
    urgent = order_of((variant, 1), policy="ship_complete", paid=True, priority=99)
    short = order_of((variant, 2), paid=True)
    await counter.place(shop, short)
    await counter.place(shop, urgent)

    command = CountStock(variant, Decimal(1), None)
    body_of(await count_stock(desk, caller_for(shop), command, "k"))
    assert await counter.lines(short.order) == ["1: 2 = 1 held + 1 short"]
    await counter.receive(shop, variant, 1)

    assert await counter.lines(short.order) == ["1: 2 = 2 held"]
    assert (await counter.order(urgent.order))[0] == "waiting"


async def test_a_count_that_finds_more_serves_those_who_wait(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    order = order_of((variant, 2), policy="ship_complete", paid=True)
    await counter.place(shop, order)

    command = CountStock(variant, Decimal(2), None)
    body_of(await count_stock(desk, caller_for(shop), command, "k"))

    assert (await counter.order(order.order))[0] == "complete"


async def test_only_a_count_of_another_version_is_refused(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    await counter.place(shop, order_of((variant, 4), paid=True))
    caller = caller_for(shop)

    stale = await count_stock(desk, caller, CountStock(variant, Decimal(1), 1), "k")
    assert code_of(stale) == "stock.version_changed"
    assert stale.faults[0].facts["version"] == 2  # type: ignore[union-attr] # a refusal, as the line above says
    assert await counter.figures(variant) == (5, 4, 2)
    fresh = await count_stock(desk, caller, CountStock(variant, Decimal(0), 2), "l")
    assert body_of(fresh)["given_up"][0]["quantity"] == "4"
    assert (await counter.figures(variant))[:2] == (0, 0)
