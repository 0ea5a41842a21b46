"""Change who bought a marketplace's order, and whether its payment is looked at."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import store
from entrepot.orders.model.market_changes import (
    MarketOrderChanged,
    MarketOrderChanges,
    change_market_order,
    status_of_order,
)
from entrepot.orders.model.standing import unknown_order
from entrepot.orders.store import marketplace


async def change_marketplace_order(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    order: Id,
    changes: MarketOrderChanges,
    sent: Sent | None = None,
) -> Written[MarketOrderChanged] | Refusal:
    """Change what is given of an order of the caller's marketplace; the rest stays.

    Its invoices show it at once, and their sellers are told that they changed. While it is
    `pending_review`, nothing of it can be shipped: the order is locked, so no shipment passes by.
    The answer, and with it the audit, names what changed and says nothing of the buyer.
    Refuses `identity.scope_missing`, `request.key_reused`, `orders.unknown_order` and
    `orders.detail_not_valid`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[MarketOrderChanged] | Refusal:
        key = (caller.organisation, order)
        locked = await store.lock_orders(connection, [key]) if order else ()
        stands = await marketplace.read_market_order(connection, key) if locked else None
        if stands is None:
            return unknown_order(order)
        decided = change_market_order(stands, changes)
        if isinstance(decided, Refusal):
            return decided
        status = status_of_order(decided)
        answer = MarketOrderChanged(ids.ORDER + order, stands.legacy_id, status, decided.changed)
        if not decided.changed:
            return Done(answer)
        await marketplace.update_market_order(connection, key, decided, now)
        return Done(answer, (Happening("orders.marketplace_order_changed", answer.id, answer),))

    return await act_once(pool, new_id, caller, sent, MarketOrderChanged, work)
