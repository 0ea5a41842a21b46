"""Reading orders of marketplaces and seller invoices to show them: one statement a level."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Page, lowest_id
from entrepot.orders.model.market_rows import (
    AdjustmentRow,
    Beside,
    ExternalIdRow,
    InvoiceLineRow,
    InvoiceRow,
    MarketOrderRow,
)
from entrepot.orders.model.market_showing import (
    INVOICES_LOOKED_AT_MAX,
    InvoiceFilter,
    MarketOrderFilter,
    Side,
)
from entrepot.orders.store.shipments import read_invoice_refunds, read_invoice_shipments

SQL = load_statements("entrepot.orders.store", "invoices.sql")

ROWS: Mapping[str, type] = {
    "list_marketplace_orders": MarketOrderRow,
    "read_order_invoices": InvoiceRow,
    "list_own_invoices": InvoiceRow,
    "list_market_invoices": InvoiceRow,
    "read_invoice_lines": InvoiceLineRow,
    "read_adjustments": AdjustmentRow,
    "read_external_ids": ExternalIdRow,
}

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LISTS: Final[Mapping[Side, str]] = {
    "seller": "list_own_invoices",
    "marketplace": "list_market_invoices",
}


async def list_marketplace_orders(
    connection: Connection,
    organisation: Id,
    wanted: MarketOrderFilter,
    before: Id = HIGHEST,
    limit: int = 1,
    order: Id | None = None,
) -> list[MarketOrderRow]:
    """Read orders of a marketplace, newest first; with `order`, that one."""
    key, value = wanted.external_id or (None, None)
    rows = await connection.fetch(
        SQL["list_marketplace_orders"],
        organisation,
        before,
        lowest_id(wanted.created_since),
        wanted.created_since or _BEGIN,
        order,
        wanted.legacy_id,
        key,
        value,
        limit,
    )
    return [MarketOrderRow(*row) for row in rows]


async def read_order_invoices(
    connection: Connection, organisation: Id, orders: Sequence[Id]
) -> list[InvoiceRow]:
    """Read the invoices of a marketplace's orders."""
    rows = await connection.fetch(SQL["read_order_invoices"], organisation, list(orders))
    return [InvoiceRow(*row) for row in rows]


async def list_invoices(
    connection: Connection,
    caller: Id,
    side: Side,
    wanted: InvoiceFilter,
    page: Page,
    invoice: Id | None = None,
) -> list[InvoiceRow]:
    """Read invoices of a seller or a marketplace, with the last that was looked at.

    With `invoice`, that one. At most 500 are looked at where what is wanted cannot be sought.
    """
    key, value = wanted.external_id or (None, None)
    is_one = wanted.legacy_id is not None or invoice is not None
    is_one = is_one or (side == "marketplace" and key is not None)
    after_at, after_id = _after(wanted, page)
    rows = await connection.fetch(
        SQL[_LISTS[side]],
        caller,
        wanted.sort,
        wanted.descending,
        after_at,
        after_id,
        wanted.created_since or _BEGIN,
        wanted.paid_since or _BEGIN,
        lowest_id(wanted.created_since),
        wanted.legacy_id,
        key,
        value,
        is_one,
        invoice,
        INVOICES_LOOKED_AT_MAX if _must_look(wanted) else page.rows_wanted,
        wanted.not_dispatched,
    )
    return [InvoiceRow(*row) for row in rows]


def _must_look(wanted: InvoiceFilter) -> bool:
    """Whether invoices must be looked through, because no index says which fit."""
    unsorted = wanted.created_since if wanted.sort == "paid_at" else wanted.paid_since
    return wanted.not_dispatched or wanted.external_id is not None or unsorted is not None


def _after(wanted: InvoiceFilter, page: Page) -> tuple[datetime, Id]:
    """The place after which a page begins."""
    if page.after is not None:
        micros, ident = page.after
        return _BEGIN + timedelta(microseconds=int(micros)), str(ident)
    return (_END, HIGHEST) if wanted.descending else (_BEGIN, LOWEST)


async def read_beside(connection: Connection, invoices: Sequence[InvoiceRow], side: Side) -> Beside:
    """Read what is shown beside invoices; what others call the order is told the marketplace."""
    if not invoices:
        return Beside()
    keys = columns([(each.organisation, each.order_id, each.id) for each in invoices], 3)
    lines = await connection.fetch(SQL["read_invoice_lines"], *keys)
    adjustments = await connection.fetch(SQL["read_adjustments"], *keys)
    named = {(each.organisation, "invoice", each.id) for each in invoices}
    named |= {(each.organisation, "line", each.order_id) for each in invoices}
    if side == "marketplace":
        named |= {(each.organisation, "order", each.order_id) for each in invoices}
    external_ids = await connection.fetch(SQL["read_external_ids"], *columns(sorted(named), 3))
    return Beside(
        [InvoiceLineRow(*row) for row in lines],
        [AdjustmentRow(*row) for row in adjustments],
        [ExternalIdRow(*row) for row in external_ids],
        await read_invoice_shipments(connection, keys),
        await read_invoice_refunds(connection, keys),
    )
