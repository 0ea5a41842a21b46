"""Sales sessions in words and pictures: when one opens and closes, and a calendar of some weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.kernel.weeks import WEEK, week_begins, week_of
from entrepot.portal.charts import WIDE, Part, draw_gauge
from entrepot.portal.words import Words
from entrepot.sales_sessions import SalesSession, SessionState, ShownProduct

WEEKS: Final = 5
"""Weeks of the calendar: the one before, and those from this one on."""
_TONES: Final[dict[SessionState, str]] = {
    "planned": "moved",
    "open": "in",
    "closing": "held",
    "complete": "sold",
}


class Period(msgspec.Struct, frozen=True):
    """A session in the calendar: from where to where it goes on, and that in words."""

    session: SalesSession
    tone: str
    x: int
    width: int
    says: str


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Some weeks and the sessions that go on in them, as wide as a gauge.

    `weeks` are the names of the weeks, `grid` where each begins; `now` is where now is, None where
    it is before or after. `before` and `after` are the Mondays to go on from.
    """

    weeks: tuple[str, ...]
    grid: tuple[int, ...]
    now: int | None
    periods: tuple[Period, ...]
    before: date
    after: date
    wide: int = WIDE


class Weeks(msgspec.Struct, frozen=True):
    """The weeks that a calendar shows: its Mondays, and its two ends."""

    mondays: tuple[date, ...]
    since: datetime
    until: datetime


class Sold(msgspec.Struct, frozen=True):
    """A product of a session, and how much of its limit or its stock is taken."""

    it: ShownProduct
    gauge: tuple[Part, ...]


def weeks_from(first: date | None, now: datetime, zone: str) -> Weeks:
    """The weeks to show: from the week of a day on, else from last week on."""
    today = week_of(now, zone)
    monday = today - WEEK if first is None else first - timedelta(days=first.weekday())
    mondays = tuple([monday + WEEK * number for number in range(WEEKS + 1)])
    return Weeks(mondays[:-1], week_begins(mondays[0], zone), week_begins(mondays[-1], zone))


def draw_calendar(
    words: Words, weeks: Weeks, sessions: Sequence[SalesSession], now: datetime
) -> Calendar:
    """Draw sessions over weeks; one that was closed early ends there."""

    def place(at: datetime) -> int:
        share = (min(max(at, weeks.since), weeks.until) - weeks.since) / (weeks.until - weeks.since)
        return round(share * WIDE)

    periods = []
    for each in sessions:
        ends = min(each.closes_at, each.closed_at or each.closes_at)
        begins = place(min(each.opens_at, ends))
        says = words(
            "from %(opens)s to %(closes)s",
            opens=words.moment(each.opens_at),
            closes=words.moment(ends),
        )
        width = max(place(ends) - begins, 4)
        periods.append(Period(each, _TONES[each.state], begins, width, says))
    return Calendar(
        weeks=tuple([words.short_day(monday) for monday in weeks.mondays]),
        grid=tuple([place(week_begins(monday, words.time_zone)) for monday in weeks.mondays]),
        now=place(now) if weeks.since <= now < weeks.until else None,
        periods=tuple(periods),
        before=weeks.mondays[0] - WEEK * (WEEKS - 1),
        after=weeks.mondays[-1],
    )


def tell_when(words: Words, session: SalesSession, now: datetime) -> str:
    """When a session opens, closes or closed, and how long that is from now."""
    if session.state == "planned":
        return words(
            "opens %(day)s (%(since)s)",
            day=words.weekday(session.opens_at),
            since=words.since(session.opens_at, now),
        )
    if session.state == "open":
        return words(
            "closes %(day)s (%(since)s)",
            day=words.weekday(session.closes_at),
            since=words.since(session.closes_at, now),
        )
    closed_at = session.closed_at or session.closes_at
    return words("closed %(day)s", day=words.weekday(closed_at))


def draw_sold(product: ShownProduct) -> Sold:
    """Draw what customers hold of a product, what is left, and what of its limit is not there."""
    held = Decimal(product.held)
    if product.left is None:
        return Sold(product, ())
    left = Decimal(product.left)
    lacking = Decimal(product.quantity_max or 0) - held - left
    return Sold(product, draw_gauge([("held", held), ("in", left), ("lack", lacking)]))
