"""Reads of webhooks for doors."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from entrepot.connectors.webhooks.model import (
    EPOCH,
    Attempt,
    Delivery,
    Event,
    TriedRow,
    Webhook,
    unknown_webhook,
)
from entrepot.connectors.webhooks.store import deliveries, objects, webhooks
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Page
from entrepot.kernel.refusal import Refusal

LATEST_MAX: Final = 20
"""Events that are shown beside their webhook."""
_NUMBER_MAX: Final = 2**31 - 1
_SEQ_MAX: Final = 2**63 - 1
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


async def list_webhooks(pool: Pool, caller: Caller, page: Page) -> Sequence[Webhook] | Refusal:
    """The webhooks of the caller's organisation, oldest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        found = await webhooks.list_webhooks(
            connection, caller.organisation, after, page.rows_wanted
        )
    return [row.to_show() for row in found]


async def find_webhook(pool: Pool, caller: Caller, webhook: Id) -> Webhook | Refusal:
    """One webhook of the caller's. Refuses `identity.scope_missing`, `webhooks.unknown_webhook`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await webhooks.find_webhook(connection, caller.organisation, webhook)
    return unknown_webhook(webhook) if found is None else found.to_show()


async def list_deliveries(
    pool: Pool, caller: Caller, webhook: Id, page: Page, state: str | None = None
) -> Sequence[tuple[int, Delivery]] | Refusal:
    """A webhook's deliveries, newest first, each with the number of its event.

    `state` is `waiting`, `delivered`, `replaced`, `skipped`, `parked`, or None for all. A page
    begins after an (event's number, act). Refuses `identity.scope_missing` and
    `webhooks.unknown_webhook`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    before = (_SEQ_MAX, HIGHEST)
    if page.after is not None:
        before = (int(page.after[0]), str(page.after[1]))
    async with reading(pool) as connection:
        if await webhooks.find_webhook(connection, caller.organisation, webhook) is None:
            return unknown_webhook(webhook)
        rows = await deliveries.list_deliveries(
            connection, caller.organisation, webhook, before, state, page.rows_wanted
        )
    return [(row.seq, row.to_show()) for row in rows]


async def list_attempts(
    pool: Pool, caller: Caller, webhook: Id, page: Page
) -> Sequence[Attempt] | Refusal:
    """A webhook's tries, newest first.

    A page begins after an attempt's `place`. Refuses `identity.scope_missing` and
    `webhooks.unknown_webhook`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    before = (_LATEST, HIGHEST, _NUMBER_MAX)
    if page.after is not None:
        since, act, number = page.after
        before = (EPOCH + timedelta(microseconds=int(since)), str(act), int(number))
    async with reading(pool) as connection:
        if await webhooks.find_webhook(connection, caller.organisation, webhook) is None:
            return unknown_webhook(webhook)
        rows = await deliveries.list_attempts(
            connection, caller.organisation, webhook, before, page.rows_wanted
        )
    return [
        Attempt(ids.ACT + row.act, row.number, row.at, row.milliseconds, row.status, row.error)
        for row in rows
    ]


async def who_asks(connection: Connection, organisations: Collection[Id], event: str) -> set[Id]:
    """Which of some organisations have a webhook now that is told of an event.

    For whoever writes an event that nobody else has a use for.
    """
    return await webhooks.find_asking(connection, organisations, event)


async def list_graphql_webhooks(pool: Pool, caller: Caller, page: Page) -> list[Webhook] | Refusal:
    """The caller's webhooks of the GraphQL door, oldest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        found = await webhooks.list_webhooks(
            connection, caller.organisation, after, page.rows_wanted, "graphql"
        )
    return [row.to_show() for row in found]


async def count_graphql_webhooks(pool: Pool, caller: Caller) -> int | Refusal:
    """How many webhooks of the GraphQL door the caller has. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await webhooks.count_webhooks(connection, caller.organisation, "graphql")


async def list_events(
    pool: Pool, caller: Caller, webhook: Id | None, before: int | None, limit: int
) -> list[Event] | Refusal:
    """What the caller's webhooks of the GraphQL door, or one of them, are told; newest first.

    From before a number on. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await objects.list_events(connection, caller.organisation, webhook, before, limit)


async def find_events(pool: Pool, caller: Caller, numbers: Sequence[int]) -> list[Event] | Refusal:
    """The events of the caller's webhooks with these numbers. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await objects.find_events(connection, caller.organisation, numbers)


async def list_latest_events(
    pool: Pool, caller: Caller, webhooks: Sequence[Id]
) -> list[Event] | Refusal:
    """The 20 newest events of each of some webhooks. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await objects.list_latest_events(
            connection, caller.organisation, webhooks, LATEST_MAX
        )


async def count_events(pool: Pool, caller: Caller, webhook: Id | None) -> int | Refusal:
    """How many events of the caller's webhooks, or of one of them, are remembered.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await objects.count_events(connection, caller.organisation, webhook)


async def list_answered_tries(
    pool: Pool, caller: Caller, events: Sequence[tuple[Id, Id]]
) -> list[TriedRow] | Refusal:
    """The tries of events, each a (webhook, act), that were answered, in their order.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await objects.list_answered_tries(connection, caller.organisation, events)
