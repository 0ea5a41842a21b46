"""Make the session orders of a sales session that is closing."""

from datetime import datetime

from entrepot import orders
from entrepot.infra.pool import Connection
from entrepot.infra.reading import reading
from entrepot.infra.writing import Done, Happening, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError
from entrepot.orders import GATHERED_MAX, Desk, GatherOrders
from entrepot.sales_sessions import store
from entrepot.sales_sessions.model import SalesSession, show_session


async def gather_session(desk: Desk, trader: Id, session: Id) -> int:
    """Go on closing a session as far as it goes now; how many orders that moved, and 1 for the end.

    Paid orders are gathered in chunks of at most 500, each a transaction of its own; while unpaid
    ones within their limit are left, the session stays `closing`. With none left, its session
    orders are completed, and so is it. May be called at any time, by several at once, and again
    after a crash: it goes on where the database says that it was. Nothing happens to a session
    that is not closing.
    """
    done = 0
    while True:
        async with reading(desk.pool) as connection:
            row = await store.find_session(connection, trader, session)
            if row is None or row.state != "closing":
                return done
            paid = await store.list_to_gather(connection, trader, session, GATHERED_MAX)
            counts = await store.read_counts(connection, trader, session)
            producers = await store.read_producers(connection, trader, session)
        references = tuple([(each.producer, f"{row.reference}:{each.slug}") for each in producers])
        if paid:
            await _gather(desk, trader, GatherOrders(session, tuple(paid), references, last=False))
            done += len(paid)
        elif counts.expired:
            await orders.sweep_expired(desk)
        elif counts.unpaid:
            return done
        else:
            await _gather(desk, trader, GatherOrders(session, (), references, last=True))
            done += await _complete(desk, trader, session)


async def _gather(desk: Desk, trader: Id, command: GatherOrders) -> None:
    """Let the batch gather orders. Raises RefusedError with what it refuses."""
    refusal = await orders.gather_orders(desk, trader, command)
    if refusal is not None:
        raise RefusedError(refusal)


async def _complete(desk: Desk, trader: Id, session: Id) -> int:
    """Write that a session is complete, unless an order was left; 1 when that is news."""
    caller = Caller(trader, frozenset({Scope.ORDERS_WRITE.value}))
    is_news = False

    async def work(connection: Connection, now: datetime) -> Done[SalesSession]:
        nonlocal is_news
        await orders.lock_window(connection, trader, session)
        is_left = await store.is_any_held(connection, trader, session)
        is_news = not is_left and await orders.complete_window(connection, trader, session, now)
        row = await store.find_session(connection, trader, session)
        assert row is not None, "sessions are never deleted"
        answer = show_session(row)
        happening = Happening("sales_sessions.completed", answer.id, answer)
        return Done(answer, (happening,) if is_news else ())

    written = await act_once(desk.pool, desk.new_id, caller, None, SalesSession, work)
    assert isinstance(written, Written), "completing is never refused"
    return int(is_news)
