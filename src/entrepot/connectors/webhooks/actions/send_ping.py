"""Send a test delivery."""

from collections.abc import Callable
from datetime import datetime

from entrepot.connectors.webhooks.model import Ping, not_enabled, other_kind, unknown_webhook
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def send_ping(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    webhook: Id,
    sent: Sent | None = None,
) -> Written[Ping] | Refusal:
    """Tell a webhook, and no other, that it is being tried: the event `webhooks.pinged`.

    It goes the way of every delivery, so its attempts show whether that way is open; at once, also
    when the webhook is left alone for a while: its owner knows that it may be tried. Refuses
    `identity.scope_missing`, `webhooks.unknown_webhook`, `webhooks.other_kind`,
    `webhooks.not_enabled` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Ping] | Refusal:
        found = await webhooks.lock_webhook(connection, caller.organisation, webhook)
        if found is None:
            return unknown_webhook(webhook)
        if found.kind != "standard":
            return other_kind("webhook")
        if found.state != "enabled":
            return not_enabled("webhook")
        await webhooks.update_webhook(
            connection, caller.organisation, found._replace(slow_until=None)
        )
        ping = Ping(ids.WEBHOOK + webhook)
        return Done(ping, (Happening("webhooks.pinged", ping.webhook, ping),))

    return await act_once(pool, new_id, caller, sent, Ping, work)
