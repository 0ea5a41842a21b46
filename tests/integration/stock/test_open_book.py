"""A book for acts on allocations: locked, timed after its locks, rid of what is past its time."""

from __future__ import annotations

import asyncio
from datetime import datetime

from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.stock.actions.open_book import end_what_has_passed, open_book
from tests.factories.counter import Counter, order_of
from tests.factories.locks import until_waiting
from tests.factories.network import Network
from tests.factories.sharing import open_sharing


async def test_its_time_is_later_than_its_locks(network: Network, counter: Counter) -> None:
    """Else a ledger row could be older than the one before it."""
    shared = await open_sharing(network, counter)
    key = [(shared.wholesaler, shared.goods)]
    seen: list[datetime] = []

    async def wait_for_it() -> None:
        async with shared.pool.acquire() as connection, connection.transaction():
            seen.append((await open_book(connection, key)).now)

    async with shared.pool.acquire() as watcher, shared.pool.acquire() as connection:
        turn = connection.transaction()
        await turn.start()
        await connection.execute("SELECT 1 FROM positions FOR NO KEY UPDATE")
        waiting = asyncio.create_task(wait_for_it())
        await until_waiting(watcher)
        released = await read_clock(connection)
        await turn.commit()
    await waiting
    assert seen[0] > released


async def test_what_is_past_its_time_is_ended_in_the_book(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter)
    placed = await counter.place(shared.wholesaler, order_of((shared.goods, 3)))
    past = await shared.allocated(2)
    await shared.allocated(1)
    await network.set_clock_past(placed["id"].removeprefix("ord_"))
    await shared.pass_validity(past)
    key = [(shared.wholesaler, shared.goods)]
    async with shared.pool.acquire() as connection, connection.transaction():
        opened = await open_book(connection, key)
        (figures,) = opened.book.positions.values()
        assert figures.available == 4
        await end_what_has_passed(connection, opened, key, new_id())
        assert figures.held == 0
        assert figures.allocated == 1
        assert figures.available == 9
        assert [each.kind for each in opened.book.effects.ledger] == ["expire", "deallocate"]
