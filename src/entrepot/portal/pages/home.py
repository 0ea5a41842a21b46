"""Home: what needs one now, this week against last, and what the last weeks brought and took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot import orders, partnerships, sales_sessions, settlement
from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Scope
from entrepot.kernel.weeks import WEEK, week_begins, week_label, week_of
from entrepot.orders import InvoicesGlance, SoldPart, SoldParts
from entrepot.partnerships import PartnershipsGlance
from entrepot.portal.charts import Chart, Points, Series, draw_bars
from entrepot.portal.pages.home_needs import needs_of
from entrepot.portal.routes import Guest, Outcome, Page, Shown, Visit, granted
from entrepot.portal.words import Words
from entrepot.settlement import WeekSum

WEEKS: Final = 6
"""Weeks that the chart goes back, this one included."""
OPENING_SHARE: Final = 3
"""An opening stock is drawn when it is at most so many times as much as the most of any week."""
CLOSES_SOON: Final = timedelta(hours=24)
"""How long before its end Home tells of a sales session."""
NONE: Final = Decimal(0)


class Figure(msgspec.Struct, frozen=True):
    """One figure of this week: its name, itself, and in words how it compares with last week."""

    name: str
    shown: str
    compared: str
    address: str


class Step(msgspec.Struct, frozen=True):
    """A first step of a new organisation, and whether it was made."""

    says: str
    why: str
    address: str
    act: str
    is_made: bool


class Opening(msgspec.Struct, frozen=True):
    """The stock that an organisation began with, and in which week."""

    week: str
    units: Decimal


class Span(NamedTuple):
    """The weeks that are looked at: their Mondays, and when last week was as far as this one is.

    `starts` are the times at which the parts begin whose figures are summed: each week, last week
    once more from the moment on at which it was as far as this one, and this week.
    """

    mondays: tuple[date, ...]
    by_then: datetime
    starts: tuple[datetime, ...]


async def show_home(visit: Visit) -> Outcome:
    """Show what needs this person's organisation now, and how the week goes."""
    database, caller, words = visit.database, visit.caller, visit.words
    zone = visit.guest.me.organisation.time_zone
    now = utc_now()
    span = span_of(now, zone)
    known = granted(await partnerships.glance_at_partnerships(database, caller))
    waiting = granted(await orders.glance_at_orders(database, caller))
    due = granted(await settlement.read_answers_due(database, caller))
    sessions = granted(await sales_sessions.glance_at_sessions(database, caller, now + CLOSES_SOON))
    invoices = InvoicesGlance()
    if visit.guest.sides and visit.guest.may(Scope.MARKETPLACE_READ):
        invoices = granted(await orders.glance_at_invoices(database, caller))
    sold = granted(await orders.sum_parts(database, caller, span.starts))
    moved = granted(
        await settlement.sum_weeks(
            database, caller, span.mondays[0], span.mondays[-2], span.by_then
        )
    )
    chart, opening = chart_of(words, span, sold, moved)
    context = {
        "needs": needs_of(words, now, known, waiting, due, sessions, invoices),
        "steps": [] if visit.guest.sides else steps_of(words, visit.guest, known),
        "week": week_label(span.mondays[-1]),
        "last_week": week_label(span.mondays[-2]),
        "figures": figures_of(visit, span, sold, moved),
        "chart": chart,
        "opening": opening,
        "zone": zone,
        "is_cut": sold.whole_from > 0,
        "summed_max": orders.SUMMED_MAX,
    }
    return Shown(template="home/home.html.jinja", context=context)


def span_of(now: datetime, zone: str) -> Span:
    """The weeks up to a moment, by the clock of a zone."""
    this = week_of(now, zone)
    mondays = tuple([this - WEEK * back for back in range(WEEKS - 1, -1, -1)])
    starts = [week_begins(monday, zone) for monday in mondays]
    # In a week in which the clock changes, last week is no further than its own end.
    by_then = min(starts[-2] + (now - starts[-1]), starts[-1] - timedelta(seconds=1))
    return Span(mondays, by_then, (*starts[:-1], by_then, starts[-1]))


def steps_of(words: Words, guest: Guest, known: PartnershipsGlance) -> list[Step]:
    """The first steps of an organisation that has no products or no partner; else none."""
    if known.has_products and known.has_partners:
        return []
    may_make, may_partner = guest.may(Scope.CATALOGUE_WRITE), guest.may(Scope.PARTNERSHIPS_WRITE)
    return [
        Step(
            words("Put in your products"),
            words("Import a sheet, or type in the first ones by hand."),
            "/import" if may_make else "/products",
            words("Import products") if may_make else words("See the products"),
            known.has_products,
        ),
        Step(
            words("Let a retailer sell your stock"),
            words("Make an invitation and hand over its key. Your retailer enters it here."),
            "/retailers/invite" if may_partner else "/retailers",
            words("Invite a retailer") if may_partner else words("See the retailers"),
            known.has_partners or known.has_invitations,
        ),
        Step(
            words("Or sell a wholesaler's stock"),
            words("Enter the invite key that your wholesaler gave you; then match your products."),
            "/wholesalers/accept" if may_partner else "/wholesalers",
            words("Enter an invite key") if may_partner else words("See the wholesalers"),
            known.has_partners,
        ),
    ]


def figures_of(visit: Visit, span: Span, sold: SoldParts, moved: Sequence[WeekSum]) -> list[Figure]:
    """This week's figures beside last week's; none where nothing happened in either."""
    words, currency = visit.words, visit.guest.me.organisation.currency
    figures = []
    this, late, early = sold.parts[-1], sold.parts[-2], sold.parts[-3]
    if any(part.orders for part in (this, late, early)):
        is_known = sold.whole_from <= len(sold.parts) - 3

        def add(
            name: str, of: Callable[[SoldPart], Decimal], tell: Callable[[Decimal], str]
        ) -> None:
            compared = _compare(words, of(this), of(early), of(early) + of(late), tell)
            if not is_known:
                compared = words("More orders than are summed here; export them to compare weeks.")
            figures.append(Figure(name, tell(of(this)), compared, "/orders"))

        add(words("Orders"), lambda part: Decimal(part.orders), words.quantity)
        add(words("Units sold"), lambda part: part.sold, words.quantity)
        add(
            words("Sold for, ex VAT"),
            lambda part: part.value,
            lambda value: words.money(value.quantize(Decimal("0.01")), currency),
        )
    figures += _moved_figures(words, span, moved)
    return figures


def _moved_figures(words: Words, span: Span, moved: Sequence[WeekSum]) -> list[Figure]:
    """What passed to and from partners: units of each side, and the value in each currency."""
    last, this = span.mondays[-2:]
    figures = []
    for face, name, valued in (
        ("order", words("Units to retailers"), words("Worth, ex VAT, to retailers")),
        ("inbound", words("Units from wholesalers"), words("Worth, ex VAT, from wholesalers")),
    ):
        rows = [row for row in moved if row.face == face and row.week >= last]
        if not rows:
            continue
        now = [row for row in rows if row.week >= this]
        then = [row for row in rows if row.week == last]
        units = _compare(
            words,
            _sum(row.units for row in now),
            _sum(row.units_by_then for row in then),
            _sum(row.units for row in then),
            words.quantity,
        )
        shown = words.quantity(_sum(row.units for row in now))
        figures.append(Figure(name, shown, units, "/settlements"))
        currencies = sorted({row.currency for row in rows})
        figures += [_valued(words, valued, currency, now, then) for currency in currencies]
    return figures


def _valued(
    words: Words, name: str, currency: str, now: Sequence[WeekSum], then: Sequence[WeekSum]
) -> Figure:
    """What passed in one currency."""

    def tell(value: Decimal) -> str:
        return words.money(value.quantize(Decimal("0.01")), currency)

    value = _sum(row.value for row in now if row.currency == currency)
    compared = _compare(
        words,
        value,
        _sum(row.value_by_then for row in then if row.currency == currency),
        _sum(row.value for row in then if row.currency == currency),
        tell,
    )
    return Figure(name, tell(value), compared, "/settlements")


def _compare(
    words: Words, this: Decimal, early: Decimal, last: Decimal, tell: Callable[[Decimal], str]
) -> str:
    """How a figure of this week compares with last week by the same moment, and in whole."""
    if this > early:
        said = words("Up %(more)s on this time last week.", more=tell(this - early))
    elif this < early:
        said = words("Down %(less)s on this time last week.", less=tell(early - this))
    else:
        said = words("The same as this time last week.")
    whole = words("All of last week: %(last)s.", last=tell(last))
    return f"{said} {whole}"


def chart_of(
    words: Words, span: Span, sold: SoldParts, moved: Sequence[WeekSum]
) -> tuple[Chart | None, Opening | None]:
    """Stock in, held, transferred and sold by week; None where there is nothing to draw.

    An opening stock that would dwarf all that came after it is left out, and returned to be told.
    """
    weeks = _weekly(sold)
    units = [_sum(row.units for row in moved if row.week == monday) for monday in span.mondays]
    happened = [
        place
        for place, week in enumerate(weeks)
        if week is not None and (week.orders or week.received or units[place])
    ]
    if not happened:
        return None, None
    first = min(happened[0], len(weeks) - 2)
    opening = None
    shown = [each or SoldPart() for each in weeks[first:]]
    if len(shown) > 2 and _dwarfs(shown[0], shown[1:]):  # noqa: PLR2004 - two weeks remain to compare
        opening = Opening(week_label(span.mondays[first]), shown[0].received)
        first, shown = first + 1, shown[1:]
    points = Points(words("Week"), tuple([week_label(each) for each in span.mondays[first:]]))
    series = (
        Series(words("Came in"), "in", tuple([each.received for each in shown])),
        Series(words("Held now"), "held", tuple([each.held for each in shown])),
        Series(words("Transferred"), "moved", tuple(units[first:])),
        Series(words("Sold"), "sold", tuple([each.sold for each in shown])),
    )
    return draw_bars(words("Units by week"), points, series, words), opening


def _dwarfs(first: SoldPart, others: Sequence[SoldPart]) -> bool:
    """Whether what came in during the first week is so much that the rest could not be seen."""
    most = max(max(each.received, each.sold) for each in others)
    return first.received > OPENING_SHARE * max(most, first.sold)


def _weekly(sold: SoldParts) -> list[SoldPart | None]:
    """The parts as weeks: the two of last week together; None for what is not known whole."""
    early, late = sold.parts[-3], sold.parts[-2]
    last = SoldPart(
        early.orders + late.orders,
        early.sold + late.sold,
        early.held + late.held,
        early.value + late.value,
        early.received + late.received,
    )
    weeks = [
        part if place >= sold.whole_from else None
        for place, part in enumerate([*sold.parts[:-3], last])
    ]
    return [*weeks, sold.parts[-1]]


def _sum(values: Iterator[Decimal]) -> Decimal:
    return sum(values, NONE)


PAGES: Final = (
    Page(
        method="GET",
        path="/",
        summary="Home: what needs you now",
        handler=show_home,
        scope=None,
    ),
)
