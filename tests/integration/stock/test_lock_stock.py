"""Locking positions: all of a variant's, in one order everywhere, made where they are wanted."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import asyncpg
import pytest

from entrepot.infra.pool import Pool
from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.stock import lock_stock
from tests.factories.counter import Counter
from tests.factories.network import Network


async def goods(network: Network, counter: Counter, owner: Id, quantity: object) -> Id:
    variant = await network.variant(owner)
    await counter.receive(owner, variant, quantity)
    return variant


async def test_it_returns_every_position_with_its_figures(
    network: Network, counter: Counter, pool: Pool
) -> None:
    owner = await network.organisation("owner")
    variant = await goods(network, counter, owner, 3)
    annex = await network.location(owner, "annex", rank=2)
    await counter.receive(owner, variant, 4, annex)
    async with pool.acquire() as connection, connection.transaction():
        locked = await lock_stock(connection, [(owner, variant)])
    assert sorted(figures.on_hand for figures, _ in locked) == [3, 4]
    assert [figures.key for figures, _ in locked] == sorted(figures.key for figures, _ in locked)
    assert {cursor for _, cursor in locked} == {None}


async def test_a_second_waits_for_the_first(network: Network, counter: Counter, pool: Pool) -> None:
    owner = await network.organisation("owner")
    variant = await goods(network, counter, owner, 3)

    async def take() -> Decimal:
        async with pool.acquire() as connection, connection.transaction():
            ((figures, _),) = await lock_stock(connection, [(owner, variant)])
            return figures.on_hand

    async with pool.acquire() as connection, connection.transaction():
        await lock_stock(connection, [(owner, variant)])
        second = asyncio.create_task(take())
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
        await connection.execute(
            "UPDATE positions SET recheck_after = 'x' WHERE variant = $1", variant
        )
    assert await second == 3


async def test_any_order_of_asking_is_one_order_of_locking(
    network: Network, counter: Counter, pool: Pool
) -> None:
    """Over two owners, asked for forwards and backwards: no deadlock, however often."""
    owners = [await network.organisation("owner") for _ in range(2)]
    pairs = [(owner, await goods(network, counter, owner, 3)) for owner in owners for _ in range(4)]

    async def lock(number: int) -> int:
        async with pool.acquire() as connection, connection.transaction():
            asked = pairs if number % 2 else pairs[::-1]
            locked = await lock_stock(connection, asked)
            await asyncio.sleep(0.002)
            return len(locked)

    assert set(await asyncio.gather(*(lock(number) for number in range(40)))) == {8}


async def test_positions_are_made_where_they_are_wanted(
    network: Network, counter: Counter, pool: Pool
) -> None:
    owner, buyer, stranger = [await network.organisation(each) for each in ("o", "b", "s")]
    await network.right(owner, buyer)
    main = (await counter.rows("SELECT id FROM locations WHERE organisation = $1", owner))[0][0]
    back = await network.location(owner, "back", rank=1, ships_orders=False)
    cases: list[tuple[Id, Id | None, list[object]]] = [
        (owner, None, [main]),
        (owner, back, [back]),
        (buyer, None, [main]),
        (stranger, None, []),
    ]
    for asker, location, made in cases:
        variant = await network.variant(owner)
        wanted = [WantedPosition(owner, variant, location, asker, any_will_do=location is None)]
        for _ in range(2):
            async with pool.acquire() as connection, connection.transaction():
                locked = await lock_stock(connection, [(owner, variant)], wanted)
            assert [figures.key.location for figures, _ in locked] == made


async def test_two_that_make_the_same_position_make_one(
    network: Network, counter: Counter, pool: Pool
) -> None:
    owner = await network.organisation("owner")
    for _ in range(5):
        variant = await network.variant(owner)
        wanted = [WantedPosition(owner, variant, None, owner, any_will_do=True)]

        async def make(wanted: list[WantedPosition] = wanted, variant: Id = variant) -> int:
            async with pool.acquire() as connection, connection.transaction():
                return len(await lock_stock(connection, [(owner, variant)], wanted))

        assert set(await asyncio.gather(*(make() for _ in range(6)))) == {1}
        rows = await counter.rows("SELECT count(*) FROM positions WHERE variant = $1", variant)
        assert rows == [(1,)]


async def test_an_unknown_variant_has_no_positions(network: Network, pool: Pool) -> None:
    owner = await network.organisation("owner")
    async with pool.acquire() as connection, connection.transaction():
        assert await lock_stock(connection, [(owner, owner)]) == []


async def test_the_lock_ends_with_the_transaction(
    network: Network, counter: Counter, pool: Pool
) -> None:
    owner = await network.organisation("owner")
    variant = await goods(network, counter, owner, 3)
    probe = "SELECT 1 FROM positions WHERE variant = $1 FOR UPDATE NOWAIT"
    async with pool.acquire() as connection, pool.acquire() as other:
        async with connection.transaction():
            await lock_stock(connection, [(owner, variant)])
            with pytest.raises(asyncpg.LockNotAvailableError):
                await other.fetchval(probe, variant)
        assert await other.fetchval(probe, variant) == 1
