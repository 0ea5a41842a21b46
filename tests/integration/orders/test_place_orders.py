"""Placing many orders at once: each on its own."""

from __future__ import annotations

from entrepot.kernel.caller import Scope
from entrepot.orders import Accepted, Desk, place_orders
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, code_of, order_of
from tests.factories.network import Network


async def test_no_order_fails_another(desk: Desk, network: Network, counter: Counter) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 50)
    orders = [order_of((variant, 1 if n % 3 else 1000), paid=True) for n in range(60)]

    answers = await place_orders(desk, caller_for(shop), [(each, "") for each in orders])

    placed = [n for n, answer in enumerate(answers) if isinstance(answer, Accepted)]
    assert placed == [n for n in range(60) if n % 3]
    assert {code_of(answers[n]) for n in range(0, 60, 3)} == {"stock.insufficient_available"}
    assert await counter.figures(variant) == (50, 40, 41)


async def test_without_the_scope_every_order_is_refused(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    caller = caller_for(shop, Scope.ORDERS_READ)

    answers = await place_orders(desk, caller, [(order_of((variant, 1)), "") for _ in range(3)])

    assert [code_of(each) for each in answers] == ["identity.scope_missing"] * 3
    assert await counter.rows("SELECT count(*) FROM orders") == [(0,)]
