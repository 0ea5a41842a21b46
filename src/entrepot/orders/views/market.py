"""Reads of orders of marketplaces and of seller invoices, for doors: one statement a level."""

from collections.abc import Sequence

from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model.market_showing import (
    InvoiceFilter,
    MarketOrderFilter,
    ShownInvoice,
    ShownMarketplaceOrder,
    Side,
    cut_invoices,
    show_invoices,
    show_marketplace_orders,
    unknown_invoice,
)
from entrepot.orders.model.standing import unknown_order
from entrepot.orders.store import invoices


async def list_marketplace_orders(
    pool: Pool, caller: Caller, page: Page, wanted: MarketOrderFilter
) -> Sequence[ShownMarketplaceOrder] | Refusal:
    """The caller's orders over many sellers, newest first, with invoices and lines.

    A page's key is the id. Refuses `identity.scope_missing`.
    """
    before = HIGHEST if page.after is None else str(page.after[0])
    return await _marketplace_orders(pool, caller, wanted, before, page.rows_wanted)


async def find_marketplace_order(
    pool: Pool, caller: Caller, order: Id
) -> ShownMarketplaceOrder | Refusal:
    """One of the caller's orders over many sellers, with its invoices and their lines.

    Refuses `identity.scope_missing` and `orders.unknown_order`.
    """
    found = await _marketplace_orders(pool, caller, MarketOrderFilter(), HIGHEST, 1, order)
    if isinstance(found, Refusal):
        return found
    return found[0] if found else unknown_order(order)


async def _marketplace_orders(
    pool: Pool,
    caller: Caller,
    wanted: MarketOrderFilter,
    before: Id,
    limit: int,
    order: Id | None = None,
) -> list[ShownMarketplaceOrder] | Refusal:
    """Read orders of a marketplace and all that is shown of them, one statement a level."""
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        rows = await invoices.list_marketplace_orders(
            connection, caller.organisation, wanted, before, limit, order
        )
        made = await invoices.read_order_invoices(
            connection, caller.organisation, [row.id for row in rows]
        )
        beside = await invoices.read_beside(connection, made, "marketplace")
    return show_marketplace_orders(rows, made, beside)


async def list_invoices(
    pool: Pool, caller: Caller, page: Page, wanted: InvoiceFilter, side: Side
) -> Stretch[ShownInvoice] | Refusal:
    """The caller's invoices with their lines, as the seller or as the marketplace.

    However rare what is wanted is, a page looks through a bounded number. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        looked = await invoices.list_invoices(connection, caller.organisation, side, wanted, page)
        rows, following = cut_invoices(looked, page, wanted)
        beside = await invoices.read_beside(connection, rows, side)
    return Stretch(tuple(show_invoices(rows, beside, side)), following)


async def find_invoice(
    pool: Pool, caller: Caller, invoice: Id, side: Side
) -> ShownInvoice | Refusal:
    """One of the caller's invoices with its lines, as the seller or as the marketplace.

    Refuses `identity.scope_missing` and `orders.unknown_invoice`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        rows = await invoices.list_invoices(
            connection, caller.organisation, side, InvoiceFilter(), Page(1), invoice
        )
        beside = await invoices.read_beside(connection, rows, side)
    return show_invoices(rows, beside, side)[0] if rows else unknown_invoice(invoice)


async def offers_wholesale(pool: Pool, caller: Caller) -> bool | Refusal:
    """Whether a marketplace that the caller sells on offers wholesale prices, if it is on any.

    For the door that is about to mark a variant so. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await invoices.offers_wholesale(connection, caller.organisation)
