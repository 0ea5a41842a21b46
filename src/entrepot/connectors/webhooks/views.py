"""Reads of webhooks for doors."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from entrepot.connectors.webhooks import store
from entrepot.connectors.webhooks.model import (
    EPOCH,
    Attempt,
    Delivery,
    Webhook,
    unknown_webhook,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Page
from entrepot.kernel.refusal import Refusal

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
        found = await store.list_webhooks(connection, caller.organisation, after, page.rows_wanted)
    return [row.to_show() for row in found]


async def find_webhook(pool: Pool, caller: Caller, webhook: Id) -> Webhook | Refusal:
    """One webhook of the caller's. Refuses `identity.scope_missing`, `webhooks.unknown_webhook`."""
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await store.find_webhook(connection, caller.organisation, webhook)
    return unknown_webhook(webhook) if found is None else found.to_show()


async def list_deliveries(
    pool: Pool, caller: Caller, webhook: Id, page: Page, state: str | None = None
) -> Sequence[tuple[int, Delivery]] | Refusal:
    """A webhook's deliveries, newest first, each with the number of its event.

    `state` is `waiting`, `delivered`, `replaced`, `parked`, or None for all. A page begins after an
    (event's number, act). Refuses `identity.scope_missing` and `webhooks.unknown_webhook`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    before = (_SEQ_MAX, HIGHEST)
    if page.after is not None:
        before = (int(page.after[0]), str(page.after[1]))
    async with reading(pool) as connection:
        if await store.find_webhook(connection, caller.organisation, webhook) is None:
            return unknown_webhook(webhook)
        rows = await store.list_deliveries(
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
        if await store.find_webhook(connection, caller.organisation, webhook) is None:
            return unknown_webhook(webhook)
        rows = await store.list_attempts(
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
    return await store.find_asking(connection, organisations, event)
