"""Change the name or the times of a sales session."""

from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

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
    SalesSessionChanges,
    already_closed,
    check_name,
    check_times,
    has_closed,
    show_session,
    unknown_sales_session,
)


async def change_sales_session(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    session: Id,
    changes: SalesSessionChanges,
    sent: Sent | None = None,
) -> Written[SalesSession] | Refusal:
    """Change what is given of one of the caller's sessions; the rest stays.

    Times change only until it closes; orders that are placed stay. Refuses
    `identity.scope_missing`, `request.key_reused`, `orders.unknown_sales_session`,
    `sales_sessions.already_closed`, `sales_sessions.name_not_valid` and
    `sales_sessions.times_not_valid`.
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
        name = row.name if changes.name is UNSET else changes.name
        opens_at = locked.opens_at if changes.opens_at is UNSET else changes.opens_at
        closes_at = locked.closes_at if changes.closes_at is UNSET else changes.closes_at
        moves = (opens_at, closes_at) != (locked.opens_at, locked.closes_at)
        if moves and has_closed(locked.state, locked.closes_at, now):
            return already_closed(row.name)
        faults = [] if name == row.name else check_name(name)
        if moves:
            faults += check_times(opens_at, closes_at, now)
        refused = gather(faults, errors.PRECEDENCE)
        if refused is not None:
            return refused
        if name == row.name and not moves:
            return Done(show_session(row))
        if name != row.name:
            await store.set_name(connection, trader, session, name)
        if moves:
            change = WindowChange((opens_at, closes_at))
            await orders.change_window(connection, trader, session, change)
        after = await store.find_session(connection, trader, session)
        assert after is not None, "what is locked is there"
        changed = show_session(after)
        return Done(changed, (Happening("sales_sessions.changed", changed.id, changed),))

    return await act_once(pool, new_id, caller, sent, SalesSession, work)
