"""Add products to a sales session, or change the limits and prices of those that it sells."""

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
from entrepot.orders import SoldProduct, WindowChange
from entrepot.sales_sessions import errors, store
from entrepot.sales_sessions.model import (
    SalesSession,
    SessionProduct,
    Sold,
    already_closed,
    check_products,
    has_closed,
    show_session,
    unknown_sales_session,
)

_PRECEDENCE: Final = (*orders.PRECEDENCE, *errors.PRECEDENCE)


async def set_session_products(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    session: Id,
    products: tuple[SessionProduct, ...],
    sent: Sent | None = None,
) -> Written[SalesSession] | Refusal:
    """Let one of the caller's sessions sell products; those it does not name stay as they are.

    A limit is never below what customers hold. What the trader pays for a product stays what its
    producer asked when it was first sold in the session. Refuses `identity.scope_missing`,
    `request.key_reused`, `orders.unknown_sales_session`, `orders.unknown_variant` and
    `sales_sessions.*`: `already_closed`, `too_many_products`, `named_twice`, `limit_not_valid`,
    `price_not_valid`, `limit_below_held`.
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
        offered = await store.read_offered(connection, trader, [each.variant for each in products])
        found = await orders.read_sold(connection, trader, session, sorted(offered))
        sold = {key: Sold(each.sku, each.held, each.is_short) for key, each in found.items()}
        refused = gather(check_products(products, offered, sold, row.product_count), _PRECEDENCE)
        if refused is not None:
            return refused
        wanted = {each.variant: each for each in products}
        same = all(
            key in found
            and (found[key].quantity_max, found[key].unit_price)
            == (each.quantity_max, each.unit_price)
            for key, each in wanted.items()
        )
        if same:
            return Done(show_session(row))
        lines = []
        for key, each in wanted.items():
            owner, price = offered[key].owner, offered[key].price
            lines.append(SoldProduct(key, owner, each.quantity_max, each.unit_price, price))
        change = WindowChange(sold=tuple(lines))
        await orders.change_window(connection, trader, session, change)
        after = await store.find_session(connection, trader, session)
        assert after is not None, "what is locked is there"
        changed = show_session(after)
        return Done(changed, (Happening("sales_sessions.products_set", changed.id, changed),))

    return await act_once(pool, new_id, caller, sent, SalesSession, work)
