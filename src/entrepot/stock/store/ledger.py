"""Loading and saving what is there: positions, the ledger and holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import asyncpg

from entrepot.infra.arrays import columns, literal
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
from entrepot.kernel.demand import HeldPart, HoldKey, LiveHold, PositionKey, WantedPosition
from entrepot.kernel.ids import Id
from entrepot.stock.model import Book, Figures
from entrepot.stock.model.rebuilding import Sources
from entrepot.stock.model.shown import EntryRow, HoldRow, PositionRow

SQL = load_statements("entrepot.stock.store", "ledger.sql")
VIEWS = load_statements("entrepot.stock", "views.sql")
CHECKS = load_checks("entrepot.stock")
REPAIRS = load_statements("entrepot.stock", "repairs.sql")


ROWS: Mapping[str, type] = {
    "find_position": PositionRow,
    "find_position_as_of": PositionRow,
    "list_ledger": EntryRow,
    "list_live_holds": HoldRow,
    "list_order_holds": HoldRow,
    "list_positions": PositionRow,
    "list_positions_at_location": PositionRow,
}


async def insert_missing_positions(
    connection: Connection, wanted: Iterable[WantedPosition]
) -> None:
    """Make positions where there are none."""
    await connection.execute(SQL["insert_missing_positions"], *columns(list(wanted), 5))


async def lock_positions(
    connection: Connection, variants: Sequence[tuple[Id, Id]]
) -> list[tuple[Figures, str | None]]:
    """Lock all positions of (owner, variant) pairs, in key order, with their recheck cursors."""
    rows = await connection.fetch(SQL["lock_positions"], *columns(variants, 2))
    locked = []
    for i, location, on_hand, held, allocated, version, unlimited, cursor in rows:
        owner, variant = variants[i - 1]
        key = PositionKey(owner, variant, location)
        figures = Figures(key, on_hand, held, allocated, version, unlimited=unlimited)
        locked.append((figures, cursor))
    return locked


async def read_expired_holds(
    connection: Connection, variants: Sequence[tuple[Id, Id]], now: datetime
) -> list[LiveHold]:
    """Read the live holds on these variants whose limit has passed."""
    rows = await connection.fetch(SQL["read_expired_holds"], *columns(variants, 2), now)
    return [_hold(row) for row in rows]


async def read_order_holds(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> tuple[list[LiveHold], list[tuple[LiveHold, Decimal]]]:
    """Read the holds of (owner, order) pairs: the live ones, and the converted with their units."""
    rows = await connection.fetch(SQL["read_order_holds"], *columns(orders, 2))
    live, converted = [], []
    for row in rows:
        if row["state"] == "live":
            live.append(_hold(row))
        else:
            converted.append((_hold(row), row["ended_quantity"]))
    return live, converted


async def read_holds_to_give_up(
    connection: Connection, counts: Sequence[tuple[Id, Id, Id | None, Decimal]]
) -> list[tuple[Id, Id]]:
    """Read the orders, as (organisation, order), that counts may cut short."""
    rows = await connection.fetch(SQL["read_holds_to_give_up"], *columns(counts, 4))
    return [(row[0], row[1]) for row in rows]


async def write_stock(connection: Connection, now: datetime, book: Book) -> None:
    """Write figures, ledger rows and new holds. Row counts are asserted: no silent miss."""
    changed = book.changed()
    if not changed:
        return
    numbers = {each.key: i for i, each in enumerate(changed, 1)}
    terms: dict[tuple[Id | None, Id, Id | None, datetime | None], int] = {}
    entries = []
    opened = 0
    for row in book.effects.ledger:
        opened += row.kind == "hold"
        of = (row.order, row.act, row.organisation, row.expires_at)
        entries.append(
            (
                numbers[row.position],
                terms.setdefault(of, len(terms) + 1),
                row.version,
                row.kind,
                row.on_hand_change,
                row.held_change,
                row.allocated_change,
                row.on_hand,
                row.held,
                row.allocated,
                row.hold_no,
                row.line_no,
            )
        )
    counts = await connection.fetchrow(
        SQL["write_stock"],
        now,
        [each.key.owner for each in changed],
        [each.key.variant for each in changed],
        [each.key.location for each in changed],
        literal([each.on_hand for each in changed]),
        literal([each.held for each in changed]),
        literal([each.allocated for each in changed]),
        literal([each.version for each in changed]),
        [each[0] for each in terms],
        [each[1] for each in terms],
        [each[2] for each in terms],
        [each[3] for each in terms],
        *map(literal, zip(*entries, strict=True)),
        literal([each.version_before for each in changed]),
    )
    assert counts is not None, "the statement counts what it wrote"
    assert tuple(counts) == (len(changed), len(entries), opened), (
        "every locked position, ledger row and hold is written once"
    )


async def end_holds(connection: Connection, book: Book, lifted: Sequence[HoldKey]) -> None:
    """Write how holds ended, their successors and lifted limits. Row counts are asserted."""
    ended = book.effects.ended
    successors = book.effects.successors
    gone = {(each.owner, each.order, each.hold_no) for each in ended}
    lifted = [key for key in lifted if key not in gone]
    if not (ended or lifted):
        return
    row = await connection.fetchrow(
        SQL["end_holds"], *columns(ended, 6), *columns(successors, 10), *columns(lifted, 3)
    )
    assert row is not None, "the statement counts what it wrote"
    assert (row[0], row[1], row[2]) == (len(ended), len(successors), len(lifted)), (
        "every hold ends once"
    )


async def set_rechecks(
    connection: Connection, cursors: Sequence[tuple[Id, Id, Id, str | None]]
) -> None:
    """Write where the next look at waiting orders begins, by position."""
    if cursors:
        await connection.execute(SQL["set_rechecks"], *columns(cursors, 4))


async def list_positions(
    connection: Connection, owner: Id, after: tuple[Id, Id], last: Id, limit: int
) -> list[PositionRow]:
    """Read an owner's positions from after a (variant, location) on, up to a variant."""
    rows = await connection.fetch(SQL["list_positions"], owner, *after, last, limit)
    return [PositionRow(*row) for row in rows]


async def list_positions_at_location(
    connection: Connection, owner: Id, location: Id, after: Id, limit: int
) -> list[PositionRow]:
    """Read an owner's positions at a location, from after a variant on."""
    rows = await connection.fetch(SQL["list_positions_at_location"], owner, location, after, limit)
    return [PositionRow(*row) for row in rows]


async def list_position_lines(
    connection: Connection, owner: Id, after: tuple[str, str], limit: int
) -> list[tuple[str, ...]]:
    """Read an owner's positions as lines of a sheet, from after a (sku, location code) on."""
    rows = await connection.fetch(VIEWS["list_position_lines"], owner, *after, limit)
    return [tuple(row) for row in rows]


async def find_position(
    connection: Connection, key: PositionKey, as_of: datetime | None = None
) -> PositionRow | None:
    """Read one position as it is, or as its ledger had it at a moment."""
    if as_of is None:
        row = await connection.fetchrow(SQL["find_position"], *key)
    else:
        row = await connection.fetchrow(SQL["find_position_as_of"], *key, as_of)
    return None if row is None else PositionRow(*row)


async def list_ledger(
    connection: Connection, key: PositionKey, before: int, limit: int
) -> list[EntryRow]:
    """Read a position's ledger rows, newest first, from before a version on."""
    rows = await connection.fetch(SQL["list_ledger"], *key, before, limit)
    return [EntryRow(*row) for row in rows]


async def list_live_holds(
    connection: Connection, owner: Id, after: tuple[Id, Id, Id, int], last: Id, limit: int
) -> list[HoldRow]:
    """Read the live holds on an owner's stock, from after (variant, location, order, number)."""
    rows = await connection.fetch(SQL["list_live_holds"], owner, *after, last, limit)
    return [HoldRow(*row) for row in rows]


async def list_order_holds(
    connection: Connection,
    key: tuple[Id, Id],
    after: int,
    variant: Id | None,
    state: str | None,
    limit: int,
) -> list[HoldRow]:
    """Read the holds of an (owner, order), from after a number on."""
    rows = await connection.fetch(SQL["list_order_holds"], *key, after, variant, state, limit)
    return [HoldRow(*row) for row in rows]


async def list_held_parts(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> list[HeldPart]:
    """Read what (owner, order) pairs hold now."""
    rows = await connection.fetch(SQL["list_held_parts"], *columns(orders, 2))
    return [HeldPart(row[2], row[3], PositionKey(row[0], row[4], row[5]), *row[6:]) for row in rows]


def _hold(row: asyncpg.Record) -> LiveHold:
    """Make a hold from its first nine columns."""
    return LiveHold(
        HoldKey(row[0], row[1], row[2]),
        PositionKey(row[0], row[3], row[4]),
        row[5],
        row[6],
        row[7],
        row[8],
    )


async def read_wrong_positions(
    connection: Connection, after: PositionKey, limit: int
) -> list[PositionKey]:
    """Read the next positions whose figures are not what they are derived from."""
    async with comparing(connection):
        rows = await connection.fetch(
            REPAIRS["read_wrong_positions"], *after, limit, timeout=TIMEOUT_SECONDS
        )
    return [PositionKey(*row) for row in rows]


async def read_sources(connection: Connection, keys: Sequence[PositionKey]) -> list[Sources]:
    """Read what the figures of locked positions, or of those that are gone, are derived from."""
    rows = await connection.fetch(REPAIRS["read_sources"], *columns(keys, 3))
    return [Sources(keys[row[0] - 1], *row[1:]) for row in rows]


async def write_figures(connection: Connection, figures: Sequence[Figures]) -> None:
    """Write rebuilt figures; those who wait for them are looked at again. Counts are asserted."""
    rows = await connection.fetch(
        REPAIRS["write_figures"],
        *columns([each.key for each in figures], 3),
        [each.on_hand for each in figures],
        [each.held for each in figures],
        [each.allocated for each in figures],
        [each.version for each in figures],
        [each.unlimited for each in figures],
    )
    assert len(rows) == len(figures), "every position is written once"


async def read_last_hold_numbers(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> dict[Id, int]:
    """Read, by order, the highest number that (owner, order) pairs gave to a hold."""
    rows = await connection.fetch(REPAIRS["read_last_hold_numbers"], *columns(orders, 2))
    last: dict[Id, int] = {}
    for order, hold_no in rows:
        last[order] = max(hold_no, last.get(order, 0))
    return last


async def check_ledger(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check the ledger's invariants: figures, holds and rows tell one story."""
    return await run_checks(connection, CHECKS, watch)
