"""The calendar of sales sessions: where each one is drawn, and what is said of its time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from entrepot.portal.pages.sessions_words import draw_calendar, tell_when, weeks_from
from entrepot.portal.words import Words
from entrepot.sales_sessions import SalesSession, SessionState

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
ZONE = "Europe/Amsterdam"
WORDS = Words("en", ZONE)


def a_session(
    state: SessionState, opens_at: datetime, closes_at: datetime, closed_at: datetime | None = None
) -> SalesSession:
    return SalesSession("sal_1", "A", "a", state, opens_at, closes_at, NOW, 1, closed_at)


def test_the_calendar_begins_last_week_or_with_the_week_of_a_day() -> None:
    usual = weeks_from(None, NOW, ZONE)
    assert usual.mondays[0] == date(2026, 11, 16)
    assert len(usual.mondays) == 5
    assert usual.since == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert weeks_from(date(2027, 1, 2), NOW, ZONE).mondays[0] == date(2026, 12, 28)


def test_sessions_are_drawn_where_they_go_on() -> None:
    """What begins before and ends after is as wide as the calendar; closed early, it ends there."""
    weeks = weeks_from(None, NOW, ZONE)
    whole = a_session("open", NOW - timedelta(days=99), NOW + timedelta(days=99))
    early = a_session("complete", weeks.since, weeks.until, weeks.since + timedelta(days=7))
    drawn = draw_calendar(WORDS, weeks, [whole, early], NOW)
    assert [(each.x, each.width) for each in drawn.periods] == [(0, 1000), (0, 200)]
    assert drawn.grid == (0, 200, 400, 600, 800)
    assert drawn.now is not None
    assert 200 < drawn.now < 400
    assert drawn.weeks[0] == "16 Nov"
    assert draw_calendar(WORDS, weeks, [], NOW + timedelta(days=99)).now is None


def test_one_goes_on_to_weeks_that_were_not_shown() -> None:
    weeks = weeks_from(None, NOW, ZONE)
    drawn = draw_calendar(WORDS, weeks, [], NOW)
    assert weeks_from(drawn.before, NOW, ZONE).mondays[-1] == weeks.mondays[0]
    assert weeks_from(drawn.after, NOW, ZONE).mondays[0] == weeks.mondays[-1]


def test_a_countdown_is_said_in_words() -> None:
    friday = datetime(2026, 11, 27, 17, tzinfo=UTC)
    said = tell_when(WORDS, a_session("open", NOW, friday), NOW)
    assert said == "closes Friday 27 Nov 18:00 (in 2 days)"
    planned = a_session("planned", friday, friday + timedelta(days=1))
    assert tell_when(WORDS, planned, NOW) == "opens Friday 27 Nov 18:00 (in 2 days)"
    closed = a_session("closing", NOW, friday, NOW)
    assert tell_when(WORDS, closed, NOW) == "closed Wednesday 25 Nov 13:00"
