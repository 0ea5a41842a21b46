"""How each kind of webhook is tried again, and what ends it: tables of rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entrepot.connectors.webhooks.model import DeliveryRow, Outcome, WebhookRow, judge
from entrepot.connectors.webhooks.model.policies import (
    at_once_of,
    ended_by,
    pause_before_next,
    slowed_down,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_EMPTY: Any = WebhookRow(*[None] * len(WebhookRow._fields))  # type: ignore[arg-type] # filled in below
STANDARD: WebhookRow = _EMPTY._replace(
    id="1", description="", state="enabled", kind="standard", consecutive_failures=0
)
GRAPHQL = STANDARD._replace(kind="graphql", retries_max=25, at_once_max=100, allow_skip=False)


DELIVERY = DeliveryRow(
    act="a",
    seq=1,
    event="variant.update",
    subject="Variant-1",
    state="waiting",
    created_at=NOW,
    next_try_at=NOW,
    tries=0,
    step=0,
    begun_at=NOW,
    crashes=0,
    last_status=None,
    last_error=None,
    ended_at=None,
    number=1,
    content_hash=None,
)


@pytest.mark.parametrize(
    ("step", "seconds"),
    [(0, 60), (1, 60), (2, 81), (3, 256), (9, 10_000), (23, 331_776), (24, 345_600)],
)
def test_the_nth_time_again_comes_after_n_to_the_fourth_power_seconds(
    step: int, seconds: int
) -> None:
    assert pause_before_next(GRAPHQL, step, timedelta(0)) == timedelta(seconds=seconds)


def test_it_ends_with_the_tries_or_after_thirty_days() -> None:
    assert pause_before_next(GRAPHQL, 25, timedelta(0)) is None
    assert pause_before_next(GRAPHQL._replace(retries_max=0), 0, timedelta(0)) is None
    assert pause_before_next(GRAPHQL, 0, timedelta(days=30)) is None
    assert pause_before_next(STANDARD, 0, timedelta(days=30)) == timedelta(seconds=5)
    assert pause_before_next(STANDARD, 9, timedelta(0)) is None


@pytest.mark.parametrize(
    ("status", "standard", "graphql"),
    [
        (None, None, None),
        (204, None, None),
        (301, None, "refused"),
        (400, None, "refused"),
        (404, None, "refused"),
        (410, "gone", "gone"),
        (429, None, None),
        (500, None, None),
        (503, None, None),
    ],
)
def test_a_refusal_ends_one_of_the_graphql_door(
    status: int | None, standard: str | None, graphql: str | None
) -> None:
    assert ended_by(STANDARD, status) == standard
    assert ended_by(GRAPHQL, status) == graphql


def test_who_is_asked_too_much_at_once_is_asked_one_less() -> None:
    assert at_once_of(GRAPHQL) == at_once_of(STANDARD) == 8
    slower = slowed_down(GRAPHQL, 429, 8)
    assert (slower.at_once_max, at_once_of(slower)) == (7, 7)
    assert slowed_down(slower, 429, 3).at_once_max == 2
    assert slowed_down(GRAPHQL, 429, 1).at_once_max == 1
    assert slowed_down(GRAPHQL, 503, 8) == GRAPHQL
    assert slowed_down(STANDARD, 429, 8) == STANDARD


def test_what_could_not_be_written_is_no_fault_of_the_receivers() -> None:
    ours = Outcome(NOW, 0, None, "the query failed", is_sent=False)
    verdict = judge("2", GRAPHQL, [(DELIVERY, ours)])
    assert verdict.webhook == GRAPHQL
    (row,) = verdict.deliveries
    assert (row.state, row.tries, row.last_error) == ("waiting", 1, "the query failed")
    assert row.next_try_at == NOW + timedelta(seconds=60)
    last = judge("2", GRAPHQL._replace(retries_max=0), [(DELIVERY, ours)])
    assert (last.deliveries[0].state, last.webhook.state) == ("parked", "enabled")
    assert [each.kind for each in last.notices] == ["webhooks.delivery_parked"]


def test_what_need_not_be_sent_is_no_try() -> None:
    left_out = Outcome(NOW, 0, None, None, is_sent=False, is_left_out=True)
    verdict = judge("2", GRAPHQL, [(DELIVERY, left_out)])
    (row,) = verdict.deliveries
    assert (row.state, row.tries, row.ended_at, row.begun_at) == ("skipped", 0, NOW, None)
    assert (verdict.webhook, verdict.notices) == (GRAPHQL, [])


def test_one_of_the_graphql_door_fails_for_thirty_days_before_it_is_switched_off() -> None:
    failing = Outcome(NOW, 5, 500, None)
    since = NOW - timedelta(days=6)
    since, warned = NOW - timedelta(days=6), NOW - timedelta(days=3)
    standard = STANDARD._replace(failing_since=since, warned_at=warned)
    assert judge("2", standard, [(DELIVERY, failing)]).disabled
    graphql = GRAPHQL._replace(failing_since=since, warned_at=warned)
    assert not judge("2", graphql, [(DELIVERY, failing)]).disabled
    graphql = graphql._replace(failing_since=NOW - timedelta(days=30))
    assert judge("2", graphql, [(DELIVERY, failing)]).disabled
