"""Open a sales session: producers' goods, sold to customers between two times."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.orders import NewWindow, SoldProduct
from entrepot.sales_sessions import errors, store
from entrepot.sales_sessions.model import (
    NewSalesSession,
    SalesSession,
    check_new,
    check_products,
    reference_taken,
    show_session,
)

_PRECEDENCE: Final = (*orders.PRECEDENCE, *errors.PRECEDENCE)


async def open_sales_session(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewSalesSession,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[SalesSession] | Refusal:
    """Open a session in which the caller's customers may order, from its opening time on.

    What the trader pays for each product is what its producer asks at this moment: the wholesale
    price, else the retail price. `moment` says when it happens.

    Refuses `identity.scope_missing`, `request.key_reused`, `orders.unknown_variant` (what no
    session right opens) and `sales_sessions.*`: `reference_taken`, `reference_not_valid`,
    `name_not_valid`, `times_not_valid`, `too_many_products`, `named_twice`, `limit_not_valid`,
    `price_not_valid`.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    trader = caller.organisation

    async def work(connection: Connection, clock: datetime) -> Done[SalesSession] | Refusal:
        now = moment(clock)
        named = [each.variant for each in new.products]
        offered = await store.read_offered(connection, trader, named)
        faults = [*check_new(new, now), *check_products(new.products, offered, {}, 0)]
        refused = gather(faults, _PRECEDENCE)
        if refused is not None:
            return refused
        session = new_id()
        sold = []
        for each in new.products:
            variant = offered[each.variant]
            limit, price = each.quantity_max, each.unit_price
            sold.append(SoldProduct(variant.id, variant.owner, limit, price, variant.price))
        window = NewWindow(trader, session, new.opens_at, new.closes_at)
        await orders.open_window(connection, window, sold)
        if not await store.insert_session(
            connection, trader, session, new.name, new.reference, now
        ):
            return reference_taken(new.reference)
        row = await store.find_session(connection, trader, session)
        assert row is not None, "it was written just now"
        opened = show_session(row)
        return Done(opened, (Happening("sales_sessions.opened", opened.id, opened),))

    return await act_once(pool, new_id, caller, sent, SalesSession, work)
