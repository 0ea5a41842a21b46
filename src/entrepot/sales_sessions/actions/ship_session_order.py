"""A producer ships a session order, or part of it."""

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import refuse
from entrepot.orders import Answer, Desk, LineQuantity, ShipOrder
from entrepot.sales_sessions import store


async def ship_session_order(
    desk: Desk,
    caller: Caller,
    order: Id,
    lines: tuple[LineQuantity, ...] | None,
    key: str,
    request: str | None = None,
) -> Answer:
    """Let the goods of a session order at the caller leave: all that it holds, or these quantities.

    Through the batch; `key` makes it repeatable. Refuses what `ship_order` refuses, and answers for
    a session order at another producer as for none.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(desk.pool) as connection:
        row = await store.find_session_order(connection, caller.organisation, order)
    if row is None:
        return refuse(
            orders.UNKNOWN_ORDER,
            "There is no such order. Check its id.",
            facts={"order": ids.ORDER + order} if order else {},
        )
    command = ShipOrder(order, lines, row.trader)
    return await orders.ship_order(desk, caller, command, key, request)
