"""Reads of marketplaces' orders and seller invoices for doors: by page, by number, by what changed.

Each is shown with all that is on it, one statement a level, however many there are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model.glance import InvoicesGlance, show_invoices_glance
from entrepot.orders.model.market_rows import InvoiceRow
from entrepot.orders.model.market_seeking import (
    EXTERNAL_IDS_MAX,
    Found,
    InvoicesWanted,
    NamedRow,
    Numbered,
    OwnerType,
    Place,
    cut_sought,
    place_of,
    start_of,
)
from entrepot.orders.model.market_showing import (
    INVOICES_LOOKED_AT_MAX,
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
from entrepot.orders.store import glance, invoices, numbering, seeking
from entrepot.orders.store import marketplace as marketplaces
from entrepot.orders.views.orders import unknown_order


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


async def find_market_sides(pool: Pool, caller: Caller) -> frozenset[Side] | Refusal:
    """On which sides of marketplaces the caller is or was: who is on neither has no invoices.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await marketplaces.read_market_sides(connection, caller.organisation)
    sides: list[tuple[bool, Side]] = [(row.runs_one, "marketplace"), (row.sells_on_one, "seller")]
    return frozenset([side for is_on_it, side in sides if is_on_it])


async def offers_wholesale(pool: Pool, caller: Caller) -> bool | Refusal:
    """Whether a marketplace that the caller sells on offers wholesale prices, if it is on any.

    For the door that is about to mark a variant so. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await marketplaces.offers_wholesale(connection, caller.organisation)


async def page_invoices(
    pool: Pool, caller: Caller, wanted: InvoicesWanted
) -> Found[ShownInvoice] | Refusal:
    """A page of the caller's invoices, as the seller or as the marketplace, by moment.

    However rare what is wanted is, a page looks through a bounded number. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    most = max(wanted.limit, INVOICES_LOOKED_AT_MAX if wanted.must_look else 0) + 1
    async with reading_snapshot(pool) as connection:
        looked = await seeking.seek_invoices(connection, caller.organisation, wanted, most)
        rows, following = cut_sought(looked, wanted, most)
        keys = [(row.organisation, row.id) for row in rows]
        shown = await _show(connection, caller, keys)
    return Found(
        tuple([shown[row.id] for row in rows]), tuple([row.place for row in rows]), following
    )


async def count_invoices(pool: Pool, caller: Caller, wanted: InvoicesWanted) -> int | Refusal:
    """How many of the caller's invoices fit. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await seeking.count_invoices(connection, caller.organisation, wanted)


async def list_invoices_numbered(
    pool: Pool, caller: Caller, kind: Numbered, numbers: Sequence[int]
) -> dict[int, ShownInvoice] | Refusal:
    """The invoices with these numbers, or on which something with them is; those the caller sees.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        rows = await numbering.number_invoices(connection, caller.organisation, kind, numbers)
        keys = sorted({(row.organisation, row.invoice) for row in rows})
        shown = await _show(connection, caller, keys)
    return {row.number: shown[row.invoice] for row in rows}


async def page_changed_orders(
    pool: Pool, caller: Caller, since: datetime, after: Place | None, limit: int
) -> Found[ShownMarketplaceOrder] | Refusal:
    """A page of the caller's orders that were changed since a moment, by when they were last.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    begin = start_of(after)
    async with reading_snapshot(pool) as connection:
        found = await seeking.seek_changed_orders(
            connection, caller.organisation, since, begin, limit + 1
        )
        rows = found[:limit]
        shown = await _show_orders(connection, caller, [row.id for row in rows])
    places = tuple([place_of(row.at, row.id) for row in rows])
    return Found(
        tuple([shown[row.id] for row in rows]), places, places[-1] if found[limit:] else None
    )


async def count_changed_orders(pool: Pool, caller: Caller, since: datetime) -> int | Refusal:
    """How many of the caller's orders were changed since. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await seeking.count_changed_orders(connection, caller.organisation, since)


async def list_orders_numbered(
    pool: Pool, caller: Caller, numbers: Sequence[int]
) -> dict[int, ShownMarketplaceOrder] | Refusal:
    """The caller's orders with these numbers. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        found = await seeking.number_orders(connection, caller.organisation, numbers)
        shown = await _show_orders(connection, caller, sorted(found.values()))
    return {number: shown[order] for number, order in found.items()}


async def find_external_ids(
    pool: Pool,
    caller: Caller,
    owner_types: Sequence[OwnerType],
    key: str,
    values: Sequence[str],
    limit: int,
) -> list[NamedRow] | Refusal:
    """What others call orders, invoices and lines that the caller sees: at most 500.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    most = min(limit, EXTERNAL_IDS_MAX)
    async with reading(pool) as connection:
        return await numbering.find_external_ids(
            connection, caller.organisation, owner_types, key, values, most
        )


async def glance_at_invoices(pool: Pool, caller: Caller) -> InvoicesGlance | Refusal:
    """What needs a person: the caller's invoices to ship, and refund requests to go on with.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await glance.read_invoices_glance(
            connection, caller.organisation, INVOICES_LOOKED_AT_MAX
        )
    return show_invoices_glance(row)


async def _show(
    connection: Connection, caller: Caller, keys: Sequence[tuple[Id, Id]]
) -> Mapping[Id, ShownInvoice]:
    """Show invoices by (marketplace, id), each as whom the caller is to it."""
    rows = await seeking.read_sought_invoices(connection, keys) if keys else []
    beside = await invoices.read_beside(connection, rows, "marketplace")
    shown: dict[Id, ShownInvoice] = {}
    sides: dict[Side, list[InvoiceRow]] = {"marketplace": [], "seller": []}
    for row in rows:
        is_own = row.organisation == caller.organisation
        sides["marketplace" if is_own else "seller"].append(row)
    for side, some in sides.items():
        made = show_invoices(some, beside, side)
        shown |= {row.id: each for row, each in zip(some, made, strict=True)}
    return shown


async def _show_orders(
    connection: Connection, caller: Caller, orders: Sequence[Id]
) -> Mapping[Id, ShownMarketplaceOrder]:
    if not orders:
        return {}
    rows = await seeking.read_numbered_orders(connection, caller.organisation, orders)
    made = await invoices.read_order_invoices(connection, caller.organisation, orders)
    beside = await invoices.read_beside(connection, made, "marketplace")
    shown = show_marketplace_orders(rows, made, beside)
    return {row.id: each for row, each in zip(rows, shown, strict=True)}
