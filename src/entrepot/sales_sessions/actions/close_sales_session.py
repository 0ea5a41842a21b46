"""Close a sales session: nothing more is ordered in it, and its session orders are made."""

from datetime import datetime

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection
from entrepot.infra.reading import reading
from entrepot.infra.writing import Done, Sent, Written, act_once, find_written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.kernel.refusal import Refusal
from entrepot.orders import GATHERED_MAX, Desk
from entrepot.sales_sessions import store
from entrepot.sales_sessions.actions.begin_closing import begin_closing
from entrepot.sales_sessions.actions.gather_session import gather_session
from entrepot.sales_sessions.model import ClosedSession, show_closed


async def close_sales_session(
    desk: Desk,
    caller: Caller,
    session: Id,
    sent: Sent | None = None,
    *,
    cancel_unpaid: bool = False,
) -> Written[ClosedSession] | Refusal:
    """Close one of the caller's sessions now, whatever its end, and make its session orders.

    First nothing can be placed any more, which is committed by itself. While orders are left that
    may still be paid, the session stays `closing`, and a job goes on as they are paid or pass their
    limit; with `cancel_unpaid` they are cancelled at once. Paid orders become one session order a
    producer, complete. Closed again, a session is answered as it stands; killed at any moment, the
    job goes on.

    Refuses `identity.scope_missing`, `request.key_reused` and `orders.unknown_sales_session`.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    if sent is not None:
        earlier = await find_written(desk.pool, caller, sent, ClosedSession)
        if earlier is not None:
            return earlier
    begun = await begin_closing(desk.pool, desk.new_id, caller, session)
    if isinstance(begun, Refusal):
        return begun
    if cancel_unpaid:
        await _end_unpaid(desk, caller, session, None if sent is None else sent.request)
    await gather_session(desk, caller.organisation, session)

    async def answer(connection: Connection, _: datetime) -> Done[ClosedSession]:
        row = await store.find_session(connection, caller.organisation, session)
        counts = await store.read_counts(connection, caller.organisation, session)
        assert row is not None, "sessions are never deleted"
        return Done(show_closed(row, counts))

    # The key stands for the whole of it, so it is claimed when all is done.
    return await act_once(desk.pool, desk.new_id, caller, sent, ClosedSession, answer)


async def _end_unpaid(desk: Desk, caller: Caller, session: Id, request: str | None) -> None:
    """Cancel the orders of a closed session that nobody has paid, chunk by chunk."""
    after = LOWEST
    while True:
        async with reading(desk.pool) as connection:
            found = await store.list_unpaid(
                connection, caller.organisation, session, after, GATHERED_MAX
            )
        if not found:
            return
        await orders.end_unpaid(desk, caller, found, request)
        after = found[-1]
