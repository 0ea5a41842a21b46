"""Orders past their limit are written as cancelled, and give back what they held."""

from __future__ import annotations

import pytest

from entrepot.kernel.ids import Id
from entrepot.orders import Desk, RecordPayment, sweep_expired
from tests.factories.callers import acts_of
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("owner")


async def goods(network: Network, counter: Counter, owner: Id, quantity: object) -> Id:
    variant = await network.variant(owner)
    await counter.receive(owner, variant, quantity)
    return variant


async def test_it_writes_what_counted_already(
    network: Network, counter: Counter, owner: Id, desk: Desk
) -> None:
    variant = await goods(network, counter, owner, 5)
    late, early = order_of((variant, 2)), order_of((variant, 1))
    await counter.place(owner, late)
    await counter.place(owner, early)
    await network.set_clock_past(late.order)
    assert await sweep_expired(desk) == 1
    assert await counter.order(late.order) == ("cancelled", "cancelled", "cancelled")
    assert (await counter.order(early.order))[0] == "held"
    assert (await counter.figures(variant))[:2] == (5, 1)
    assert await counter.rows(
        "SELECT state, ended_quantity FROM holds WHERE order_id = $1", late.order
    ) == [("expired", 2)]
    assert [act for act, _, _ in await acts_of(counter.pool, owner)][-1] == "orders.expired"
    assert await sweep_expired(desk) == 0


async def test_nothing_to_sweep(counter: Counter, owner: Id, network: Network, desk: Desk) -> None:
    variant = await goods(network, counter, owner, 5)
    await counter.place(owner, order_of((variant, 2)))
    assert await sweep_expired(desk) == 0


async def test_what_comes_free_goes_to_those_who_wait(
    network: Network, counter: Counter, owner: Id, desk: Desk
) -> None:
    variant = await goods(network, counter, owner, 3)
    late = order_of((variant, 3))
    waits = order_of((variant, 2), policy="ship_complete", paid=True)
    await counter.place(owner, late)
    assert (await counter.place(owner, waits))["status"] == "waiting"
    await network.set_clock_past(late.order)
    await sweep_expired(desk)
    assert await counter.order(waits.order) == ("complete", "unfulfilled", "paid")


async def test_an_unpaid_order_that_waits_is_swept_too(
    network: Network, counter: Counter, owner: Id, desk: Desk
) -> None:
    variant = await goods(network, counter, owner, 3)
    waits = order_of((variant, 5), policy="ship_complete")
    assert (await counter.place(owner, waits))["status"] == "waiting"
    await network.set_clock_past(waits.order)
    assert await sweep_expired(desk) == 1
    assert (await counter.order(waits.order))[0] == "cancelled"
    assert (await counter.figures(variant))[:2] == (3, 0)
    assert await counter.rows("SELECT count(*) FROM waiting_lines") == [(0,)]


async def test_one_that_was_paid_in_time_is_left_alone(
    network: Network, counter: Counter, owner: Id, desk: Desk
) -> None:
    variant = await goods(network, counter, owner, 3)
    order = order_of((variant, 3))
    await counter.place(owner, order)
    await counter.act(owner, RecordPayment(order.order, succeeded=True))
    await network.set_clock_past(order.order)
    assert await sweep_expired(desk) == 0
    assert await counter.order(order.order) == ("complete", "unfulfilled", "paid")


async def test_hundreds_go_in_a_few_rounds(
    network: Network, counter: Counter, owner: Id, desk: Desk
) -> None:
    variant = await goods(network, counter, owner, 300)
    orders = [order_of((variant, 1)) for _ in range(250)]
    await counter.batch(*((owner, order) for order in orders))
    async with counter.pool.acquire() as connection:
        await connection.execute("UPDATE orders SET hold_until = now() - interval '1 hour'")
        await connection.execute("UPDATE holds SET expires_at = now() - interval '1 hour'")
    assert [await sweep_expired(desk) for _ in range(3)] == [200, 50, 0]
    assert (await counter.figures(variant))[:2] == (300, 0)
