"""Loading and saving the feed: the only code that runs its SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.connectors.feed.model import AVAILABILITY_CHANGED, PublishedRow
from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.connectors.feed")


class Touched(NamedTuple):
    """A number to look at, and whether an act on what partners have agreed touched it."""

    retailer: Id
    variant: Id
    by_agreement: bool


class LookedAtRow(NamedTuple):
    """A number that was looked at; `place` and `version` are None when it had not changed."""

    retailer: Id
    variant: Id
    sku: str
    available_to_promise: Decimal | None
    place: int | None
    version: int | None
    may_serve_waiting: bool
    is_to_write: bool
    written: int


class Lag(NamedTuple):
    """How many numbers wait to be looked at, and for how many seconds the oldest has."""

    touched: int
    oldest_seconds: int


ROWS: Mapping[str, type] = {
    "publish_numbers": LookedAtRow,
    "read_feed": PublishedRow,
    "read_feed_lag": Lag,
    "take_touched": Touched,
}


async def touch_numbers(connection: Connection, after: int, through: int) -> None:
    """Note the numbers that the events after one up to another may have changed."""
    await connection.execute(SQL["touch_numbers"], after, through, AVAILABILITY_CHANGED)


async def has_touched(connection: Connection) -> bool:
    """Whether any number is to be looked at."""
    found: bool = await connection.fetchval(SQL["has_touched"])
    return found


async def take_touched(connection: Connection, limit: int) -> list[Touched]:
    """Take up to `limit` numbers that are to be looked at, those that waited longest."""
    rows = await connection.fetch(SQL["take_touched"], limit)
    return [Touched(*row) for row in rows]


async def publish_numbers(
    connection: Connection, now: datetime, touched: Sequence[Touched]
) -> tuple[list[tuple[Id, PublishedRow]], list[tuple[Id, Id]]]:
    """Compute numbers and write those that changed. Row counts are asserted.

    A variant that is no longer there has no number.
    Returns what was published to whom, and the (owner, variant) pairs whose waiting orders may be
    served by what partners offer now.
    """
    rows = [
        LookedAtRow(*row)
        for row in await connection.fetch(
            SQL["publish_numbers"], now, *columns(touched, len(Touched._fields))
        )
    ]
    assert all(row.written == sum(each.is_to_write for each in rows) for row in rows[:1]), (
        "every change is written once"
    )
    published = [
        (
            row.retailer,
            PublishedRow(
                row.place, row.variant, row.sku, row.available_to_promise, row.version, now
            ),
        )
        for row in rows
        if row.place is not None and row.version is not None
    ]
    return published, [(row.retailer, row.variant) for row in rows if row.may_serve_waiting]


async def read_feed(
    connection: Connection, retailer: Id, after: int, limit: int
) -> list[PublishedRow]:
    """Read what was published to a retailer after a place, oldest first."""
    rows = await connection.fetch(SQL["read_feed"], retailer, after, limit)
    return [PublishedRow(*row) for row in rows]


async def read_last_place(connection: Connection, retailer: Id) -> int:
    """Read the place of what was published last to a retailer; 0 before anything was."""
    place: int = await connection.fetchval(SQL["read_last_place"], retailer)
    return place


async def read_feed_lag(connection: Connection) -> Lag:
    """Read how far the feed is behind."""
    row = await connection.fetchrow(SQL["read_feed_lag"])
    assert row is not None, "an aggregate always has a row"
    return Lag(*row)
