"""Take products out of a sales session that nobody has ordered."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.orders import WindowChange
from entrepot.sales_sessions import errors, store
from entrepot.sales_sessions.model import (
    SalesSession,
    Sold,
    already_closed,
    check_removed,
    has_closed,
    show_session,
    unknown_sales_session,
)

_PRECEDENCE: Final = (*orders.PRECEDENCE, *errors.PRECEDENCE)


async def remove_session_products(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    session: Id,
    variants: tuple[Id, ...],
    sent: Sent | None = None,
) -> Written[SalesSession] | Refusal:
    """Let one of the caller's sessions no longer sell products, all of them or none.

    Refuses `identity.scope_missing`, `request.key_reused`, `orders.unknown_sales_session`,
    `orders.unknown_variant` (what it does not sell), `sales_sessions.already_closed` and
    `sales_sessions.product_has_orders`.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    trader = caller.organisation

    async def work(connection: Connection, now: datetime) -> Done[SalesSession] | Refusal:
        locked = await orders.lock_window(connection, trader, session)
        row = await store.find_session(connection, trader, session)
        if locked is None or row is None:
            return unknown_sales_session(session)
        if has_closed(locked.state, locked.closes_at, now):
            return already_closed(row.name)
        named = sorted({each for each in variants if each})
        found = await orders.read_sold(connection, trader, session, named)
        sold = {key: Sold(each.sku, each.held, each.is_short) for key, each in found.items()}
        refused = gather(check_removed(variants, sold), _PRECEDENCE)
        if refused is not None:
            return refused
        if not variants:
            return Done(show_session(row))
        change = WindowChange(removed=tuple(named))
        await orders.change_window(connection, trader, session, change)
        after = await store.find_session(connection, trader, session)
        assert after is not None, "what is locked is there"
        changed = show_session(after)
        return Done(changed, (Happening("sales_sessions.products_removed", changed.id, changed),))

    return await act_once(pool, new_id, caller, sent, SalesSession, work)
