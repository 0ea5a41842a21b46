"""How each kind of webhook is tried again, and by what a receiver ends it.

Pure: how far a delivery has come and how old it is come in as arguments. The standard kind's
schedule and the meaning of 410 are of Standard Webhooks 1.0; the other's is that of marketplaces:
the n-th time again comes after n to the fourth power seconds, and a refusal ends the webhook.
"""

from datetime import timedelta
from typing import Final

from entrepot.connectors.webhooks.model.webhooks import DisabledReason, WebhookRow

SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after each failed try the next one follows; the first try is at once. 75.6 h in all."""

PAUSE_LEAST: Final = timedelta(seconds=60)
PAUSE_MOST: Final = timedelta(days=4)
TRIED_FOR: Final = timedelta(days=30)
"""How long an event of the GraphQL door's is tried at most."""
DISABLE_AFTER: Final = timedelta(days=5)
"""After how long of nothing but failures a webhook of the standard kind is switched off."""
AT_ONCE: Final = 8
"""Deliveries that are sent to one webhook at once, at most."""

GONE: Final = 410
TOO_MANY: Final = 429
_REDIRECTS: Final = 300
_SERVER_ERRORS: Final = 500


def pause_before_next(webhook: WebhookRow, step: int, age: timedelta) -> timedelta | None:
    """How long after a failed try the next one follows; None when there is none.

    `step` is how many tries failed before it, `age` how old the delivery is.
    """
    if webhook.kind == "standard":
        return SCHEDULE[step] if step < len(SCHEDULE) else None
    if step >= (webhook.retries_max or 0):
        return None
    pause = min(max(timedelta(seconds=(step + 1) ** 4), PAUSE_LEAST), PAUSE_MOST)
    return None if age + pause > TRIED_FOR else pause


def ended_by(webhook: WebhookRow, status: int | None) -> DisabledReason | None:
    """Why a receiver's answer switches its webhook off; None when it does not.

    A redirect, which is never followed, is a refusal too.
    """
    if status == GONE:
        return "gone"
    refuses = status is not None and _REDIRECTS <= status < _SERVER_ERRORS and status != TOO_MANY
    return "refused" if webhook.kind == "graphql" and refuses else None


def disable_after(webhook: WebhookRow) -> timedelta:
    """After how long of nothing but failures a webhook is switched off."""
    return DISABLE_AFTER if webhook.kind == "standard" else TRIED_FOR


def at_once_of(webhook: WebhookRow) -> int:
    """How many deliveries are sent to a webhook at once."""
    return min(AT_ONCE, webhook.at_once_max or AT_ONCE)


def slowed_down(webhook: WebhookRow, status: int | None, sent: int) -> WebhookRow:
    """A webhook after a try: one that is asked too much at once is asked less from now on.

    `sent` is how many were being sent: one less than that, but always one.
    """
    if status != TOO_MANY or webhook.at_once_max is None:
        return webhook
    return webhook._replace(at_once_max=max(1, min(webhook.at_once_max, sent) - 1))
