"""The sweep: it writes the end of allocations that nobody can use any more, and of no others."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.infra.ids import new_id
from entrepot.stock import sweep_allocations
from entrepot.stock.actions.sweep_allocations import SWEPT_MAX
from tests.factories.callers import acts_of
from tests.factories.counter import Counter
from tests.factories.locks import until_waiting
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing

ENDED = "SELECT id, close_reason FROM allocations WHERE state = 'closed' ORDER BY id"


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Sharing:
    return await open_sharing(network, counter)


async def sweep(shared: Sharing) -> int:
    return await sweep_allocations(shared.pool, new_id)


async def test_what_nobody_can_use_is_free_again(shared: Sharing) -> None:
    past, kept = await shared.allocated(4), await shared.allocated(1)
    await shared.pass_validity(past)
    assert await sweep(shared) == 1
    assert await shared.position() == (10, 0, 1, 4)
    assert list(await shared.counter.rows(ENDED)) == [(past.inner_id, "expired")]
    acts = await acts_of(shared.pool, shared.wholesaler)
    assert acts[-1][:2] == ("stock.allocation_closed", past.id)
    assert acts[-1][2]["close_reason"] == "expired"
    assert await sweep(shared) == 0
    assert kept.status == "open"


async def test_those_of_a_partnership_that_ended(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.network.set_partnership_state(shared.partnership, "ending")
    assert await sweep(shared) == 0
    await shared.network.set_partnership_state(shared.partnership, "ended")
    assert await sweep(shared) == 1
    assert list(await shared.counter.rows(ENDED)) == [(made.inner_id, "partnership_ended")]
    assert not await shared.counter.rows("SELECT 1 FROM notices")


async def test_those_of_goods_that_are_not_active_with_notices_to_both(shared: Sharing) -> None:
    """E14: a product is deactivated with open allocations."""
    made = await shared.allocated(4)
    await shared.set("UPDATE variants SET state = 'deactivated' WHERE id = $1", shared.goods)
    assert await sweep(shared) == 1
    assert list(await shared.counter.rows(ENDED)) == [(made.inner_id, "variant_deactivated")]
    told = await shared.counter.rows(
        "SELECT organisation, subject, facts->>'reason', facts->>'partner' FROM notices"
        " WHERE kind = 'stock.allocation_ended'"
    )
    assert set(told) == {
        (shared.wholesaler, made.id, "variant_deactivated", "retailer"),
        (shared.retailer, made.id, "variant_deactivated", "wholesaler"),
    }


async def test_two_sweeps_at_once_end_each_once(shared: Sharing) -> None:
    for _ in range(5):
        await shared.allocated(1)
    await shared.set("UPDATE allocations SET valid_until = now() - interval '1 second'")
    await asyncio.gather(*[sweep(shared) for _ in range(3)])
    assert (await shared.position())[2] == 0
    assert len(await shared.counter.rows(ENDED)) == 5
    assert [kind for kind, _ in await shared.ledger()].count("deallocate") == 5


async def test_what_is_prolonged_meanwhile_stays(shared: Sharing) -> None:
    """The sweep found it past its time, waited for the position, and finds it valid again."""
    made = await shared.allocated(4)
    await shared.pass_validity(made)
    async with shared.pool.acquire() as watcher, shared.pool.acquire() as connection:
        turn = connection.transaction()
        await turn.start()
        await connection.execute("SELECT 1 FROM positions FOR NO KEY UPDATE")
        sweeping = asyncio.create_task(sweep(shared))
        await until_waiting(watcher)
        await connection.execute("UPDATE allocations SET valid_until = NULL")
        await turn.commit()
        await sweeping
    assert await shared.position() == (10, 0, 4, 2)


async def test_many_are_ended_a_chunk_at_a_time(shared: Sharing) -> None:
    await shared.allocated(1)
    await shared.set(
        "INSERT INTO allocations (owner, id, retailer, variant, location, quantity, remaining,"
        " valid_until, made_at, partnership)"
        " SELECT owner, uuidv7(), retailer, variant, location, 0, 0, now() - interval '1 hour',"
        " made_at, partnership FROM allocations, generate_series(1, $1)",
        SWEPT_MAX + 1,
    )
    assert [await sweep(shared) for _ in range(3)] == [SWEPT_MAX, 1, 0]
    assert await shared.position() == (10, 0, 1, 2)
