"""More wait than one batch looks at: the job goes on where the batch left off."""

from __future__ import annotations

import pytest

from entrepot.kernel.ids import Id
from entrepot.orders import Desk, recheck_waiting
from entrepot.orders.actions import run_batch
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network

WAITING = "SELECT count(*) FROM orders WHERE status = 'waiting'"
CURSORS = "SELECT count(*) FROM positions WHERE recheck_after IS NOT NULL"


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("owner", waiting_holds=False)


async def test_it_goes_on_until_nobody_is_left(
    network: Network,
    counter: Counter,
    owner: Id,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_batch, "CANDIDATES_MAX", 4)
    variant = await network.variant(owner)
    orders = [order_of((variant, 1), policy="ship_complete", paid=True) for _ in range(10)]
    for order in orders:
        await counter.place(owner, order)
    assert await counter.rows(WAITING) == [(10,)]
    await counter.receive(owner, variant, 20)
    assert await counter.rows(WAITING) == [(6,)]
    assert [await recheck_waiting(desk) for _ in range(3)] == [1, 1, 0]
    assert await counter.rows(WAITING) == [(0,)]
    assert await counter.rows(CURSORS) == [(0,)]
    assert (await counter.figures(variant))[:2] == (20, 10)


async def test_the_first_in_the_queue_come_first(
    network: Network,
    counter: Counter,
    owner: Id,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those at the front want more than there is; those behind them are still looked at."""
    monkeypatch.setattr(run_batch, "CANDIDATES_MAX", 3)
    variant = await network.variant(owner)
    large = [order_of((variant, 9), policy="ship_complete", paid=True) for _ in range(5)]
    small = order_of((variant, 2), policy="ship_complete", paid=True)
    for order in (*large, small):
        await counter.place(owner, order)
    await counter.receive(owner, variant, 3)
    while await recheck_waiting(desk):
        pass
    assert (await counter.order(small.order))[0] == "complete"
    assert await counter.rows(WAITING) == [(5,)]
    assert await counter.rows(CURSORS) == [(0,)]


async def test_a_newcomer_does_not_overtake_those_still_to_be_looked_at(
    network: Network,
    counter: Counter,
    owner: Id,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_batch, "CANDIDATES_MAX", 2)
    variant = await network.variant(owner)
    waits = [order_of((variant, 1), policy="ship_complete", paid=True) for _ in range(4)]
    for order in waits:
        await counter.place(owner, order)
    await counter.receive(owner, variant, 4)
    assert await counter.rows(WAITING) == [(2,)]
    await counter.act(owner, order_of((variant, 1)))
    assert await counter.rows(WAITING) == [(0,)]
    assert [(await counter.order(each.order))[0] for each in waits] == ["complete"] * 4


async def test_nothing_is_due(network: Network, counter: Counter, owner: Id, desk: Desk) -> None:
    variant = await network.variant(owner)
    await counter.place(owner, order_of((variant, 1), policy="ship_complete", paid=True))
    assert await recheck_waiting(desk) == 0
