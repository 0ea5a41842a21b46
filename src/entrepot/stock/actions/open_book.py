"""Open a book over the positions of variants, for acts on allocations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection
from entrepot.kernel.demand import AllocationKey, WantedPosition
from entrepot.kernel.ids import Id
from entrepot.stock import store
from entrepot.stock.actions.lock_stock import lock_stock
from entrepot.stock.model import Book, expire, expire_allocations
from entrepot.stock.model.allocations import CloseReason
from entrepot.stock.store import allocations, transfers


class OpenBook(NamedTuple):
    """A book over locked positions, when that was, and which allocations there are past their time.

    The time is read after the locks, so that ledger rows stand in the order of their versions.
    """

    book: Book
    now: datetime
    expired: list[AllocationKey]


async def open_book(
    connection: Connection,
    variants: Sequence[tuple[Id, Id]],
    wanted: Sequence[WantedPosition] = (),
    moment: Moment = by_the_clock,
) -> OpenBook:
    """Lock all positions of (owner, variant) pairs in key order, and read their allocations.

    `wanted` are positions to make first where there are none. `moment` says when this happens.
    """
    locked = await lock_stock(connection, variants, wanted)
    now = moment(await read_clock(connection))
    found, expired = await transfers.read_open_allocations(connection, variants, now)
    return OpenBook(Book([figures for figures, _ in locked], allocations=found), now, expired)


async def end_what_has_passed(
    connection: Connection, opened: OpenBook, variants: Sequence[tuple[Id, Id]], act: Id
) -> None:
    """End the holds and allocations past their time: they count as ended for every decision."""
    book = opened.book
    holds = await store.read_expired_holds(connection, variants, opened.now)
    expire(book, [hold for hold in holds if hold.position in book.positions], act)
    expire_allocations(book, opened.expired, act)


async def close_book(
    connection: Connection, opened: OpenBook, reasons: Mapping[AllocationKey, CloseReason]
) -> None:
    """Write what happened in the book; whoever waits for these positions is looked at again.

    `reasons` say why allocations ended, where that is not their validity.
    """
    book = opened.book
    await store.write_stock(connection, opened.now, book)
    await store.end_holds(connection, book, ())
    closings: dict[AllocationKey, CloseReason] = dict.fromkeys(book.reallocated, "expired")
    closings.update(reasons)
    await allocations.write_allocations(connection, opened.now, book, closings)
    await store.set_rechecks(connection, [(*figures.key, "") for figures in book.changed()])
