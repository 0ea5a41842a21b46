"""Begin to close a sales session: the first step, after which nothing is ordered in it."""

from collections.abc import Callable
from datetime import datetime

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.sales_sessions import store
from entrepot.sales_sessions.model import SalesSession, show_session, unknown_sales_session


async def begin_closing(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, session: Id
) -> Written[SalesSession] | Refusal:
    """Close one of the caller's sessions to orders, and nothing else; once closed it stays so.

    It waits for those who place in it at that moment; who comes after meets it closed. Refuses
    `identity.scope_missing` and `orders.unknown_sales_session`.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    trader = caller.organisation

    async def work(connection: Connection, now: datetime) -> Done[SalesSession] | Refusal:
        if await store.find_session(connection, trader, session) is None:
            return unknown_sales_session(session)
        is_news = await orders.close_window(connection, trader, session, now)
        row = await store.find_session(connection, trader, session)
        assert row is not None, "sessions are never deleted"
        answer = show_session(row)
        happening = Happening("sales_sessions.closed", answer.id, answer)
        return Done(answer, (happening,) if is_news else ())

    return await act_once(pool, new_id, caller, None, SalesSession, work)
