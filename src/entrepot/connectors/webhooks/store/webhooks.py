"""Loading and saving webhooks themselves. No other code runs the statements beside it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from entrepot.connectors.webhooks.model import Kind, NewGraphqlWebhook, NewWebhook, WebhookRow
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST

SQL = load_statements("entrepot.connectors.webhooks.store", "webhooks.sql")


class Sealed(NamedTuple):
    """The secrets of a webhook of the GraphQL door, unreadable."""

    hmac_key: bytes
    headers: bytes


ROWS: Mapping[str, type] = {"lock_webhook": WebhookRow, "list_webhooks": WebhookRow}


async def count_webhooks(connection: Connection, organisation: Id, kind: Kind | None = None) -> int:
    """Count the webhooks that an organisation has, of one kind or of all."""
    count: int = await connection.fetchval(SQL["count_webhooks"], organisation, kind)
    return count


async def insert_webhook(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    new: NewWebhook,
    sealed: bytes,
    now: datetime,
) -> None:
    """Write a new webhook, its secret sealed."""
    await connection.execute(
        SQL["insert_webhook"],
        organisation,
        webhook,
        new.url,
        new.description,
        new.events,
        sealed,
        now,
    )


async def insert_graphql_webhook(
    connection: Connection,
    organisation: Id,
    webhook: Id,
    new: NewGraphqlWebhook,
    sealed: Sealed,
    scopes: Sequence[str],
    now: datetime,
) -> None:
    """Write a new webhook of the GraphQL door, its secrets sealed."""
    await connection.execute(
        SQL["insert_graphql_webhook"],
        organisation,
        webhook,
        new.url,
        sealed.hmac_key,
        now,
        "enabled" if new.enabled else "disabled",
        None if new.enabled else "owner",
        new.told_of,
        new.event_name,
        new.seller,
        new.query,
        scopes,
        list(new.headers),
        sealed.headers,
        new.retries_max,
        new.at_once_max,
        new.allow_skip,
    )


async def lock_webhook(connection: Connection, organisation: Id, webhook: Id) -> WebhookRow | None:
    """Lock a webhook, unless it is deleted, and read it."""
    row = await connection.fetchrow(SQL["lock_webhook"], organisation, webhook or None)
    return None if row is None else WebhookRow(*row)


async def update_webhook(connection: Connection, organisation: Id, webhook: WebhookRow) -> None:
    """Write a webhook that is locked."""
    written = await connection.fetchval(
        SQL["update_webhook"],
        organisation,
        webhook.id,
        webhook.url,
        webhook.description,
        webhook.events,
        webhook.secret,
        webhook.previous_secret,
        webhook.previous_until,
        webhook.state,
        webhook.disabled_reason,
        webhook.last_success_at,
        webhook.last_failure_at,
        webhook.consecutive_failures,
        webhook.failing_since,
        webhook.warned_at,
        webhook.parked_told_at,
        webhook.slow_until,
        webhook.told_of,
        webhook.event_name,
        webhook.seller,
        webhook.query,
        webhook.scopes,
        webhook.header_names,
        webhook.headers,
        webhook.retries_max,
        webhook.at_once_max,
        webhook.allow_skip,
    )
    assert written, "a webhook that is locked is there"


async def with_next_try(
    connection: Connection, organisation: Id, webhook: WebhookRow
) -> WebhookRow:
    """The webhook, with when its next delivery is due read now."""
    due = await connection.fetchval(SQL["find_next_try"], organisation, webhook.id)
    return webhook._replace(next_try_at=due)


async def list_webhooks(
    connection: Connection,
    organisation: Id,
    after: Id,
    limit: int,
    kind: Kind | None = None,
) -> list[WebhookRow]:
    """Read an organisation's webhooks after one, with when each has something due.

    Of one kind, where that is given.
    """
    rows = await connection.fetch(
        SQL["list_webhooks"], organisation, after, HIGHEST, after, limit, kind
    )
    return [WebhookRow(*row) for row in rows]


async def find_webhook(connection: Connection, organisation: Id, webhook: Id) -> WebhookRow | None:
    """Read one webhook, unless it is deleted, with when it has something due."""
    named = webhook or None
    row = await connection.fetchrow(SQL["list_webhooks"], organisation, named, named, None, 1, None)
    return None if row is None else WebhookRow(*row)


async def find_asking(connection: Connection, organisations: Collection[Id], event: str) -> set[Id]:
    """Read which organisations have an enabled webhook that asks for an event."""
    rows = await connection.fetch(SQL["find_asking"], list(organisations), event)
    return {row[0] for row in rows}
