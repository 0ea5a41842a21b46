"""What is delivered when: the schedule of tries, what an outcome means, and when to give up.

Pure: the time and the outcomes come in as arguments. The schedule, the meaning of 410, 429 and
5xx, and that an owner is told before a webhook is switched off are of Standard Webhooks 1.0.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from entrepot.connectors.webhooks.model.webhooks import WebhookRow
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

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

COALESCED: Final = frozenset({"stock.availability_changed"})
"""Events that tell an absolute number: once a newer one is there, the older need not be told."""

GONE: Final = 410
SLOW_DOWN: Final = frozenset({429, 502, 503, 504})
"""Statuses by which a receiver says that it is asked too much."""
SLOW_DOWN_PAUSE: Final = timedelta(seconds=30)
FAILURES_BORNE: Final = 5
"""Failures in a row after which a webhook is left alone for a while after each further one."""
PAUSE_MAX: Final = timedelta(minutes=5)
WARN_AFTER: Final = timedelta(days=3)
DISABLE_AFTER: Final = timedelta(days=5)
WARNED_BEFORE: Final = timedelta(days=1)
"""How long its owner has known when a webhook is switched off for its failures."""
PARKED_TOLD_EVERY: Final = timedelta(days=1)

CRASHES_MAX: Final = 5
"""How often a worker may die over a delivery before it is put aside."""
AT_ONCE_MAX: Final = 8
"""Deliveries that are sent to one webhook at once."""
LEASE: Final = timedelta(seconds=30)
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
    """A delivery as it is stored."""

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
    """What came of one try. `retry_after` is in seconds; `error` is None when a status came."""

    at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    retry_after: int | None = None

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


def choose(due: Sequence[DeliveryRow], now: datetime) -> Choice:
    """Choose what to send now of what is due: one of each subject, the first due first.

    A delivery that was begun and not ended has lost its worker. Too often, and it is put aside;
    before that it is sent alone, when no other is due, so that it takes no other down with it.
    """
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
        elif len(send) < AT_ONCE_MAX and each.subject not in send:
            send[each.subject] = each._replace(begun_at=now)
    return Choice(list(send.values()) or suspects[:1], park)


def judge(
    organisation: Id, webhook: WebhookRow, tried: Sequence[tuple[DeliveryRow, Outcome]]
) -> Verdict:
    """Say what became of deliveries and of their webhook, try by try in the order they ended."""
    done: list[DeliveryRow] = []
    notices: list[Telling] = []
    was = webhook
    for delivery, outcome in sorted(tried, key=lambda each: each[1].at):
        after = _after(delivery, outcome)
        done.append(after)
        webhook = _health(webhook, outcome)
        if after.state == "parked" and outcome.status != GONE:
            told, webhook = tell_parked(organisation, webhook, after, outcome.at)
            notices += told
        if webhook.state == "enabled":
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


def _after(delivery: DeliveryRow, outcome: Outcome) -> DeliveryRow:
    """A delivery after one more try."""
    tried = delivery._replace(
        begun_at=None,
        crashes=0,
        tries=delivery.tries + 1,
        last_status=outcome.status,
        last_error=None if outcome.is_success else _words(outcome),
    )
    if outcome.is_success:
        return tried._replace(state="delivered", ended_at=outcome.at)
    if outcome.status == GONE or delivery.step >= len(SCHEDULE):
        return tried._replace(state="parked", ended_at=outcome.at)
    pause = SCHEDULE[delivery.step]
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
        pause = min(SCHEDULE[0] * 2 ** min(failures - FAILURES_BORNE, 10), PAUSE_MAX)
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
    if outcome.status == GONE:
        telling = _telling(organisation, "webhooks.disabled", webhook, {"reason": "gone"})
        return [telling], webhook._replace(state="disabled", disabled_reason="gone")
    if webhook.failing_since is None:
        return [], webhook
    failing = outcome.at - webhook.failing_since
    if webhook.warned_at is None:
        if failing < WARN_AFTER:
            return [], webhook
        ends = max(webhook.failing_since + DISABLE_AFTER, outcome.at + WARNED_BEFORE)
        facts = {
            "failing_since": webhook.failing_since.isoformat(),
            "disabled_from": ends.isoformat(),
            "error": _words(outcome),
        }
        telling = _telling(organisation, "webhooks.failing", webhook, facts)
        return [telling], webhook._replace(warned_at=outcome.at)
    if failing < DISABLE_AFTER or outcome.at - webhook.warned_at < WARNED_BEFORE:
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
