"""Settlement weeks by the vectors of the fulfilment reference, section 11."""

from datetime import UTC, date, datetime, timedelta

import pytest

from entrepot.kernel.weeks import read_week, settling_week, week_begins, week_label, week_of

AMSTERDAM = "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("at", "label"),
    [
        ("2026-03-29T21:59:59Z", "2026-W13"),
        ("2026-03-29T22:00:00Z", "2026-W14"),
        ("2026-10-25T22:59:59Z", "2026-W43"),
        ("2026-10-25T23:00:00Z", "2026-W44"),
        ("2026-12-31T23:30:00Z", "2026-W53"),
        ("2027-01-03T23:00:00Z", "2027-W01"),
    ],
)
def test_the_week_vectors(at: str, label: str) -> None:
    assert week_label(week_of(datetime.fromisoformat(at), AMSTERDAM)) == label


@pytest.mark.parametrize(
    ("label", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W53", 168)]
)
def test_a_week_is_as_long_as_its_clock_says(label: str, hours: int) -> None:
    week = read_week(label)
    assert week is not None
    begins = week_begins(week, AMSTERDAM)
    ends = week_begins(week + timedelta(days=7), AMSTERDAM)
    assert ends - begins == timedelta(hours=hours)
    assert week_of(begins, AMSTERDAM) == week
    assert week_of(ends - timedelta(microseconds=1), AMSTERDAM) == week
    assert week_of(ends, AMSTERDAM) == week + timedelta(days=7)


@pytest.mark.parametrize(
    "text", ["2025-W53", "2026-W00", "2026-W54", "2026W13", "0000-W01", "9999-W01", "9999-W52", ""]
)
def test_what_is_no_week_is_none(text: str) -> None:
    assert read_week(text) is None


def test_nothing_lands_in_a_closed_week() -> None:
    at = datetime(2026, 3, 25, 12, tzinfo=UTC)
    assert settling_week(at, AMSTERDAM, date(2026, 3, 9)) == date(2026, 3, 23)
    assert settling_week(at, AMSTERDAM, date(2026, 3, 23)) == date(2026, 3, 30)
    assert settling_week(at, AMSTERDAM, date(2026, 12, 28)) == date(2027, 1, 4)
