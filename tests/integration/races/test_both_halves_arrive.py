"""What an order waits for arrives in two batches at one moment, and neither sees the other's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import Desk, recheck_waiting
from entrepot.orders.actions.write_batch import write_batch
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.street import Street

CURSORS = "SELECT count(*) FROM positions WHERE recheck_after IS NOT NULL"


@pytest.fixture
async def desk(pool: Pool, settings: Settings) -> AsyncIterator[Desk]:
    """The job's desk; its intake runs."""
    opened = open_desk(pool, settings)
    opened.intake.start()
    yield opened
    await opened.intake.close()


async def arrive_together(
    monkeypatch: pytest.MonkeyPatch, counter: Counter, owner: Id, variants: Sequence[Id]
) -> None:
    """Receive one of each, in two batches that have both read everything before either writes."""
    both = asyncio.Barrier(len(variants))

    async def write_together(*args: Any, **rest: Any) -> Any:  # noqa: ANN401 - passed on unseen
        async with asyncio.timeout(10):
            await both.wait()
        return await write_batch(*args, **rest)

    with monkeypatch.context() as patched:
        patched.setattr("entrepot.orders.actions.run_batch.write_batch", write_together)
        await asyncio.gather(*[counter.receive(owner, each, 1) for each in variants])


async def come_to_rest(counter: Counter, desk: Desk) -> None:
    """Do what the job does until it finds nothing, which must be soon."""
    for _ in range(4):
        await recheck_waiting(desk)
    assert await counter.rows(CURSORS) == [(0,)], "it goes on looking"


async def test_goods_of_ones_own(
    network: Network, counter: Counter, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await network.organisation("owner", waiting_holds=False)
    variants = [await network.variant(owner) for _ in range(2)]
    order = order_of(*[(each, 1) for each in variants], policy="ship_complete", paid=True)
    await counter.place(owner, order)
    await arrive_together(monkeypatch, counter, owner, variants)
    await come_to_rest(counter, desk)
    assert (await counter.order(order.order))[0] == "complete"


async def test_goods_of_a_partner(
    network: Network, counter: Counter, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street(network, counter)
    await street.opens("shop")
    wholesale = await street.opens("wholesale")
    await street.partners("wholesale", "shop", "A", "B")
    order = await street.orders("shop", ("A", 1), ("B", 1))
    variants = [await street.variant("wholesale", name) for name in "AB"]
    await arrive_together(monkeypatch, counter, wholesale, variants)
    await come_to_rest(counter, desk)
    assert await street.status(order) == "complete"


async def test_half_of_it_alone_is_looked_at_once_more_and_not_for_ever(
    network: Network, counter: Counter, desk: Desk
) -> None:
    owner = await network.organisation("owner", waiting_holds=False)
    here, missing = [await network.variant(owner) for _ in range(2)]
    order = order_of((here, 1), (missing, 1), policy="ship_complete", paid=True)
    await counter.place(owner, order)
    await counter.receive(owner, here, 1)
    await come_to_rest(counter, desk)
    assert (await counter.order(order.order))[0] == "waiting"
