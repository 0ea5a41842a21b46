"""Send a delivery again, at its owner's word."""

from collections.abc import Callable
from datetime import datetime

from entrepot.connectors.webhooks.model import (
    Delivery,
    not_enabled,
    unknown_delivery,
    unknown_webhook,
)
from entrepot.connectors.webhooks.store import deliveries, webhooks
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def redeliver(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    webhook: Id,
    act: Id,
    sent: Sent | None = None,
) -> Written[Delivery] | Refusal:
    """Send a delivery again now, whatever became of it, with its whole schedule of tries.

    Now, also when the webhook is left alone for a while: its owner knows that it may be tried.
    It keeps its id, so a receiver that had it knows it again; one that is being sent now stays as
    it is. Refuses `identity.scope_missing`, `webhooks.unknown_webhook`,
    `webhooks.unknown_delivery`, `webhooks.not_enabled` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Delivery] | Refusal:
        found = await webhooks.lock_webhook(connection, caller.organisation, webhook)
        if found is None:
            return unknown_webhook(webhook)
        row = await deliveries.lock_delivery(connection, caller.organisation, webhook, act)
        if row is None:
            return unknown_delivery(act)
        if found.state != "enabled":
            return not_enabled("webhook")
        if row.begun_at is not None:
            return Done(row.to_show())
        await webhooks.update_webhook(
            connection, caller.organisation, found._replace(slow_until=None)
        )
        again = row._replace(state="waiting", next_try_at=now, step=0, crashes=0, ended_at=None)
        await deliveries.update_deliveries(connection, caller.organisation, webhook, [again])
        shown = again.to_show()
        happening = Happening("webhooks.redelivery_asked", ids.WEBHOOK + webhook, shown)
        return Done(shown, (happening,))

    return await act_once(pool, new_id, caller, sent, Delivery, work)
