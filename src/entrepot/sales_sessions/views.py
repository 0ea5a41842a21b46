"""Reads of sales sessions for doors: the trader's side, and the producer's.

What has passed its limit or its end is shown so at once. A session or order of others is unknown.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Key, Page, Stretch
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import OrderStatus
from entrepot.sales_sessions import store
from entrepot.sales_sessions.model import (
    ALL_SESSION_ORDERS,
    BETWEEN_MAX,
    ENDING_MAX,
    FOUND_MAX,
    HOLDERS_MAX,
    ORDERS_LOOKED_AT_MAX,
    SEARCHED_MAX,
    TO_SHIP_SOUGHT_MAX,
    ClosingPreview,
    CustomerOrder,
    DemandedGoods,
    OfferedGoods,
    PlacedOrder,
    PlacedSession,
    Producer,
    SalesSession,
    SessionDemand,
    SessionOrder,
    SessionOrderFilter,
    SessionsGlance,
    SessionState,
    ShownSession,
    ShownSessionOrder,
    Supplied,
    show_counts,
    show_customer_order,
    show_demand,
    show_demanded,
    show_offered_goods,
    show_preview,
    show_product,
    show_session,
    show_session_order,
    show_session_order_line,
    show_sessions_glance,
    unknown_order,
    unknown_producer,
    unknown_sales_session,
)


class SalesSessionFilter(msgspec.Struct, frozen=True):
    """Which sessions to list: all that is given must fit.

    With `since` and `until`, those that go on at any time between the two, as a calendar shows.
    """

    state: SessionState | None = None
    since: datetime | None = None
    until: datetime | None = None


class CustomerOrderFilter(msgspec.Struct, frozen=True):
    """Which customer orders of a session to list: all that is given must fit.

    `would_miss`: those that would go without something if the session closed now.
    """

    status: OrderStatus | None = None
    would_miss: bool = False


async def list_sales_sessions(
    pool: Pool, caller: Caller, page: Page, wanted: SalesSessionFilter
) -> Sequence[SalesSession] | Refusal:
    """The caller's sessions, newest first; a page's key is the id.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    between = wanted.since, wanted.until
    async with reading(pool) as connection:
        rows = await store.list_sessions(
            connection, caller.organisation, before, wanted.state, between, page.rows_wanted
        )
    return [show_session(row) for row in rows]


async def find_sales_session(pool: Pool, caller: Caller, session: Id) -> ShownSession | Refusal:
    """One of the caller's sessions, with what it sells and how its orders stand.

    Refuses `identity.scope_missing` and `orders.unknown_sales_session`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    trader = caller.organisation
    async with reading_snapshot(pool) as connection:
        row = await store.find_session(connection, trader, session)
        if row is None:
            return unknown_sales_session(session)
        counts = await store.read_counts(connection, trader, session)
        products = await store.read_products(connection, trader, session)
    return ShownSession(
        show_session(row), show_counts(counts), tuple([show_product(each) for each in products])
    )


async def preview_closing(pool: Pool, caller: Caller, session: Id) -> ClosingPreview | Refusal:
    """What each producer would get if one of the caller's sessions closed now, or got when it did.

    Who would go without is listed by `list_customer_orders`. Refuses `identity.scope_missing` and
    `orders.unknown_sales_session`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    trader = caller.organisation
    async with reading_snapshot(pool) as connection:
        row = await store.find_session(connection, trader, session)
        if row is None:
            return unknown_sales_session(session)
        counts = await store.read_counts(connection, trader, session)
        found = await store.read_preview(connection, trader, session)
    return show_preview(row, counts, found)


async def list_customer_orders(
    pool: Pool, caller: Caller, session: Id, page: Page, wanted: CustomerOrderFilter
) -> Stretch[CustomerOrder] | Refusal:
    """The customer orders of one of the caller's sessions that fit, newest first.

    However rare what is wanted is, a page looks through a bounded number of orders. Refuses
    `identity.scope_missing` and `orders.unknown_sales_session`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    trader = caller.organisation
    before = HIGHEST if page.after is None else str(page.after[0])
    is_whole = wanted.status is None and not wanted.would_miss
    looked_at = page.rows_wanted if is_whole else max(ORDERS_LOOKED_AT_MAX, page.rows_wanted)
    async with reading_snapshot(pool) as connection:
        if await store.find_session(connection, trader, session) is None:
            return unknown_sales_session(session)
        found = await store.seek_customer_orders(connection, trader, session, before, looked_at)
        rows = await store.show_customer_orders(
            connection, trader, found, (wanted.status, wanted.would_miss), page.rows_wanted
        )
    following: Key | None = None
    if len(rows) > page.limit:
        following = (rows[page.limit - 1].id,)
    elif len(found) == looked_at:
        following = (found[-1],)
    return Stretch(tuple([show_customer_order(row) for row in rows[: page.limit]]), following)


async def list_session_demand(
    pool: Pool, caller: Caller, page: Page
) -> Sequence[SessionDemand] | Refusal:
    """What sessions of all traders hold of the caller's variants now, by variant and trader.

    Baskets of customers here, and session orders that are not complete. A page's key is the row's.
    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    after = LOWEST, LOWEST, LOWEST
    if page.after is not None:
        variant, trader, session = page.after
        after = str(variant), str(trader), str(session)
    async with reading(pool) as connection:
        rows = await store.list_demand(connection, caller.organisation, after, page.rows_wanted)
    return [show_demand(row) for row in rows]


async def list_demanded_goods(
    pool: Pool, caller: Caller, page: Page
) -> Sequence[DemandedGoods] | Refusal:
    """The caller's variants that sessions of all traders hold something of, by sku, with its stock.

    A page's key is the sku; the sessions that hold the most are named, 500 a page. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    producer = caller.organisation
    after = "" if page.after is None else str(page.after[0])
    async with reading_snapshot(pool) as connection:
        rows = await store.list_demanded(connection, producer, after, page.rows_wanted)
        variants = [row.variant for row in rows]
        holding = await store.list_demand_of(connection, producer, variants, HOLDERS_MAX)
    return show_demanded(rows, holding)


async def list_sessions_between(
    pool: Pool, caller: Caller, since: datetime, until: datetime
) -> Sequence[SalesSession] | Refusal:
    """The caller's sessions that go on at any time between two, by their end; 40 at most.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await store.list_sessions_between(
            connection, caller.organisation, since, until, BETWEEN_MAX
        )
    return [show_session(row) for row in rows]


async def search_sales_sessions(
    pool: Pool, caller: Caller, text: str
) -> Sequence[SalesSession] | Refusal:
    """Those of the caller's newest 1,000 sessions with a text in name or reference; 10 at most.

    Their products are not counted. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await store.search_sessions(
            connection, caller.organisation, text, SEARCHED_MAX, FOUND_MAX
        )
    return [show_session(row) for row in rows]


async def name_sales_sessions(
    pool: Pool, caller: Caller, sessions: Sequence[Id]
) -> dict[str, str] | Refusal:
    """What those of some sessions are called that are the caller's, by their ids as on the wire.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await store.name_sessions(connection, caller.organisation, sessions)
    return {ids.SALES_SESSION + session: name for session, name in found.items()}


async def search_offered_goods(
    pool: Pool, caller: Caller, text: str
) -> tuple[OfferedGoods, ...] | Refusal:
    """Producers' variants that the caller's sessions may sell and that a text finds; 10 at most.

    By how the sku begins, or by sku or name among each producer's first 1,000 variants; "" finds
    the first of all. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    trader = caller.organisation
    async with reading(pool) as connection:
        found = await store.seek_offered_goods(connection, trader, text, FOUND_MAX, SEARCHED_MAX)
        rows = await store.read_offered_goods(connection, trader, found)
    return tuple([show_offered_goods(row) for row in rows])


async def find_offered_goods(
    pool: Pool, caller: Caller, variants: Sequence[Id]
) -> tuple[OfferedGoods, ...] | Refusal:
    """Those of some variants that the caller's sessions may sell, by producer and sku.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await store.read_offered_goods(connection, caller.organisation, variants)
    return tuple([show_offered_goods(row) for row in rows])


async def glance_at_sessions(
    pool: Pool, caller: Caller, before: datetime
) -> SessionsGlance | Refusal:
    """What needs a person: sessions that end before a time or are closing, session orders to ship.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading(pool) as connection:
        ending = await store.list_sessions_ending(connection, organisation, before, ENDING_MAX)
        to_ship = await store.read_to_ship(connection, organisation, TO_SHIP_SOUGHT_MAX)
    return show_sessions_glance(ending, to_ship)


async def list_session_orders(
    pool: Pool, caller: Caller, page: Page, wanted: SessionOrderFilter = ALL_SESSION_ORDERS
) -> Stretch[SessionOrder] | Refusal:
    """Session orders at the caller, the producer, that fit, newest first.

    However rare what is wanted is, a page looks through a bounded number of orders. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    producer = caller.organisation
    before = HIGHEST if page.after is None else str(page.after[0])
    is_whole = wanted.status is None and not wanted.to_ship
    looked_at = page.rows_wanted if is_whole else max(ORDERS_LOOKED_AT_MAX, page.rows_wanted)
    async with reading_snapshot(pool) as connection:
        found = await store.seek_session_orders(connection, producer, before, looked_at)
        rows = await store.show_session_orders(
            connection, producer, found, (wanted.status, wanted.to_ship), page.rows_wanted
        )
    following: Key | None = None
    if len(rows) > page.limit:
        following = (rows[page.limit - 1].id,)
    elif len(found) == looked_at:
        following = (found[-1],)
    return Stretch(tuple([show_session_order(row) for row in rows[: page.limit]]), following)


async def find_session_order(pool: Pool, caller: Caller, order: Id) -> ShownSessionOrder | Refusal:
    """One session order at the caller, the producer, with its lines.

    Refuses `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        row = await store.find_session_order(connection, caller.organisation, order)
        if row is None:
            return refuse(
                orders.UNKNOWN_ORDER,
                "There is no such order. Check its id.",
                facts={"order": ids.ORDER + order} if order else {},
            )
        lines = await store.read_session_order_lines(
            connection, row.trader, order, caller.organisation
        )
    return ShownSessionOrder(
        show_session_order(row), tuple([show_session_order_line(each) for each in lines])
    )


async def find_producer(pool: Pool, caller: Caller, slug: str) -> Producer | Refusal:
    """An organisation that the caller may order from in sessions, or its own.

    For any caller. Refuses `identity.unknown_organisation`.
    """
    async with reading(pool) as connection:
        found = await store.find_producer(connection, caller.organisation, slug)
    return unknown_producer(slug) if found is None else found


async def list_producers(pool: Pool, caller: Caller, page: Page) -> Sequence[Producer]:
    """The organisations that any caller may order from, and its own; a page's key is the slug."""
    after = "" if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_producers(connection, caller.organisation, after, page.rows_wanted)


async def list_supplied(
    pool: Pool, caller: Caller, producer: Producer, page: Page
) -> Sequence[Supplied] | Refusal:
    """What a producer that the caller found sells, by sku; a page's key is the sku.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_supplied(connection, producer.id, after, page.rows_wanted)


async def find_supplied(
    pool: Pool, caller: Caller, slug: str, variant: Id
) -> tuple[Producer, Supplied] | Refusal:
    """One variant that a producer sells. A variant of others answers as none.

    Refuses `identity.scope_missing`, `identity.unknown_organisation` and `orders.unknown_variant`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        producer = await store.find_producer(connection, caller.organisation, slug)
        if producer is None:
            return unknown_producer(slug)
        found = (await store.find_supplied(connection, producer.id, [variant])).get(variant)
    if found is None or not found.is_sold:
        return refuse(
            orders.UNKNOWN_VARIANT,
            "This producer sells no such product. Check its address.",
            facts={"variant": ids.VARIANT + variant} if variant else {},
        )
    return producer, found


async def stamp_supplied(pool: Pool, caller: Caller, producer: Producer) -> str | Refusal:
    """A text that is another one when anything of what a producer sells is told otherwise.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        count, told = await store.stamp_supplied(connection, producer.id)
    return f"{count}-{told & (2**64 - 1):016x}"


async def list_placed_orders(
    pool: Pool, caller: Caller, slug: str, page: Page
) -> Sequence[PlacedOrder] | Refusal:
    """The caller's session orders at a producer, newest first; a page's key is the id.

    Refuses `identity.scope_missing` and `identity.unknown_organisation`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading_snapshot(pool) as connection:
        found = await store.list_placed_orders(
            connection, caller.organisation, slug, before, page.rows_wanted
        )
        if not found and not await store.find_producer(connection, caller.organisation, slug):
            return unknown_producer(slug)
    return found


async def find_placed_order(
    pool: Pool, caller: Caller, slug: str, order: Id
) -> PlacedOrder | Refusal:
    """One of the caller's session orders at a producer, in whatever state.

    Refuses `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        found = await store.find_placed_order(connection, caller.organisation, slug, order)
    return unknown_order(order) if found is None else found


async def list_placed_sessions(
    pool: Pool, caller: Caller, slug: str, page: Page, only: Id | None = None
) -> Sequence[PlacedSession] | Refusal:
    """The sessions in which the caller ordered from a producer, newest first, or `only` one.

    A page's key is the id. Refuses `identity.scope_missing` and
    `identity.unknown_organisation`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading_snapshot(pool) as connection:
        found = await store.list_placed_sessions(
            connection, caller.organisation, slug, before, only, page.rows_wanted
        )
        if not found and not await store.find_producer(connection, caller.organisation, slug):
            return unknown_producer(slug)
    return found
