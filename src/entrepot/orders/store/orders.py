"""Loading and saving orders, their lines and the queue: the only code that runs this area's SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from entrepot.infra.arrays import columns, literal, times
from entrepot.infra.checks import (
    TIMEOUT_SECONDS,
    Broken,
    Watch,
    comparing,
    load_checks,
    run_checks,
)
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model import (
    Line,
    LocationFacts,
    Order,
    StockRowFacts,
    VariantFacts,
)

SQL = load_statements("entrepot.orders.store", "orders.sql")
VIEWS = load_statements("entrepot.orders", "views.sql")
CHECKS = load_checks("entrepot.orders")
REPAIRS = load_statements("entrepot.orders", "repairs.sql")

OrderKey: TypeAlias = tuple[Id, Id]

# The branches of `read_facts`, by the number in their column `what`; 1 is the clock.
_VARIANT: Final = 2
_RIGHT: Final = 3
_LOCATION: Final = 4
_TOKEN: Final = 5
_REFERENCE: Final = 6
_WAITS: Final = 7
_STORED: Final = 8
_FREEING: Final = 9


class Asked(NamedTuple):
    """What facts are asked for, as distinct rows; answers come back by their number."""

    variants: list[tuple[Id, Id]]
    rights: list[tuple[Id, Id, str]]
    owners: list[Id]
    tokens: list[Id]
    references: list[tuple[Id, str]]
    organisations: list[Id]
    keys: list[tuple[Id, str, bytes]]


class Stored(NamedTuple):
    """What a key that was claimed before stands for."""

    act: Id
    same_content: bool
    answer: bytes | None


class Answered(NamedTuple):
    """The facts asked for.

    `freeing` are variants with holds past their limit, `partnered` organisations with matches.
    """

    now: datetime
    variants: dict[Id, VariantFacts]
    rights: set[tuple[Id, Id, str]]
    locations: dict[Id, dict[Id, LocationFacts]]
    tokens: set[Id]
    references: dict[tuple[Id, str], Id]
    waits_holding: dict[Id, bool]
    stored: dict[tuple[Id, str], Stored]
    freeing: list[tuple[Id, Id]]
    partnered: set[Id]


async def read_variant_owners(connection: Connection, variants: Sequence[Id]) -> dict[Id, Id]:
    """Read whose variants these are; unknown ones are left out."""
    rows = await connection.fetch(SQL["read_variant_owners"], list(variants))
    return {row[0]: row[1] for row in rows}


async def lock_orders(connection: Connection, orders: Sequence[OrderKey]) -> set[OrderKey]:
    """Lock existing orders in key order; return those that exist."""
    rows = await connection.fetch(SQL["lock_orders"], *columns(orders, 2))
    return {(row[0], row[1]) for row in rows}


async def read_line_variants(
    connection: Connection, orders: Sequence[OrderKey]
) -> list[tuple[Id, Id]]:
    """Read the (owner, variant) pairs of locked orders' lines and holds."""
    rows = await connection.fetch(SQL["read_line_variants"], *columns(orders, 2))
    return [(row[0], row[1]) for row in rows]


async def read_facts(connection: Connection, asked: Asked) -> Answered:
    """Read everything a placing needs to know, in one statement after the locks."""
    return _sort_facts(asked, await _fetch_facts(connection, asked))


async def _fetch_facts(connection: Connection, asked: Asked) -> list[asyncpg.Record]:
    """Fetch the facts; each row says by its first column which kind it is."""
    rows: list[asyncpg.Record] = await connection.fetch(
        SQL["read_facts"],
        *columns(asked.variants, 2),
        *columns(asked.rights, 3),
        asked.owners,
        asked.tokens,
        *columns(asked.references, 2),
        asked.organisations,
        *columns(asked.keys, 3),
    )
    return rows


def _sort_facts(asked: Asked, rows: list[asyncpg.Record]) -> Answered:
    """Sort fetched facts by kind; their numbers say which row asked for each."""
    now: datetime | None = None
    variants: dict[Id, VariantFacts] = {}
    rights: set[tuple[Id, Id, str]] = set()
    locations: dict[Id, dict[Id, LocationFacts]] = {}
    tokens: set[Id] = set()
    references: dict[tuple[Id, str], Id] = {}
    waits: dict[Id, bool] = {}
    stored: dict[tuple[Id, str], Stored] = {}
    freeing: list[tuple[Id, Id]] = []
    partnered: set[Id] = set()
    for what, i, ident, n1, n2, n3, n4, t1, t2, b1, b2, at in rows:
        if what == _VARIANT:
            owner, variant = asked.variants[i - 1]
            variants[variant] = VariantFacts(owner, variant, t1, t2, b1, b2, n1, n2, n3, n4)
        elif what == _RIGHT:
            rights.add(asked.rights[i - 1])
        elif what == _LOCATION:
            where = locations.setdefault(asked.owners[i - 1], {})
            where[ident] = LocationFacts(ident, int(n1), b1)
        elif what == _TOKEN:
            tokens.add(asked.tokens[i - 1])
        elif what == _REFERENCE:
            references[asked.references[i - 1]] = ident
        elif what == _WAITS:
            waits[asked.organisations[i - 1]] = b1
            if b2:
                partnered.add(asked.organisations[i - 1])
        elif what == _STORED:
            organisation, key, _ = asked.keys[i - 1]
            answer = None if t1 is None else t1.encode()
            stored[organisation, key] = Stored(ident, b1, answer)
        elif what == _FREEING:
            freeing.append(asked.variants[i - 1])
        else:
            now = at
    assert now is not None, "the first branch always answers"
    return Answered(
        now, variants, rights, locations, tokens, references, waits, stored, freeing, partnered
    )


async def read_orders(connection: Connection, orders: Sequence[OrderKey]) -> dict[OrderKey, Order]:
    """Read locked orders with their lines, without their holds."""
    keys = columns(orders, 2)
    found: dict[OrderKey, Order] = {}
    for row in await connection.fetch(SQL["read_orders"], *keys):
        found[row[0], row[1]] = Order(*row)
    for row in await connection.fetch(SQL["read_lines"], *keys):
        found[row[0], row[1]].lines.append(Line(*row[2:]))
    return found


async def place_orders(connection: Connection, orders: Sequence[Order]) -> None:
    """Insert new orders and their lines. Row counts are asserted."""
    lines = [(i, line) for i, order in enumerate(orders, 1) for line in order.lines]
    counts = await connection.fetchrow(
        SQL["place_orders"],
        [each.organisation for each in orders],
        [each.id for each in orders],
        [each.reference for each in orders],
        literal([each.kind for each in orders]),
        literal([each.status for each in orders]),
        literal([each.fulfilment_status for each in orders]),
        literal([each.payment_status for each in orders]),
        literal([each.policy for each in orders]),
        literal([each.priority for each in orders]),
        literal([each.queue_place for each in orders]),
        times([each.placed_at for each in orders]),
        times([each.hold_until for each in orders]),
        literal([each.next_hold_no for each in orders]),
        literal([each.follows for each in orders]),
        literal([each.window for each in orders]),
        literal([each.producer for each in orders]),
        literal([i for i, _ in lines]),
        literal([line.line_no for _, line in lines]),
        [line.owner for _, line in lines],
        [line.variant for _, line in lines],
        literal([line.quantity for _, line in lines]),
        literal([line.held for _, line in lines]),
        literal([line.cancelled for _, line in lines]),
        literal([line.unit_price for _, line in lines]),
        literal([line.case_units for _, line in lines]),
    )
    assert counts is not None, "the statement counts what it wrote"
    assert tuple(counts) == (len(orders), len(lines)), "every order and line is written once"


LINE_COLUMNS: Final = 14
"""What `change_orders` writes of a line. A session order may have lost all its lines."""


async def change_orders(connection: Connection, orders: Sequence[Order]) -> None:
    """Write existing orders and their lines as they are now. Row counts are asserted."""
    heads = [
        (
            each.organisation,
            each.id,
            each.status,
            each.fulfilment_status,
            each.payment_status,
            each.priority,
            each.queue_place,
            each.placed_at,
            each.hold_until,
            each.next_hold_no,
        )
        for each in orders
    ]
    lines = [
        (
            order.organisation,
            order.id,
            line.line_no,
            line.owner,
            line.variant,
            line.quantity,
            line.held,
            line.shipped,
            line.returned,
            line.cancelled,
            line.short,
            line.unit_price,
            line.gathered,
            line.case_units,
        )
        for order in orders
        for line in order.lines
    ]
    row = await connection.fetchrow(
        SQL["change_orders"], *zip(*heads, strict=True), *columns(lines, LINE_COLUMNS)
    )
    assert row is not None, "the statement counts what it wrote"
    assert (row[0], row[1]) == (len(heads), len(lines)), "every order and line is written once"


async def read_wrong_orders(connection: Connection, after: OrderKey, limit: int) -> list[OrderKey]:
    """Read the next orders that are not what they are derived from, or whose queue is not."""
    async with comparing(connection):
        rows = await connection.fetch(
            REPAIRS["read_wrong_orders"], *after, limit, timeout=TIMEOUT_SECONDS
        )
    return [(row[0], row[1]) for row in rows]


async def read_stock_rows(
    connection: Connection, organisation: Id, named: Sequence[tuple[str, object]]
) -> list[StockRowFacts]:
    """Read what rows of a sheet name, as (sku, location code or None), in their order."""
    rows = await connection.fetch(VIEWS["read_stock_rows"], organisation, *columns(named, 2))
    return [StockRowFacts(*tuple(row)[1:]) for row in rows]


async def read_expired_orders(connection: Connection, now: datetime, most: int) -> list[OrderKey]:
    """Read orders whose limit has passed and whose cancellation is not written."""
    rows = await connection.fetch(SQL["read_expired_orders"], now, most)
    return [(row[0], row[1]) for row in rows]


class Lag(NamedTuple):
    """What jobs have not got round to."""

    orders: int
    """Orders past their limit that are not written as cancelled."""
    holds: int
    """Live holds past their limit."""
    oldest_seconds: int
    rechecks: int
    """Positions that those who wait for are to be looked at again."""


async def read_lag(connection: Connection) -> Lag:
    """Read what jobs have not got round to."""
    row = await connection.fetchrow(VIEWS["read_lag"])
    assert row is not None, "an aggregate always has a row"
    return Lag(*row)


async def check_orders(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check the invariants of orders: their lines, what they hold, and the queue."""
    return await run_checks(connection, CHECKS, watch)


async def list_orders(
    connection: Connection, organisation: Id, before: Id, limit: int
) -> list[tuple[Order, datetime]]:
    """Read an organisation's orders without their lines, newest first, each with the time."""
    return _heads(await connection.fetch(VIEWS["list_orders"], organisation, before, limit))


async def list_orders_of_status(
    connection: Connection, organisation: Id, status: str, before: Id, limit: int
) -> list[tuple[Order, datetime]]:
    """Read an organisation's orders of a status, newest first, without those past their limit."""
    rows = await connection.fetch(
        VIEWS["list_orders_of_status"], organisation, status, before, limit
    )
    return _heads(rows)


async def list_limited_orders(
    connection: Connection, organisation: Id, before: Id, limit: int
) -> list[tuple[Order, datetime]]:
    """Read an organisation's orders past their limit whose cancellation is not written yet."""
    rows = await connection.fetch(VIEWS["list_limited_orders"], organisation, before, limit)
    return _heads(rows)


async def find_order(
    connection: Connection, organisation: Id, order: Id | None, reference: str | None = None
) -> tuple[Order, datetime] | None:
    """Read one order without its lines, by its id or its reference, with the time."""
    row = await connection.fetchrow(VIEWS["find_order"], organisation, order, reference)
    return None if row is None else _heads([row])[0]


async def read_order_lines(connection: Connection, order: Order) -> list[Line]:
    """Read the lines of an order."""
    rows = await connection.fetch(SQL["read_lines"], [order.organisation], [order.id])
    return [Line(*row[2:]) for row in rows]


async def find_successor(connection: Connection, organisation: Id, order: Id) -> Id | None:
    """Read which order carries on the rest of another."""
    successor: Id | None = await connection.fetchval(VIEWS["find_successor"], organisation, order)
    return successor


def _heads(rows: Sequence[asyncpg.Record]) -> list[tuple[Order, datetime]]:
    """Make orders from rows whose last column is the time they were read at."""
    return [(Order(*row[:-1]), row[-1]) for row in rows]
