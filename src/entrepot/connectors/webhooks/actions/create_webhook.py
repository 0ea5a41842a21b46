"""Make a webhook."""

from collections.abc import Callable
from datetime import datetime

from entrepot.connectors.webhooks import errors
from entrepot.connectors.webhooks.actions.check_url import check_url
from entrepot.connectors.webhooks.model import (
    SECRET_BYTES,
    WEBHOOKS_MAX,
    IssuedWebhook,
    NewWebhook,
    Webhook,
    WebhookRow,
    check_webhook,
    too_many_webhooks,
    write_secret,
)
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import check_scope
from entrepot.infra.ids import random_bytes
from entrepot.infra.outgoing import Guard
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Done, Happening, Sent, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather


async def create_webhook(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewWebhook,
    guard: Guard,
    box: SecretBox,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None = None,
) -> IssuedWebhook | Webhook | Refusal:
    """Make a webhook of the caller's organisation; its secret is told here and never again.

    It is told of what happens from now on. Sent again under its key, the act is answered without
    the secret. Refuses `identity.scope_missing`, `webhooks.url_not_valid`,
    `webhooks.address_not_found`, `webhooks.address_not_allowed`, `webhooks.events_not_valid`,
    `webhooks.description_not_valid`, `webhooks.too_many_webhooks` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    wrong = [await check_url(guard, new.url), check_webhook(caller, new)]
    faults = [fault for each in wrong if each is not None for fault in each.faults]
    refused = gather(faults, errors.PRECEDENCE)
    secret = random(SECRET_BYTES)

    async def work(connection: Connection, now: datetime) -> Done[Webhook] | Refusal:
        if refused is not None:
            # Not before: what was accepted once is answered so, whatever its host is now.
            return refused
        if await webhooks.count_webhooks(connection, caller.organisation) >= WEBHOOKS_MAX:
            return too_many_webhooks()
        made = new_id()
        sealed = box.seal(ids.WEBHOOK + made, secret)
        await webhooks.insert_webhook(connection, caller.organisation, made, new, sealed, now)
        row = await webhooks.lock_webhook(connection, caller.organisation, made)
        assert isinstance(row, WebhookRow), "it has just been made"
        shown = row.to_show()
        return Done(shown, (Happening("webhooks.created", shown.id, shown),))

    written = await act_once(pool, new_id, caller, sent, Webhook, work)
    if isinstance(written, Refusal):
        return written
    if written.replayed:
        return written.answer
    return IssuedWebhook(written.answer, write_secret(secret))
