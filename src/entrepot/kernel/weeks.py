"""Settlement weeks: ISO weeks, Monday to Monday by the local clock of a zone, half open.

A week is named by the date of its Monday, which sorts and counts; people are shown its ISO label,
whose year is not always the calendar's. Vectors: the fulfilment reference, section 11.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WEEK: Final = timedelta(days=7)
_YEAR_MAX: Final = 9998
"""The last year whose weeks all end, and are followed by others, on a date that can be written."""
_LABEL: Final = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


def week_of(at: datetime, zone: str) -> date:
    """The week in which a moment falls: the Monday before it on the zone's clock."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def week_begins(week: date, zone: str) -> datetime:
    """The moment, in UTC, at which a week begins and the one before it has ended."""
    return datetime.combine(week, time(), ZoneInfo(zone)).astimezone(UTC)


def week_label(week: date) -> str:
    """Write a week for people and the wire: `2026-W53`."""
    year, number, _ = week.isocalendar()
    return f"{year:04d}-W{number:02d}"


def read_week(text: str) -> date | None:
    """Read a week's label; None when there is no such week."""
    match = _LABEL.fullmatch(text)
    if match is None or int(match[1]) > _YEAR_MAX:
        return None
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        return None


def settling_week(at: datetime, zone: str, closed_through: date) -> date:
    """The week that a transfer is settled in: that of its moment, or the first still open."""
    return max(week_of(at, zone), closed_through + WEEK)
