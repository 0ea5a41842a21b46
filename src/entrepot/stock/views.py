"""Reads of stock: for the batch, on its connection; for doors, with a caller.

Doors get figures net of holds and allocations past their time: the truth before the sweep wrote it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from entrepot.catalogue import UNKNOWN_VARIANT
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.infra.sheets import SheetForm, write_pages
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Key, Page, Stretch
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.stock import errors, store
from entrepot.stock.model.allocations import (
    Allocation,
    ReceivedAllocation,
    show_allocation,
    show_received,
    unknown_allocation,
)
from entrepot.stock.model.availability import (
    Availability,
    OfferedNow,
    ShownToPartner,
    show_availability,
    show_offered,
    show_shown,
)
from entrepot.stock.model.goods import (
    FiguresThen,
    Goods,
    GoodsFilter,
    show_goods,
)
from entrepot.stock.model.market import (
    MarketOffer,
    MarketProduct,
    MarketSeller,
    MarketVariant,
    ProductsWanted,
    SellersWanted,
    VariantsWanted,
)
from entrepot.stock.model.shown import (
    Hold,
    HoldState,
    LedgerEntry,
    Position,
    show_entry,
    show_hold,
    show_position,
    unknown_position,
)
from entrepot.stock.store import (
    allocations,
    availability,
    goods,
    market,
    market_counts,
)

Read = TypeVar("Read")

EXPORT_ROWS: Final = 2_000
"""Rows of a sheet that are read at once."""
SEARCHED_MAX: Final = 2_000
"""Variants that one page of a search looks through."""
MOMENTS_MAX: Final = 400
"""Moments that a position is asked for at once."""

POSITION_LINE: Final = (
    "sku",
    "name",
    "location",
    "on_hand",
    "version",
    "held",
    "allocated",
    "available",
)
"""The columns of an exported sheet of stock."""

_VERSION_HIGHEST: Final = 2**63 - 1


async def list_positions(
    pool: Pool,
    caller: Caller,
    page: Page,
    *,
    variant: Id | None = None,
    location: Id | None = None,
) -> Sequence[Position] | Refusal:
    """The caller's positions by variant and location. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    owner = caller.organisation
    async with reading(pool) as connection:
        if location is not None and variant is not None:
            row = None
            if page.after is None:
                row = await store.find_position(connection, PositionKey(owner, variant, location))
            rows = [] if row is None else [row]
        elif location is not None:
            after = LOWEST if page.after is None else str(page.after[0])
            rows = await store.list_positions_at_location(
                connection, owner, location, after, page.rows_wanted
            )
        else:
            first = (variant or LOWEST, LOWEST)
            if page.after is not None:
                first = (str(page.after[0]), str(page.after[1]))
            rows = await store.list_positions(
                connection, owner, first, variant or HIGHEST, page.rows_wanted
            )
    return [show_position(row) for row in rows]


async def find_position(
    pool: Pool, caller: Caller, variant: Id, location: Id, as_of: datetime | None = None
) -> Position | Refusal:
    """One of the caller's positions as it is, or as its ledger had it at a moment.

    Refuses `identity.scope_missing` and `stock.unknown_position`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    key = PositionKey(caller.organisation, variant, location)
    async with reading(pool) as connection:
        row = await store.find_position(connection, key, as_of)
    return unknown_position() if row is None else show_position(row)


async def list_ledger(
    pool: Pool, caller: Caller, page: Page, variant: Id, location: Id
) -> Sequence[LedgerEntry] | Refusal:
    """The rows behind a position's figures, newest first.

    Refuses `identity.scope_missing` and `stock.unknown_position`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    key = PositionKey(caller.organisation, variant, location)
    before = _VERSION_HIGHEST if page.after is None else int(page.after[0])
    async with reading(pool) as connection:
        rows = await store.list_ledger(connection, key, before, page.rows_wanted)
        if not rows and await store.find_position(connection, key) is None:
            return unknown_position()
    return [show_entry(row) for row in rows]


async def list_holds(
    pool: Pool,
    caller: Caller,
    page: Page,
    *,
    variant: Id | None = None,
    order: Id | None = None,
    state: HoldState | None = None,
) -> Sequence[Hold] | Refusal:
    """The holds on the caller's stock: those live now, or those of one order.

    Holds that ended are read by their order; the ledger tells the history of a position. Refuses
    `identity.scope_missing` and `stock.order_needed`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    owner, after = caller.organisation, page.after
    if order is None:
        if state not in {None, "live"}:
            return refuse(
                errors.ORDER_NEEDED,
                "Holds that have ended are listed by their order: send order too.",
                field="order",
            )
        first = (variant or LOWEST, LOWEST, LOWEST, 0)
        if after is not None:
            first = (str(after[0]), str(after[1]), str(after[2]), int(after[3]))
        async with reading(pool) as connection:
            rows = await store.list_live_holds(
                connection, owner, first, variant or HIGHEST, page.rows_wanted
            )
    else:
        number = 0 if after is None else int(after[3])
        async with reading(pool) as connection:
            rows = await store.list_order_holds(
                connection, (owner, order), number, variant, state, page.rows_wanted
            )
    return [show_hold(row) for row in rows]


async def export_stock(
    pool: Pool, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    """The caller's positions as a sheet, by sku and location code; read as it is written.

    Each row is as it was when it was read; its version says which. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    pages = _position_pages(pool, caller.organisation)
    return write_pages(POSITION_LINE, ("sku", "name", "location"), form, pages)


async def _position_pages(pool: Pool, owner: Id) -> AsyncIterator[Sequence[tuple[str, ...]]]:
    after = ("", "")
    while True:
        async with reading(pool) as connection:
            page = await store.list_position_lines(connection, owner, after, EXPORT_ROWS)
        yield page
        if len(page) < EXPORT_ROWS:
            return
        after = (page[-1][0], page[-1][2])


async def list_allocations(
    pool: Pool,
    caller: Caller,
    page: Page,
    *,
    partnership: Id | None = None,
    variant: Id | None = None,
) -> Sequence[Allocation] | Refusal:
    """The allocations that the caller made, newest first; of a variant, those that are open.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        rows = await allocations.list_allocations(
            connection, caller.organisation, before, partnership, variant, page.rows_wanted
        )
    return [show_allocation(row) for row in rows]


async def find_allocation(pool: Pool, caller: Caller, allocation: Id) -> Allocation | Refusal:
    """One of the allocations that the caller made.

    Refuses `identity.scope_missing` and `stock.unknown_allocation`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await allocations.find_allocation(connection, caller.organisation, allocation)
    return unknown_allocation(allocation) if row is None else show_allocation(row)


async def list_received_allocations(
    pool: Pool, caller: Caller, page: Page, *, partnership: Id | None = None
) -> Sequence[ReceivedAllocation] | Refusal:
    """What partners allocated to the caller, newest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        rows = await allocations.list_received_allocations(
            connection, caller.organisation, before, partnership, page.rows_wanted
        )
    return [show_received(row) for row in rows]


async def find_received_allocation(
    pool: Pool, caller: Caller, allocation: Id
) -> ReceivedAllocation | Refusal:
    """One allocation that a partner made to the caller.

    Refuses `identity.scope_missing` and `stock.unknown_allocation`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await allocations.find_received_allocation(
            connection, caller.organisation, allocation
        )
    return unknown_allocation(allocation) if row is None else show_received(row)


async def list_availability(
    pool: Pool, caller: Caller, page: Page, *, variant: Id | None = None
) -> Sequence[Availability] | Refusal:
    """What the caller can promise of its variants, by variant, in one query a page.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    after = None if page.after is None else str(page.after[0])
    first, last = max(after or LOWEST, variant or LOWEST), variant or HIGHEST
    async with reading(pool) as connection:
        rows = await availability.list_availability(
            connection, caller.organisation, (first, last), after, page.rows_wanted
        )
    return [show_availability(row) for row in rows]


async def find_availability(pool: Pool, caller: Caller, variant: Id) -> Availability | Refusal:
    """What the caller can promise of one of its variants.

    Refuses `identity.scope_missing` and `catalogue.unknown_variant`.
    """
    found = await list_availability(pool, caller, Page(1), variant=variant)
    if isinstance(found, Refusal):
        return found
    return found[0] if found else _unknown_variant(variant)


async def list_goods(
    pool: Pool, caller: Caller, page: Page, wanted: GoodsFilter
) -> Stretch[Goods] | Refusal:
    """The caller's variants with their stock by sku, without deleted ones. A page's key is the sku.

    A search looks through so many variants a page: where few fit, a page may hold less than it
    could, or nothing, and yet be followed by another. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    among = SEARCHED_MAX if wanted.is_narrow else page.rows_wanted
    async with reading(pool) as connection:
        rows = await goods.list_goods(
            connection, caller.organisation, wanted, after, among, page.rows_wanted
        )
    fitting = [row for row in rows if row.fits]
    following: Key | None = None
    if len(fitting) > page.limit:
        following = (fitting[page.limit - 1].sku,)
    elif rows and rows[-1].number == among:
        following = (rows[-1].sku,)
    return Stretch(tuple([show_goods(row) for row in fitting[: page.limit]]), following)


async def list_figures_then(
    pool: Pool, caller: Caller, variant: Id, location: Id, moments: Sequence[datetime]
) -> Sequence[FiguresThen] | Refusal:
    """One of the caller's positions as it was just before each of up to 400 moments, which rise.

    Nothing where there is no such position. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    assert len(moments) <= MOMENTS_MAX, "a page asks for as many moments as it can draw"
    key = PositionKey(caller.organisation, variant, location)
    async with reading(pool) as connection:
        return await goods.list_figures_then(connection, key, moments)


async def list_shown(
    pool: Pool, caller: Caller, page: Page, variant: Id
) -> Sequence[ShownToPartner] | Refusal:
    """What each partner is shown of one of the caller's variants, and what that is made of.

    Refuses `identity.scope_missing` and `catalogue.unknown_variant`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    owner = caller.organisation
    after = (LOWEST, LOWEST)
    if page.after is not None:
        after = (str(page.after[0]), str(page.after[1]))
    if not variant:
        return _unknown_variant(variant)
    async with reading(pool) as connection:
        rows = await availability.list_shown(connection, owner, variant, after, page.rows_wanted)
        if not rows and not await availability.is_variant_of(connection, owner, variant):
            return _unknown_variant(variant)
    return [show_shown(row) for row in rows]


async def list_offered(
    pool: Pool,
    caller: Caller,
    partnership: Id,
    *,
    matches: Sequence[Id] = (),
    variants: Sequence[Id] = (),
) -> Sequence[OfferedNow] | Refusal:
    """What some matches of a partnership open now; `variants` are those of a wholesaler that asks.

    What is not active or not the caller's is left out. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await availability.list_offered(
            connection, caller.organisation, partnership, matches, variants
        )
    return [show_offered(row) for row in rows]


async def count_unmatched(
    pool: Pool, caller: Caller, partnerships: Sequence[Id]
) -> dict[Id, int] | Refusal:
    """How many open allocations of the caller's partnerships nothing can draw on, for no match.

    Partnerships without are left out. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await availability.count_unmatched(connection, caller.organisation, partnerships)


async def list_market_sellers(
    pool: Pool, caller: Caller, wanted: SellersWanted
) -> list[MarketSeller] | Refusal:
    """The caller itself and the sellers whose goods it may order as a marketplace.

    This and the next six views are one statement each, leave out what the caller does not see, and
    refuse `identity.scope_missing`.
    """
    return await _read_market(pool, caller, lambda it, me: market.list_sellers(it, me, wanted))


async def list_market_products(
    pool: Pool, caller: Caller, wanted: ProductsWanted
) -> list[MarketProduct] | Refusal:
    """Products of the sellers that the caller sees."""
    return await _read_market(pool, caller, lambda it, me: market.list_products(it, me, wanted))


async def list_market_variants(
    pool: Pool, caller: Caller, wanted: VariantsWanted
) -> list[MarketVariant] | Refusal:
    """Variants of the sellers that the caller sees."""
    return await _read_market(pool, caller, lambda it, me: market.list_variants(it, me, wanted))


async def count_market(
    pool: Pool, caller: Caller, wanted: SellersWanted | ProductsWanted | VariantsWanted
) -> int | Refusal:
    """How many sellers, products or variants fit, on however many pages."""
    return await _read_market(pool, caller, lambda it, me: market_counts.count(it, me, wanted))


async def list_variants_in_products(
    pool: Pool, caller: Caller, products: Sequence[tuple[Id, Id]], each: int
) -> list[MarketVariant] | Refusal:
    """The first variants of each product of (seller, id)."""
    return await _read_market(
        pool, caller, lambda it, me: market.list_variants_in_products(it, me, products, each)
    )


async def list_market_offers(
    pool: Pool, caller: Caller, variants: Sequence[tuple[Id, Id]]
) -> dict[Id, MarketOffer] | Refusal:
    """What sellers' own partners add to variants of (seller, id); where nobody does, nothing."""
    return await _read_market(pool, caller, lambda it, me: market.list_offers(it, me, variants))


async def list_market_changes(
    pool: Pool, caller: Caller, kind: str, keys: Sequence[tuple[Id, Id]]
) -> dict[Id, datetime] | Refusal:
    """When each `product` or `variant` of (seller, id) was changed last."""
    return await _read_market(pool, caller, lambda it, me: market.list_changes(it, me, kind, keys))


async def _read_market(
    pool: Pool, caller: Caller, read: Callable[[Connection, Id], Awaitable[Read]]
) -> Read | Refusal:
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await read(connection, caller.organisation)


def _unknown_variant(variant: Id) -> Refusal:
    """Answer for a variant that is not there, and for one of somebody else."""
    return refuse(
        UNKNOWN_VARIANT,
        "You have no such variant. Check its id.",
        facts={"variant": ids.VARIANT + variant} if variant else {},
    )
