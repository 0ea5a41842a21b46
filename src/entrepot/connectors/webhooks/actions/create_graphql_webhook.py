"""Make a webhook of the GraphQL door."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from entrepot.connectors.webhooks import errors
from entrepot.connectors.webhooks.actions.check_url import check_url
from entrepot.connectors.webhooks.actions.seal_secrets import seal_secrets
from entrepot.connectors.webhooks.model import (
    WEBHOOKS_MAX,
    CheckQuery,
    NewGraphqlWebhook,
    Webhook,
    WebhookRow,
    new_faults,
    reading_scopes,
    too_many_webhooks,
)
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import SCOPE_MISSING, check_scope
from entrepot.infra.outgoing import Guard
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather


class GraphqlTools(NamedTuple):
    """What such a webhook is checked and kept with: queries, addresses, secrets."""

    check_query: CheckQuery
    guard: Guard
    box: SecretBox


async def create_graphql_webhook(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewGraphqlWebhook,
    tools: GraphqlTools,
    sent: Sent | None = None,
) -> Written[Webhook] | Refusal:
    """Make a webhook that is told of objects as its query says; its key is never shown.

    It is told of what happens from now on, by what its maker may read. Refuses
    `identity.scope_missing`, `webhooks.url_not_valid`, `webhooks.address_not_found`,
    `webhooks.address_not_allowed`, `webhooks.events_not_valid`, `webhooks.query_not_valid`,
    `webhooks.hmac_key_not_valid`, `webhooks.headers_not_valid`, `webhooks.limit_not_valid`,
    `webhooks.too_many_webhooks` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    wrong = await check_url(tools.guard, new.url)
    faults = [
        *(() if wrong is None else wrong.faults),
        *new_faults(caller, new, tools.check_query),
    ]
    refused = gather(faults, (*errors.PRECEDENCE, SCOPE_MISSING))

    async def work(connection: Connection, now: datetime) -> Done[Webhook] | Refusal:
        if refused is not None:
            # Not before: what was accepted once is answered so, whatever its host is now.
            return refused
        if await webhooks.count_webhooks(connection, caller.organisation) >= WEBHOOKS_MAX:
            return too_many_webhooks()
        made = new_id()
        sealed = seal_secrets(tools.box, made, new)
        await webhooks.insert_graphql_webhook(
            connection, caller.organisation, made, new, sealed, reading_scopes(caller), now
        )
        row = await webhooks.lock_webhook(connection, caller.organisation, made)
        assert isinstance(row, WebhookRow), "it has just been made"
        shown = row.to_show()
        return Done(shown, (Happening("webhooks.created", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Webhook, work)
