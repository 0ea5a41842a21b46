"""Write a batch's effects on the ledger."""

from collections.abc import Sequence
from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.kernel.demand import HoldKey
from entrepot.kernel.ids import Id
from entrepot.stock import store
from entrepot.stock.model import Book


async def write_stock(
    connection: Connection,
    now: datetime,
    book: Book,
    lifted: Sequence[HoldKey] = (),
    cursors: Sequence[tuple[Id, Id, Id, str | None]] = (),
) -> None:
    """Write the book's figures, ledger rows, holds and transfers, lifted limits and cursors.

    A fixed number of statements whatever the size; each asserts its row counts.
    """
    await store.write_stock(connection, now, book)
    await store.end_holds(connection, book, lifted)
    await store.write_transfers(connection, now, book)
    await store.set_rechecks(connection, cursors)
