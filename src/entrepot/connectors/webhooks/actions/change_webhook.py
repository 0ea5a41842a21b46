"""Change a webhook, switch it on or off, or delete it."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec import UNSET, UnsetType

from entrepot.connectors.webhooks import errors
from entrepot.connectors.webhooks.actions.check_url import check_url
from entrepot.connectors.webhooks.model import (
    NewWebhook,
    Webhook,
    WebhookChanges,
    WebhookRow,
    check_state,
    check_webhook,
    other_kind,
    unknown_webhook,
)
from entrepot.connectors.webhooks.store import webhooks
from entrepot.identity import SCOPE_MISSING, check_scope
from entrepot.infra.outgoing import Guard
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather

Value = TypeVar("Value")


async def change_webhook(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    webhook: Id,
    changes: WebhookChanges,
    guard: Guard,
    sent: Sent | None = None,
) -> Written[Webhook] | Refusal:
    """Change what is given of a webhook of the caller's organisation; the rest stays.

    Enabled again, it goes on with what waits for it; what happened in between it is not told. A
    deleted one is gone for good. Refuses `identity.scope_missing`, `webhooks.unknown_webhook`,
    `webhooks.url_not_valid`, `webhooks.address_not_found`, `webhooks.address_not_allowed`,
    `webhooks.events_not_valid`, `webhooks.description_not_valid`, `webhooks.state_not_valid`,
    `webhooks.other_kind` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.WEBHOOKS_WRITE)
    if refusal is not None:
        return refusal
    wrong = [
        await check_url(guard, changes.url) if isinstance(changes.url, str) else None,
        check_state(changes.state) if isinstance(changes.state, str) else None,
    ]
    outer = [fault for each in wrong if each is not None for fault in each.faults]

    async def work(connection: Connection, _: datetime) -> Done[Webhook] | Refusal:
        found = await webhooks.lock_webhook(connection, caller.organisation, webhook)
        if found is None:
            return unknown_webhook(webhook)
        if found.kind != "standard" and changes != WebhookChanges(state=changes.state):
            return other_kind()
        changed = _with_changes(found, changes)
        refused = gather([*outer, *_check(caller, changed, changes)], errors.PRECEDENCE)
        if refused is not None:
            return refused
        shown = (await webhooks.with_next_try(connection, caller.organisation, changed)).to_show()
        if changed == found:
            return Done(shown)
        await webhooks.update_webhook(connection, caller.organisation, changed)
        return Done(shown, (Happening("webhooks.changed", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Webhook, work)


def _with_changes(found: WebhookRow, changes: WebhookChanges) -> WebhookRow:
    """A webhook with what is given changed."""
    changed = found._replace(
        url=_given(changes.url, found.url),
        description=_given(changes.description, found.description),
        events=list(_given(changes.events, tuple(found.events))),
    )
    if changed.url != found.url:
        # What the receiver there asked for, or how it failed, is no matter of the new one.
        changed = changed._replace(slow_until=None)
    state = _given(changes.state, found.state)
    return with_state(changed, state)


def with_state(webhook: WebhookRow, state: str) -> WebhookRow:
    """A webhook switched on or off, or deleted; enabled anew, its failures are forgotten."""
    if state == webhook.state:
        return webhook
    if state == "deleted":
        # Nothing is signed for it any more, so what it was signed with need not be kept.
        return webhook._replace(
            state="deleted",
            disabled_reason=None,
            secret=b"",
            previous_secret=None,
            previous_until=None,
            headers=None if webhook.headers is None else b"",
        )
    if state == "disabled":
        return webhook._replace(state="disabled", disabled_reason="owner")
    return webhook._replace(
        state="enabled",
        disabled_reason=None,
        consecutive_failures=0,
        failing_since=None,
        warned_at=None,
        slow_until=None,
    )


def _given(value: Value | UnsetType, otherwise: Value) -> Value:
    return otherwise if isinstance(value, UnsetType) else value


def _check(caller: Caller, changed: WebhookRow, changes: WebhookChanges) -> list[Fault]:
    """What is wrong with a webhook as it would be.

    Where nothing is told anew or elsewhere, whoever switches it off need not read what it is told.
    """
    if changed.kind != "standard":
        return _graphql_faults(caller, changed, changes)
    asked = NewWebhook(changed.url, tuple(changed.events), changed.description)
    refused = check_webhook(caller, asked)
    found = () if refused is None else refused.faults
    tells = (changes.url, changes.events) != (UNSET, UNSET) or changes.state == "enabled"
    return [each for each in found if tells or each.code != SCOPE_MISSING]


def _graphql_faults(caller: Caller, changed: WebhookRow, changes: WebhookChanges) -> list[Fault]:
    """One of the GraphQL door is switched on by whoever may read all that its query may."""
    if changes.state != "enabled" or caller.scopes.issuperset(changed.scopes or ()):
        return []
    lacking = " ".join(sorted(set(changed.scopes or ()) - caller.scopes))
    return [
        Fault(
            SCOPE_MISSING,
            f"This webhook tells what {lacking} reads, which you do not have.",
            "state",
            {"scope": lacking},
        )
    ]
