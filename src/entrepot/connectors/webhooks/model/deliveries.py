"""What is delivered when: what is chosen, what an outcome means, and when to give up.

Pure: the time and the outcomes come in as arguments. The meaning of 429 and 5xx, and that an owner
is told before a webhook is switched off, are of Standard Webhooks 1.0.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from entrepot.connectors.webhooks.model.policies import (
    at_once_of,
    disable_after,
    ended_by,
    pause_before_next,
    slowed_down,
)
from entrepot.connectors.webhooks.model.webhooks import OBJECTS, WebhookRow
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

COALESCED: Final = frozenset(
    {"stock.availability_changed", *(f"{each.lower()}.update" for each in OBJECTS)}
)
"""Events that tell how something is now: once a newer one is there, the older need not be told."""

SLOW_DOWN: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a receiver says that it is asked too much."""
SLOW_DOWN_PAUSE: Final = timedelta(seconds=30)
FIRST_PAUSE: Final = timedelta(seconds=5)
FAILURES_BORNE: Final = 5
"""Failures in a row after which a webhook is left alone for a while after each further one."""
PAUSE_MAX: Final = timedelta(minutes=5)
WARN_AFTER: Final = timedelta(days=3)
WARNED_BEFORE: Final = timedelta(days=1)
"""How long its owner has known when a webhook is switched off for its failures."""
PARKED_TOLD_EVERY: Final = timedelta(days=1)

CRASHES_MAX: Final = 5
"""How often a worker may die over a delivery before it is put aside."""
LEASE: Final = timedelta(seconds=45)
"""After how long a delivery that was begun counts as that of a worker that died."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
KEPT: Final = timedelta(days=30)
"""How long deliveries that ended, and their tries, are remembered."""


class Delivery(msgspec.Struct, frozen=True):
    """What a webhook is, or was, to be told of; `id` is the act, as in the header `webhook-id`."""

    id: str
    event: str
    subject: str
    state: str
    created_at: datetime
    tries: int
    next_try_at: datetime | None
    last_status: int | None
    last_error: str | None
    ended_at: datetime | None


class Attempt(msgspec.Struct, frozen=True):
    """One try: when, how long it took, the status it was answered with or why it was not."""

    delivery: str
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None

    @property
    def place(self) -> tuple[int, Id, int]:
        """Where it stands in a list: microseconds since 1970, the act, the number of the try."""
        since = (self.at - EPOCH) // timedelta(microseconds=1)
        return since, self.delivery.removeprefix(ids.ACT), self.number


class DeliveryRow(NamedTuple):
    """A delivery as it is stored. Those of the GraphQL door have a number, by their organisation.

    `content_hash` is of what was delivered, where that is compared with what comes next.
    """

    act: Id
    seq: int
    event: str
    subject: str
    state: str
    created_at: datetime
    next_try_at: datetime
    tries: int
    step: int
    begun_at: datetime | None
    crashes: int
    last_status: int | None
    last_error: str | None
    ended_at: datetime | None
    number: int | None
    content_hash: bytes | None

    def to_show(self) -> Delivery:
        """The delivery as it may be shown."""
        return Delivery(
            ids.ACT + self.act,
            self.event,
            self.subject,
            self.state,
            self.created_at,
            self.tries,
            self.next_try_at if self.state == "waiting" else None,
            self.last_status,
            self.last_error,
            self.ended_at,
        )


class Outcome(NamedTuple):
    """What came of one try. `retry_after` is in seconds; `error` is None when a status came.

    Not sent is what could not be written, which is no fault of the receiver's; left out is what
    there was no need to send.
    """

    at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    retry_after: int | None = None
    is_sent: bool = True
    is_left_out: bool = False
    content_hash: bytes | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it: a status from 200 to 299, and nothing else."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls a success


class Telling(msgspec.Struct, frozen=True):
    """A notice to the webhook's owner."""

    organisation: Id
    kind: str
    subject: str
    facts: dict[str, str]


class Choice(NamedTuple):
    """What to do with deliveries that are due: send these, and put those aside."""

    send: Sequence[DeliveryRow]
    park: Sequence[DeliveryRow]


class Verdict(NamedTuple):
    """What tries come to: deliveries and the webhook as they are now, and what its owner is told.

    `disabled` says whether the webhook was switched off by it.
    """

    deliveries: Sequence[DeliveryRow]
    webhook: WebhookRow
    notices: Sequence[Telling]
    disabled: bool


def choose(webhook: WebhookRow, due: Sequence[DeliveryRow], now: datetime) -> Choice:
    """Choose what to send now of what is due: one of each subject, the first due first.

    A delivery that was begun and not ended has lost its worker. Too often, and it is put aside;
    before that it is sent alone, when no other is due, so that it takes no other down with it.
    """
    at_once_max = at_once_of(webhook)
    send: dict[str, DeliveryRow] = {}
    park: list[DeliveryRow] = []
    suspects: list[DeliveryRow] = []
    for each in due:
        crashes = each.crashes + (each.begun_at is not None)
        if crashes >= CRASHES_MAX:
            park.append(
                each._replace(
                    state="parked",
                    begun_at=None,
                    crashes=crashes,
                    last_error="our worker died over it each time",
                    ended_at=now,
                )
            )
        elif crashes:
            suspects.append(each._replace(begun_at=now, crashes=crashes))
        elif len(send) < at_once_max and each.subject not in send:
            send[each.subject] = each._replace(begun_at=now)
    return Choice(list(send.values()) or suspects[:1], park)


def judge(
    organisation: Id, webhook: WebhookRow, tried: Sequence[tuple[DeliveryRow, Outcome]]
) -> Verdict:
    """Say what became of deliveries and of their webhook, try by try in the order they ended."""
    done: list[DeliveryRow] = []
    notices: list[Telling] = []
    was = webhook
    sent = sum(1 for _, outcome in tried if outcome.is_sent)
    for delivery, outcome in sorted(tried, key=lambda each: each[1].at):
        if outcome.is_left_out:
            done.append(
                delivery._replace(state="skipped", begun_at=None, crashes=0, ended_at=outcome.at)
            )
            continue
        after = _after(webhook, delivery, outcome)
        done.append(after)
        if outcome.is_sent:
            webhook = slowed_down(_health(webhook, outcome), outcome.status, sent)
        if after.state == "parked" and ended_by(webhook, outcome.status) is None:
            told, webhook = tell_parked(organisation, webhook, after, outcome.at)
            notices += told
        if webhook.state == "enabled" and outcome.is_sent:
            told, webhook = _give_up(organisation, webhook, outcome)
            notices += told
    return Verdict(done, webhook, notices, was.state == "enabled" and webhook.state == "disabled")


def tell_parked(
    organisation: Id, webhook: WebhookRow, delivery: DeliveryRow, now: datetime
) -> tuple[list[Telling], WebhookRow]:
    """Tell the owner that a delivery was put aside, once a day and webhook at most."""
    if webhook.parked_told_at is not None and now - webhook.parked_told_at < PARKED_TOLD_EVERY:
        return [], webhook
    facts = {
        "delivery": ids.ACT + delivery.act,
        "event": delivery.event,
        "error": delivery.last_error or "",
    }
    telling = _telling(organisation, "webhooks.delivery_parked", webhook, facts)
    return [telling], webhook._replace(parked_told_at=now)


def _after(webhook: WebhookRow, delivery: DeliveryRow, outcome: Outcome) -> DeliveryRow:
    """A delivery after one more try."""
    tried = delivery._replace(
        begun_at=None,
        crashes=0,
        tries=delivery.tries + 1,
        last_status=outcome.status,
        last_error=None if outcome.is_success else _words(outcome),
    )
    if outcome.is_success:
        return tried._replace(
            state="delivered", ended_at=outcome.at, content_hash=outcome.content_hash
        )
    pause = pause_before_next(webhook, delivery.step, outcome.at - delivery.created_at)
    if pause is None or ended_by(webhook, outcome.status) is not None:
        return tried._replace(state="parked", ended_at=outcome.at)
    if outcome.retry_after is not None:
        pause = max(pause, timedelta(seconds=outcome.retry_after))
    return tried._replace(step=delivery.step + 1, next_try_at=outcome.at + pause)


def _health(webhook: WebhookRow, outcome: Outcome) -> WebhookRow:
    """A webhook's health after one more try."""
    at = outcome.at
    if outcome.is_success:
        return webhook._replace(
            last_success_at=at,
            consecutive_failures=0,
            failing_since=None,
            warned_at=None,
            slow_until=None,
        )
    failures = webhook.consecutive_failures + 1
    pause = timedelta(0)
    if failures > FAILURES_BORNE:
        pause = min(FIRST_PAUSE * 2 ** min(failures - FAILURES_BORNE, 10), PAUSE_MAX)
    if outcome.status in SLOW_DOWN:
        pause = max(pause, SLOW_DOWN_PAUSE)
    if outcome.retry_after is not None:
        pause = max(pause, timedelta(seconds=outcome.retry_after))
    until = at + pause if pause else webhook.slow_until
    if until is not None and webhook.slow_until is not None:
        until = max(until, webhook.slow_until)
    return webhook._replace(
        last_failure_at=at,
        consecutive_failures=failures,
        failing_since=webhook.failing_since or at,
        slow_until=until,
    )


def _give_up(
    organisation: Id, webhook: WebhookRow, outcome: Outcome
) -> tuple[list[Telling], WebhookRow]:
    """Switch a webhook off, or tell its owner that it will be, after a failed try."""
    reason = ended_by(webhook, outcome.status)
    if reason is not None:
        telling = _telling(organisation, "webhooks.disabled", webhook, {"reason": reason})
        return [telling], webhook._replace(state="disabled", disabled_reason=reason)
    if webhook.failing_since is None:
        return [], webhook
    failing = outcome.at - webhook.failing_since
    if webhook.warned_at is None:
        if failing < WARN_AFTER:
            return [], webhook
        ends = max(webhook.failing_since + disable_after(webhook), outcome.at + WARNED_BEFORE)
        facts = {
            "failing_since": webhook.failing_since.isoformat(),
            "disabled_from": ends.isoformat(),
            "error": _words(outcome),
        }
        telling = _telling(organisation, "webhooks.failing", webhook, facts)
        return [telling], webhook._replace(warned_at=outcome.at)
    if failing < disable_after(webhook) or outcome.at - webhook.warned_at < WARNED_BEFORE:
        return [], webhook
    telling = _telling(organisation, "webhooks.disabled", webhook, {"reason": "failing"})
    return [telling], webhook._replace(state="disabled", disabled_reason="failing")


def _telling(organisation: Id, kind: str, webhook: WebhookRow, facts: dict[str, str]) -> Telling:
    # The description and the id tell which one it is; a URL may hold a secret of its receiver.
    return Telling(
        organisation, kind, ids.WEBHOOK + webhook.id, {"description": webhook.description, **facts}
    )


def _words(outcome: Outcome) -> str:
    return outcome.error or f"status {outcome.status}"
