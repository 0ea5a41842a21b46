"""Reads of orders for doors. An order whose limit has passed is shown as cancelled at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from entrepot import stock
from entrepot.identity import check_scope
from entrepot.infra.condition import Finding
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, Key, Page, Stretch
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors, store
from entrepot.orders.model.explaining import (
    GOODS_MAX,
    HOLDERS_MAX,
    LOOKED_AT_MAX,
    PARTNERS_MAX,
    WaitingExplained,
    explain_waiting,
)
from entrepot.orders.model.glance import OrdersGlance, SoldParts, show_glance, show_parts
from entrepot.orders.model.listing import (
    FOUND_MAX,
    ORDERS_LOOKED_AT_MAX,
    VARIANTS_LOOKED_AT_MAX,
    ListedOrder,
    Orderable,
    OrderFilter,
    OrderStatus,
    OrderSummary,
    list_order,
    show_orderable,
    sought,
    summarise,
)
from entrepot.orders.model.queues import RIVALS_MAX, Queue, show_queues
from entrepot.orders.model.record import PRIORITY_MAX, Order, OrderAnswer, answer_order
from entrepot.orders.model.showing import (
    HISTORY_MAX,
    PLACING_SOUGHT_MAX,
    TRANSFERS_MAX,
    HistoryEntry,
    ShownOrder,
    show_history,
)
from entrepot.orders.model.showing import show_order as show_one
from entrepot.orders.model.standing import become_cancelled
from entrepot.orders.model.withdrawing import AFFECTED_MAX, Affected, show_affected
from entrepot.orders.store import explaining, glance, naming, showing

LATE_MAX_SECONDS: Final = 60
"""How long after its limit an order may stay unwritten before an operator should look."""

WAITING_COUNTED_MAX: Final = 1_000
UNMATCHED_MAX: Final = 5
"""Partnerships with stock allocated in vain that Home names, at most."""
SUMMED_MAX: Final = 10_000
"""Orders whose figures are summed, at most: the newest."""


async def list_orders(
    pool: Pool,
    caller: Caller,
    page: Page,
    *,
    status: OrderStatus | None = None,
    reference: str | None = None,
) -> Sequence[OrderSummary] | Refusal:
    """The caller's orders, newest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        if reference is not None:
            one = await store.find_order(connection, caller.organisation, None, reference)
            found = [one] if one is not None and one[0].id < before else []
        else:
            found = await _list(connection, caller.organisation, status, before, page.rows_wanted)
    summaries = [summarise(_as_of(*each)) for each in found]
    return [each for each in summaries if status in {None, each.status}]


async def search_orderable(
    pool: Pool, caller: Caller, text: str
) -> tuple[Orderable, ...] | Refusal:
    """The caller's variants that may be ordered and that a text finds, by sku, name or GTIN.

    At most 10; names are searched among the first 5,000 variants. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    if not text:
        return ()
    async with reading(pool) as connection:
        skus = await showing.seek_skus(
            connection, caller.organisation, text, FOUND_MAX, VARIANTS_LOOKED_AT_MAX
        )
        rows = await showing.read_orderable(connection, caller.organisation, skus)
    return tuple([show_orderable(row) for row in rows])


async def search_orders(
    pool: Pool, caller: Caller, page: Page, wanted: OrderFilter
) -> Stretch[ListedOrder] | Refusal:
    """The caller's orders that fit, with what they miss: newest first, or by reference.

    However rare what is wanted is, a page looks through a bounded number of orders. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    looked_at = page.rows_wanted if wanted.is_sought_whole else ORDERS_LOOKED_AT_MAX
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        found = await showing.seek_orders(
            connection,
            organisation,
            sought(wanted, None if page.after is None else page.after[0]),
            looked_at,
        )
        keys = dict(found)
        rows = await showing.show_orders(
            connection, organisation, list(keys), wanted, page.rows_wanted
        )
    following: Key | None = None
    if len(rows) > page.limit:
        following = (keys[rows[page.limit - 1].id],)
    elif len(found) == looked_at:
        following = (found[-1][1],)
    return Stretch(tuple([list_order(row) for row in rows[: page.limit]]), following)


async def _list(
    connection: Connection, organisation: Id, status: str | None, before: Id, limit: int
) -> list[tuple[Order, datetime]]:
    """Read heads of orders; those past their limit are among the cancelled."""
    if status is None:
        return await store.list_orders(connection, organisation, before, limit)
    found = await store.list_orders_of_status(connection, organisation, status, before, limit)
    if status == "cancelled":
        found += await store.list_limited_orders(connection, organisation, before, limit)
        found.sort(key=lambda each: each[0].id, reverse=True)
    return found[:limit]


async def find_order(pool: Pool, caller: Caller, order: Id) -> OrderAnswer | Refusal:
    """One of the caller's orders with its lines, what it holds now, and what follows it.

    Refuses `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        found = await _find_with_lines(connection, caller.organisation, order)
    return unknown_order(order) if found is None else found[0]


async def show_order(pool: Pool, caller: Caller, order: Id) -> ShownOrder | Refusal:
    """One of the caller's orders as a person looks at it: what each line is of, and where from.

    What passed between other organisations for it is not told. Refuses `identity.scope_missing` and
    `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        found = await _find_with_lines(connection, organisation, order)
        if found is None:
            return unknown_order(order)
        goods = await showing.read_line_goods(connection, organisation, order)
        transfers = await showing.read_transfers(connection, organisation, order, TRANSFERS_MAX)
    answer, now, is_past_limit = found
    return show_one(answer, goods, transfers, now, is_past_limit=is_past_limit)


async def list_order_history(
    pool: Pool, caller: Caller, order: Id
) -> tuple[HistoryEntry, ...] | Refusal:
    """What happened to one of the caller's orders, newest first: the last 50 acts, and its placing.

    An order that was saved as a draft, or split off another, has no act of placing of its own here.
    Of an absent order nothing happened. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    bounds = (HISTORY_MAX, PLACING_SOUGHT_MAX)
    async with reading(pool) as connection:
        rows = await showing.list_history(
            connection, caller.organisation, order, ids.ORDER + order, bounds
        )
    return tuple([show_history(row) for row in rows])


async def list_queues(
    pool: Pool, caller: Caller, order: Id, variants: Sequence[Id]
) -> tuple[Queue, ...] | Refusal:
    """Who stands around one of the caller's orders in the queues for what it misses.

    Another company's order has no name. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await showing.read_rivals(
            connection, caller.organisation, order, variants, RIVALS_MAX
        )
    return show_queues(rows, PRIORITY_MAX)


async def find_orderable(
    pool: Pool, caller: Caller, skus: Sequence[str]
) -> tuple[Orderable, ...] | Refusal:
    """The caller's variants with these skus, and what can be promised of each now.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await showing.read_orderable(connection, caller.organisation, skus)
    return tuple([show_orderable(row) for row in rows])


async def find_references(
    pool: Pool, caller: Caller, orders: Sequence[Id]
) -> dict[str, str] | Refusal:
    """What those of these orders are called that are the caller's, by their ids as on the wire.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await naming.read_references(connection, caller.organisation, orders)
    return {ids.ORDER + order: reference for order, reference in found.items()}


async def explain_order(pool: Pool, caller: Caller, order: Id) -> WaitingExplained | Refusal:
    """Why one of the caller's orders waits: what it misses, who holds that, what would release it.

    At most 100 variants are explained, with 10 orders and 20 partners each. Refuses
    `identity.scope_missing` and `orders.unknown_order`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    if not order:
        return unknown_order(order)
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        found = await store.find_order(connection, organisation, order)
        if found is None:
            return unknown_order(order)
        one = found[0]
        if one.is_past_limit(found[1]):
            return explain_waiting(_as_of(*found), (), {}, ())
        rows = await explaining.read_missing(
            connection, organisation, one.id, GOODS_MAX + 1, LOOKED_AT_MAX
        )
        variants = [row.variant for row in rows]
        holders = await explaining.read_holders(
            connection, organisation, one.id, variants, (HOLDERS_MAX, LOOKED_AT_MAX)
        )
        offers = await explaining.read_partner_offers(
            connection, organisation, variants, PARTNERS_MAX
        )
    return explain_waiting(one, rows, holders, offers)


async def glance_at_orders(pool: Pool, caller: Caller) -> OrdersGlance | Refusal:
    """What needs a person: the caller's orders that wait or are to ship, what is allocated in vain.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading(pool) as connection:
        waiting = await glance.read_waiting(connection, organisation, WAITING_COUNTED_MAX)
        unmatched = await glance.list_unmatched(connection, organisation, UNMATCHED_MAX)
    return show_glance(waiting, unmatched)


async def sum_parts(pool: Pool, caller: Caller, starts: Sequence[datetime]) -> SoldParts | Refusal:
    """What the caller's organisation sold and received in parts of time that begin at these.

    The last part goes on until now. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        sold = await glance.sum_parts_of_orders(connection, organisation, starts, SUMMED_MAX)
        received = await glance.sum_parts_of_goods_in(connection, organisation, starts)
    return show_parts(len(starts), sold, received, SUMMED_MAX)


async def find_affected(pool: Pool, caller: Caller, variant: Id) -> Affected | Refusal:
    """What it affects that one of the caller's variants ceased to be active, in counts.

    For the door that just let it: what the act itself may do is told, so it needs the act's scope.
    Of a variant that is active no matches are affected. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await explaining.read_affected(
            connection, caller.organisation, variant, AFFECTED_MAX + 1
        )
    return show_affected(row)


async def examine_lag(connection: Connection) -> list[Finding]:
    """Whether jobs keep up: limits that passed, and those who wait. For the operator."""
    lag = await store.read_lag(connection)
    return [_judge_limits(lag), _judge_rechecks(lag)]


async def _find_with_lines(
    connection: Connection, organisation: Id, order: Id
) -> tuple[OrderAnswer, datetime, bool] | None:
    """Read an order with its lines and holds; the moment it is of, and whether its limit passed."""
    found = await store.find_order(connection, organisation, order)
    if found is None:
        return None
    one = found[0]
    one.lines = await store.read_order_lines(connection, one)
    owners = sorted({(line.owner, one.id) for line in one.lines})
    held = tuple(await stock.list_held_parts(connection, owners))
    successor = await store.find_successor(connection, one.organisation, one.id)
    is_past = one.is_past_limit(found[1])
    answer = answer_order(_as_of(*found), held=() if is_past else held, followed_by=successor)
    return answer, found[1], is_past


def _judge_limits(lag: store.Lag) -> Finding:
    """Say whether orders whose limit has passed are written as cancelled."""
    facts = {"orders": lag.orders, "holds": lag.holds, "oldest_seconds": lag.oldest_seconds}
    if lag.oldest_seconds <= LATE_MAX_SECONDS:
        return Finding("limits", "ok", "Limits that passed are written down in time.", facts=facts)
    return Finding(
        "limits",
        "warning",
        f"{lag.orders} orders and {lag.holds} holds are past their limit, the oldest by "
        f"{lag.oldest_seconds} seconds. They count as ended, but nobody wrote it.",
        "Let a worker run: `entrepot serve` or `entrepot work`.",
        facts,
    )


def _judge_rechecks(lag: store.Lag) -> Finding:
    """Say how many positions are to be looked at for those who wait; a worker does so at once."""
    says = f"{lag.rechecks} positions are to be looked at again for orders that wait."
    return Finding("rechecks", "ok", says, facts={"positions": lag.rechecks})


def unknown_order(order: Id) -> Refusal:
    """Answer for an order that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_ORDER,
        "There is no such order. Check its id.",
        facts={"order": ids.ORDER + order} if order else {},
    )


def _as_of(order: Order, now: datetime) -> Order:
    """Show an order whose limit has passed as what it counts as."""
    if order.is_past_limit(now):
        become_cancelled(order, by_limit=True)
    return order
