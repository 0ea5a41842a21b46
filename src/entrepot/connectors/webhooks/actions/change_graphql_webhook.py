"""Change a webhook of the GraphQL door."""

from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

from entrepot.connectors.webhooks import errors
from entrepot.connectors.webhooks.actions.change_webhook import with_state
from entrepot.connectors.webhooks.actions.check_url import check_url
from entrepot.connectors.webhooks.actions.create_graphql_webhook import GraphqlTools
from entrepot.connectors.webhooks.actions.seal_secrets import open_secrets, seal_secrets
from entrepot.connectors.webhooks.model import (
    GraphqlWebhookChanges,
    NewGraphqlWebhook,
    Webhook,
    WebhookRow,
    as_new,
    new_faults,
    reading_scopes,
    unknown_webhook,
    with_changes,
)
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import SCOPE_MISSING, check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather

_SWITCHED_OFF = GraphqlWebhookChanges(enabled=False)


async def change_graphql_webhook(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    webhook: Id,
    changes: GraphqlWebhookChanges,
    tools: GraphqlTools,
    sent: Sent | None = None,
) -> Written[Webhook] | Refusal:
    """Change what is given of a webhook of the GraphQL door; the rest stays.

    From now on its query is run with what the caller may read; who only switches it off need not
    read what it is told. Refuses what `create_graphql_webhook` refuses, but for too many, and
    `webhooks.unknown_webhook`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    wrong = None if changes.url is UNSET else await check_url(tools.guard, str(changes.url))
    outer = () if wrong is None else wrong.faults

    async def work(connection: Connection, _: datetime) -> Done[Webhook] | Refusal:
        found = await webhooks.lock_webhook(connection, caller.organisation, webhook)
        if found is None or found.kind != "graphql":
            return unknown_webhook(webhook)
        stored = as_new(found, *open_secrets(tools.box, found))
        wanted = with_changes(stored, changes)
        changed = found
        if changes != _SWITCHED_OFF:
            faults = [*outer, *new_faults(caller, wanted, tools.check_query)]
            refused = gather(faults, (*errors.PRECEDENCE, SCOPE_MISSING))
            if refused is not None:
                return refused
            changed = _changed(caller, found, wanted)
            if (wanted.hmac_key, wanted.headers) != (stored.hmac_key, stored.headers):
                sealed = seal_secrets(tools.box, webhook, wanted)
                changed = changed._replace(
                    secret=sealed.hmac_key,
                    headers=sealed.headers,
                    header_names=list(wanted.headers),
                )
        changed = with_state(changed, "enabled" if wanted.enabled else "disabled")
        shown = (await webhooks.with_next_try(connection, caller.organisation, changed)).to_show()
        if changed == found:
            return Done(shown)
        await webhooks.update_webhook(connection, caller.organisation, changed)
        return Done(shown, (Happening("webhooks.changed", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Webhook, work)


def _changed(caller: Caller, found: WebhookRow, wanted: NewGraphqlWebhook) -> WebhookRow:
    """A webhook as it is wanted, but for its secrets and its state."""
    return found._replace(
        url=wanted.url,
        slow_until=found.slow_until if wanted.url == found.url else None,
        told_of=wanted.told_of,
        event_name=wanted.event_name,
        seller=wanted.seller,
        query=wanted.query,
        scopes=reading_scopes(caller),
        retries_max=wanted.retries_max,
        at_once_max=wanted.at_once_max,
        allow_skip=wanted.allow_skip,
    )
