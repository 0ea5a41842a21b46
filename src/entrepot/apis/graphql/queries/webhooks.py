"""Webhooks of this door, and what they were told."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from entrepot.apis.graphql.connections import Connection, after_id, forwards, page_of
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import granted, not_found
from entrepot.apis.graphql.ids import (
    RESPONSE,
    TRIES_MAX,
    WEBHOOK,
    WEBHOOK_EVENT,
    number_in,
    read_id,
)
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.webhook import Response
from entrepot.connectors import webhooks as connector
from entrepot.connectors.webhooks import Event, Webhook
from entrepot.kernel.paging import Page


async def webhooks(
    _: object,
    info: Info,
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """The key's webhooks, oldest first."""
    size, cursor = forwards(given)
    context = context_of(info)
    database = context.services.database
    page = Page(size, None if cursor is None else (after_id(cursor),))
    rows = granted(await connector.list_graphql_webhooks(database, context.caller, page))

    async def count() -> int:
        return granted(await connector.count_graphql_webhooks(database, context.caller))

    return page_of(rows, size, cursor, count, lambda row: (row.inner_id,))


async def webhook_events(
    _: object,
    info: Info,
    webhookId: str | None = None,  # noqa: N803 - an argument of the schema
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """What the key's webhooks, or one of them, were or are to be told; newest first."""
    size, cursor = forwards(given)
    context = context_of(info)
    database, caller = context.services.database, context.caller
    webhook = None
    if webhookId is not None:
        number = number_in(webhookId, WEBHOOK)
        found = None if number is None else await context.webhooks_numbered.load(number)
        if found is None:
            raise not_found("webhookId", webhookId)
        webhook = found.inner_id
    before = None if cursor is None else int(after_id(cursor), 16)
    rows = granted(await connector.list_events(database, caller, webhook, before, size + 1))
    context.spend(len(rows))

    async def count() -> int:
        return granted(await connector.count_events(database, caller, webhook))

    return page_of(rows, size, cursor, count, lambda row: (f"{row.number:032x}",))


async def _find_webhook(context: Context, text: str) -> object:
    number = number_in(text, WEBHOOK)
    return None if number is None else await context.webhooks_numbered.load(number)


async def _find_event(context: Context, text: str) -> object:
    named = read_id(text)
    return None if named is None else await context.events_numbered.load(named.number)


async def _find_response(context: Context, text: str) -> object:
    named = read_id(text)
    if named is None:
        return None
    number, tried = divmod(named.number, TRIES_MAX)
    event = await context.events_numbered.load(number)
    if event is None:
        return None
    tries = await context.answered_tries.load((event.webhook, event.act)) or ()
    return next((Response(number, each) for each in tries if each.number == tried), None)


FINDERS: Final[Mapping[str, Callable[[Context, str], Awaitable[object]]]] = {
    RESPONSE: _find_response,
    WEBHOOK: _find_webhook,
    WEBHOOK_EVENT: _find_event,
}
"""How what an id names is found, by the name of its type."""

TYPES: Final[Mapping[type, str]] = {
    Event: "WebhookEvent",
    Response: "WebhookEventResponse",
    Webhook: "Webhook",
}
"""The types of nodes by the classes that stand for them."""

FIELDS: Final[Resolvers] = {"webhookEvents": webhook_events, "webhooks": webhooks}
