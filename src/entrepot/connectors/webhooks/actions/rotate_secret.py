"""Give a webhook a new secret."""

from collections.abc import Callable
from datetime import datetime

from entrepot.connectors.webhooks.model import (
    ROTATION,
    SECRET_BYTES,
    IssuedWebhook,
    Webhook,
    other_kind,
    unknown_webhook,
    write_secret,
)
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import check_scope
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Done, Happening, Sent, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def rotate_secret(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    webhook: Id,
    box: SecretBox,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None = None,
) -> IssuedWebhook | Webhook | Refusal:
    """Give a webhook a new secret, which is told here and never again.

    For 24 hours deliveries are signed with both; the one before the last, if it still held, ends.
    Sent again under its key, the act is answered without the secret. Refuses
    `identity.scope_missing`, `webhooks.unknown_webhook`, `webhooks.other_kind` and
    `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    secret = random(SECRET_BYTES)

    async def work(connection: Connection, now: datetime) -> Done[Webhook] | Refusal:
        found = await webhooks.lock_webhook(connection, caller.organisation, webhook)
        if found is None:
            return unknown_webhook(webhook)
        if found.kind != "standard":
            return other_kind("webhook")
        changed = found._replace(
            secret=box.seal(ids.WEBHOOK + webhook, secret),
            previous_secret=found.secret,
            previous_until=now + ROTATION,
        )
        await webhooks.update_webhook(connection, caller.organisation, changed)
        shown = (await webhooks.with_next_try(connection, caller.organisation, changed)).to_show()
        return Done(shown, (Happening("webhooks.secret_rotated", shown.id, shown),))

    written = await act_once(pool, new_id, caller, sent, Webhook, work)
    if isinstance(written, Refusal):
        return written
    if written.replayed:
        return written.answer
    return IssuedWebhook(written.answer, write_secret(secret))
