"""Finding orders and invoices of marketplaces as programs page through them, and by number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import highest_id, lowest_id
from entrepot.kernel.text import pattern_of
from entrepot.orders.model.market_rows import InvoiceRow, MarketOrderRow
from entrepot.orders.model.market_seeking import (
    BEGIN,
    END,
    ChangedOrderRow,
    InvoicesWanted,
    SoughtRow,
)

SQL = load_statements("entrepot.orders.store", "seeking.sql")

ROWS: Mapping[str, type] = {
    "seek_invoices": SoughtRow,
    "seek_changed_orders": ChangedOrderRow,
    "read_numbered_orders": MarketOrderRow,
    "read_sought_invoices": InvoiceRow,
}


async def seek_invoices(
    connection: Connection, caller: Id, wanted: InvoicesWanted, limit: int
) -> list[SoughtRow]:
    """Look at so many invoices from where a page begins: those that fit, and the last of all."""
    at, ident = wanted.start
    rows = await connection.fetch(
        SQL["seek_invoices"],
        caller,
        wanted.side,
        wanted.sort,
        wanted.descending,
        at,
        ident,
        limit,
        *_bounds(wanted),
        wanted.is_named,
        lowest_id(wanted.created_since),
        highest_id(wanted.created_until),
        *_standing(wanted),
    )
    return [SoughtRow(*row) for row in rows]


async def count_invoices(connection: Connection, caller: Id, wanted: InvoicesWanted) -> int:
    """Count the invoices that fit."""
    number: int = await connection.fetchval(
        SQL["count_invoices"], caller, wanted.side, *_bounds(wanted), *_standing(wanted)
    )
    return number


def _bounds(wanted: InvoicesWanted) -> list[Any]:
    """What invoices must fit, as the statements take it."""
    return [
        wanted.created_since or BEGIN,
        wanted.created_until or END,
        wanted.updated_since or BEGIN,
        wanted.updated_until or END,
        wanted.paid_since or BEGIN,
        wanted.paid_until or END,
        wanted.legacy_id,
        wanted.order_number,
        wanted.external_id,
        pattern_of(wanted.external_id_part or ""),
        wanted.buyer_email,
        pattern_of(wanted.buyer_name or ""),
        wanted.not_dispatched,
    ]


def _standing(wanted: InvoicesWanted) -> list[Any]:
    """How far invoices must be, as the statements take it."""
    return [wanted.statuses, wanted.awaiting_return, wanted.awaiting_collection]


async def read_sought_invoices(
    connection: Connection, keys: Sequence[tuple[Id, Id]]
) -> list[InvoiceRow]:
    """Read invoices by (marketplace, id)."""
    rows = await connection.fetch(SQL["read_sought_invoices"], *columns(keys, 2))
    return [InvoiceRow(*row) for row in rows]


async def seek_changed_orders(
    connection: Connection,
    organisation: Id,
    since: datetime,
    after: tuple[datetime, Id],
    limit: int,
) -> list[ChangedOrderRow]:
    """Find a marketplace's orders that were changed since a moment, from after a place on."""
    rows = await connection.fetch(SQL["seek_changed_orders"], organisation, since, *after, limit)
    return [ChangedOrderRow(*row) for row in rows]


async def count_changed_orders(connection: Connection, organisation: Id, since: datetime) -> int:
    """Count a marketplace's orders that were changed since a moment."""
    number: int = await connection.fetchval(SQL["count_changed_orders"], organisation, since)
    return number


async def number_orders(
    connection: Connection, organisation: Id, numbers: Sequence[int]
) -> dict[int, Id]:
    """Find which orders of a marketplace have these numbers."""
    rows = await connection.fetch(SQL["number_orders"], organisation, list(numbers))
    return {number: order for number, order in rows}  # noqa: C416 - rows are not pairs to mypy


async def read_numbered_orders(
    connection: Connection, organisation: Id, orders: Sequence[Id]
) -> list[MarketOrderRow]:
    """Read orders of a marketplace by their ids."""
    rows = await connection.fetch(SQL["read_numbered_orders"], organisation, list(orders))
    return [MarketOrderRow(*row) for row in rows]
