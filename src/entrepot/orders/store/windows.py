"""Loading and saving sales sessions as the batch sees them, and what their products hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from entrepot.infra.arrays import columns
from entrepot.infra.checks import TIMEOUT_SECONDS, comparing
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model import Window, WindowProduct
from entrepot.orders.model.rebuilding import RebuiltProduct
from entrepot.orders.model.selling import (
    NewRemoteWindow,
    NewWindow,
    ProductNow,
    SoldProduct,
    WindowNow,
)

SQL = load_statements("entrepot.orders.store", "windows.sql")

REPAIRS = load_statements("entrepot.orders", "repairs.sql")

WindowKey: TypeAlias = tuple[Id, Id]
ProductKey: TypeAlias = tuple[Id, Id, Id]


async def read_windows_of_orders(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> set[WindowKey]:
    """Read the sales sessions of orders, which never change; most orders have none."""
    rows = await connection.fetch(SQL["read_windows_of_orders"], *columns(orders, 2))
    return {(row[0], row[1]) for row in rows}


async def lock_windows(
    connection: Connection,
    windows: Sequence[WindowKey],
    *,
    alone: bool,
) -> dict[tuple[Id, Id, Id], Id]:
    """Lock sales sessions in key order, shared or `alone`; return session orders of the latter.

    These are by (trader, session, producer).
    """
    keys = columns(windows, 2)
    await connection.fetch(SQL["lock_windows_alone" if alone else "lock_windows"], *keys)
    if not alone:
        return {}
    rows = await connection.fetch(SQL["read_session_orders"], *keys)
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def read_windows(
    connection: Connection,
    named: Sequence[tuple[Id, Id, Id | None]],
    now: datetime,
    *,
    frees: bool,
) -> dict[WindowKey, Window]:
    """Read sales sessions with those of their products that are named; None names a session alone.

    `frees` says that some holds have passed their limit, which are held no more.
    """
    found: dict[WindowKey, Window] = {}
    rows = await connection.fetch(SQL["read_windows"], *columns(named, 3), frees, now)
    for row in rows:
        key = (row[0], row[1])
        window = found.get(key)
        if window is None:
            window = found[key] = Window(*row[2:7])
        if row[7] is not None:
            window.products[row[7]] = WindowProduct(*row[8:])
    return found


async def read_unfinished(
    connection: Connection, windows: Sequence[WindowKey], orders: Sequence[Id], now: datetime
) -> set[WindowKey]:
    """Read which locked sales sessions have customers, beside these orders, who may yet be served.

    They have paid, or may still pay.
    """
    rows = await connection.fetch(SQL["read_unfinished"], *columns(windows, 2), list(orders), now)
    return {(row[0], row[1]) for row in rows}


async def count_window_holds(
    connection: Connection, holds: Sequence[tuple[Id, Id, int, int]]
) -> None:
    """Add to what sessions hold the holds with sign 1, and take those with -1 from it."""
    await connection.execute(SQL["count_window_holds"], *columns(holds, 4))


async def read_wrong_windows(
    connection: Connection, after: ProductKey, limit: int
) -> list[tuple[Id, Id, Id, Id]]:
    """Read the next products that hold something else than customers do, with their owners."""
    async with comparing(connection):
        rows = await connection.fetch(
            REPAIRS["read_wrong_windows"], *after, limit, timeout=TIMEOUT_SECONDS
        )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def rebuild_windows(
    connection: Connection, products: Sequence[ProductKey]
) -> list[RebuiltProduct]:
    """Let products whose positions are locked hold what customers do; return what changed."""
    rows = await connection.fetch(REPAIRS["rebuild_windows"], *columns(products, 3))
    return [RebuiltProduct(*row) for row in rows]


async def insert_window(connection: Connection, window: NewWindow) -> None:
    """Write a new session, which is open between its times."""
    await connection.execute(SQL["insert_window"], *window)


async def find_remote_window(
    connection: Connection,
    organisation: Id,
    opens_at: datetime | None,
    closes_at: datetime | None,
    now: datetime,
) -> Id | None:
    """Find a remote trader's session by its times; one without an end until its hold is over."""
    found: Id | None = await connection.fetchval(
        SQL["find_remote_window"], organisation, opens_at, closes_at, now
    )
    return found


async def insert_remote_window(connection: Connection, window: NewRemoteWindow) -> None:
    """Write a remote trader's session; nothing happens when another has just written it."""
    await connection.execute(SQL["insert_remote_window"], *window)


async def lock_window(connection: Connection, organisation: Id, window: Id) -> WindowNow | None:
    """Keep a session of one's own to oneself: nobody places in it meanwhile. "" is nobody's."""
    if not window:
        return None
    row = await connection.fetchrow(SQL["lock_window"], organisation, window)
    return None if row is None else WindowNow(*row)


async def read_sold(
    connection: Connection, organisation: Id, window: Id, variants: Sequence[Id]
) -> dict[Id, ProductNow]:
    """Read those of these products that a locked session sells, by variant."""
    rows = await connection.fetch(SQL["read_sold"], organisation, window, variants)
    return {row[0]: ProductNow(*row) for row in rows}


async def count_sold(connection: Connection, organisation: Id, window: Id) -> int:
    """Count the products that a session sells."""
    count: int = await connection.fetchval(SQL["count_sold"], organisation, window)
    return count


async def set_window_times(
    connection: Connection, organisation: Id, window: Id, opens_at: datetime, closes_at: datetime
) -> None:
    """Write other times of a locked session."""
    await connection.execute(SQL["set_window_times"], organisation, window, opens_at, closes_at)


async def set_sold(
    connection: Connection, organisation: Id, window: Id, products: Sequence[SoldProduct]
) -> None:
    """Write what a locked session sells; what it sells already gets the new limit and price."""
    await connection.execute(
        SQL["set_sold"], organisation, window, *columns(products, len(SoldProduct._fields))
    )


async def delete_sold(
    connection: Connection, organisation: Id, window: Id, variants: Sequence[Id]
) -> None:
    """Let a locked session no longer sell products, which nobody holds."""
    await connection.execute(SQL["delete_sold"], organisation, window, variants)


async def set_window_closing(
    connection: Connection, organisation: Id, window: Id, now: datetime
) -> bool:
    """Close a session to orders; False when it was closed before."""
    row = await connection.fetchrow(SQL["set_window_closing"], organisation, window, now)
    return row is not None


async def set_window_complete(
    connection: Connection, organisation: Id, window: Id, now: datetime
) -> bool:
    """Write that a closing session is complete; False when it was already, or is not closing."""
    row = await connection.fetchrow(SQL["set_window_complete"], organisation, window, now)
    return row is not None
