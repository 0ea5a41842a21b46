"""When a week may close, and when the next is due, on the clock of the partnership."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.kernel.weeks import WEEK, read_week, week_begins, week_label
from entrepot.settlement.model import (
    Sides,
    check_closing,
    closing_due_at,
    last_week_over,
    last_week_to_close,
)
from tests.factories.transfers import monday

ZONE = "Europe/Amsterdam"


def sides(closed_through: str, state: str = "active") -> Sides:
    week = monday(closed_through)
    return Sides("a", "b", "c", state, "EUR", ZONE, week, week, "Partner")


@pytest.mark.parametrize(
    ("week", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W53", 168)]
)
def test_a_week_may_close_from_the_moment_it_ends(week: str, hours: int) -> None:
    begins = week_begins(monday(week), ZONE)
    ends = begins + timedelta(hours=hours)
    before = sides(week_label(monday(week) - WEEK))
    refusal = check_closing(before, monday(week), ends - timedelta(microseconds=1))
    assert refusal is not None
    assert refusal.code == "settlement.week_not_over"
    assert check_closing(before, monday(week), ends) is None
    assert last_week_over(ends, ZONE) == monday(week)
    assert closing_due_at(before.closed_through, ZONE) == ends, "the schedule comes just then"


def test_a_closed_week_and_an_ended_partnership_stay_closed() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for closed, state, week in (
        ("2026-W20", "active", "2026-W20"),
        ("2026-W20", "paused", "2026-W19"),
        ("2026-W20", "ended", "2026-W30"),
    ):
        refusal = check_closing(sides(closed, state), monday(week), now)
        assert refusal is not None
        assert refusal.code == "settlement.week_closed"
    for state in ("active", "paused", "ending"):
        assert check_closing(sides("2026-W20", state), monday("2026-W30"), now) is None


def test_ending_closes_what_is_in_use_even_after_the_clock_went_back() -> None:
    this = monday("2026-W12")
    assert last_week_to_close(sides("2026-W11"), None, this) == this
    assert last_week_to_close(sides("2026-W11"), monday("2026-W10"), this) == this
    assert last_week_to_close(sides("2026-W12"), monday("2026-W13"), this) == monday("2026-W13")
    assert last_week_to_close(sides("2026-W13"), None, this) == monday("2026-W13")
    assert read_week("2026-W54") is None
