"""Writing a book: figures, rows and holds together, each once, or an assertion."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from entrepot.infra.failures import broken_constraint
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.demand import (
    Change,
    Demand,
    DemandLine,
    Ending,
    HoldEnd,
    HoldKey,
    LiveHold,
    PositionKey,
)
from entrepot.kernel.ids import Id
from entrepot.stock import Book, decide, lock_stock, write_stock
from tests.factories.counter import Counter
from tests.factories.network import Network

LEDGER = (
    "SELECT version, kind, on_hand_change, held_change, on_hand, held"
    " FROM ledger WHERE variant = $1 ORDER BY version"
)


class Shelf:
    """One position of one owner, written to without orders."""

    def __init__(self, counter: Counter, key: PositionKey) -> None:
        self.counter = counter
        self.key = key

    async def book(self, connection: Connection) -> Book:
        """The locked position as a book."""
        locked = await lock_stock(connection, [(self.key.owner, self.key.variant)])
        return Book([figures for figures, _ in locked], {})

    def take(self, book: Book, quantity: int, order: Id) -> bool:
        line = DemandLine(1, Decimal(quantity), (self.key,))
        return decide(book, Demand(new_id(), self.key.owner, order, lines=(line,))).accepted

    async def write(self, connection: Connection, book: Book) -> None:
        await write_stock(connection, await read_clock(connection), book)


@pytest.fixture
async def shelf(network: Network, counter: Counter) -> Shelf:
    owner = await network.organisation("owner")
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 10)
    ((location,),) = await counter.rows("SELECT location FROM positions")
    return Shelf(counter, PositionKey(owner, variant, str(location)))


@pytest.mark.damages_database("these holds have no orders")
async def test_each_change_is_a_row_with_the_version_it_makes(shelf: Shelf, pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        book = await shelf.book(connection)
        assert [shelf.take(book, quantity, new_id()) for quantity in (3, 4, 9)] == [
            True,
            True,
            False,
        ]
        await shelf.write(connection, book)
    assert await shelf.counter.figures(shelf.key.variant) == (10, 7, 3)
    assert await shelf.counter.rows(LEDGER, shelf.key.variant) == [
        (1, "receive", 10, 0, 10, 0),
        (2, "hold", 0, 3, 10, 3),
        (3, "hold", 0, 4, 10, 7),
    ]
    opened = "SELECT quantity, opened_version, state FROM holds ORDER BY opened_version"
    assert await shelf.counter.rows(opened) == [(3, 2, "live"), (4, 3, "live")]


async def test_a_book_that_did_not_change_writes_nothing(shelf: Shelf, pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        book = await shelf.book(connection)
        assert not shelf.take(book, 11, new_id())
        await shelf.write(connection, book)
    assert await shelf.counter.figures(shelf.key.variant) == (10, 0, 1)


async def test_a_book_of_older_figures_is_not_written(shelf: Shelf, pool: Pool) -> None:
    """The ledger has a row of that version already, so the second writer is refused."""
    async with pool.acquire() as connection:
        async with connection.transaction():
            stale = await shelf.book(connection)
        await shelf.counter.receive(shelf.key.owner, shelf.key.variant, 1)
        assert shelf.take(stale, 10, new_id())
        with pytest.raises(Exception, match="ledger_pk") as refused:
            async with connection.transaction():
                await shelf.write(connection, stale)
    assert broken_constraint(refused.value) == "ledger_pk"
    assert await shelf.counter.figures(shelf.key.variant) == (11, 0, 2)


async def test_a_row_that_is_not_there_is_an_assertion(shelf: Shelf, pool: Pool) -> None:
    async with pool.acquire() as connection:
        turn = connection.transaction()
        await turn.start()
        book = await shelf.book(connection)
        await connection.execute("UPDATE positions SET version = version + 1")
        assert shelf.take(book, 1, new_id())
        with pytest.raises(AssertionError, match="written once"):
            await shelf.write(connection, book)
        await turn.rollback()
    assert await shelf.counter.figures(shelf.key.variant) == (10, 0, 1)


async def test_a_hold_that_ended_cannot_end_again(shelf: Shelf, pool: Pool) -> None:
    key = HoldKey(shelf.key.owner, new_id(), 1)
    gone = LiveHold(key, shelf.key, shelf.key.owner, 1, Decimal(1), None)
    ending = Ending(gone, Decimal(1), HoldEnd.RELEASED)
    async with pool.acquire() as connection:
        turn = connection.transaction()
        await turn.start()
        book = await shelf.book(connection)
        assert shelf.take(book, 2, new_id())
        demand = Demand(new_id(), shelf.key.owner, key.order, endings=(ending,))
        assert decide(book, demand).accepted
        with pytest.raises(AssertionError, match="ends once"):
            await shelf.write(connection, book)
        await turn.rollback()
    assert await shelf.counter.figures(shelf.key.variant) == (10, 0, 1)


@pytest.mark.damages_database("these rows belong to no act")
async def test_a_thousand_changes_are_a_thousand_rows(shelf: Shelf, pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        book = await shelf.book(connection)
        for _ in range(1000):
            change = Change(shelf.key, Decimal("0.001"), "receive")
            assert decide(book, Demand(new_id(), shelf.key.owner, changes=(change,))).accepted
        await shelf.write(connection, book)
    rows = await shelf.counter.rows(LEDGER, shelf.key.variant)
    assert await shelf.counter.figures(shelf.key.variant) == (11, 0, 1001)
    assert all(b[0] == int(str(a[0])) + 1 for a, b in pairwise(rows))
