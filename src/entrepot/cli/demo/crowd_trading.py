"""Plans the orders of the crowd, hour by hour, as a row of steps. Pure.

Goods are plenty but for each extra's first variant, of which there is nothing: what is ordered of
that waits. Some orders are session orders, on the extra before. Everything happens at full hours,
so that hundreds of steps share a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import accumulate
from typing import Final

import msgspec

from entrepot.cli.demo.crowd import Extra
from entrepot.cli.demo.dice import Dice
from entrepot.cli.demo.order_lives import INVOICE_MINUTES
from entrepot.cli.demo.steps import UNKNOWN, ActOnOrder, Calendar, Step, Variants
from entrepot.orders import (
    CancelOrder,
    PlaceOrder,
    ReceiveStock,
    RecordPayment,
    ShipOrder,
    StockLine,
    WantedLine,
)

ON_HAND: Final = Decimal(5_000)
RECEIPT_LINES: Final = 1_000
LINES_MAX: Final = 3
UNITS_MAX: Final = 6

# How busy the days of a week and the hours of a day are, Monday and midnight first.
_DAYS: Final = (5, 4, 4, 5, 6, 7, 3)
_HOURS: Final = (0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 6, 6, 5, 4, 5, 5, 5, 4, 3, 4, 5, 4, 2, 0)
_SHIPS_AT: Final = 17
_PAYS_AT: Final = 9

# A throw below the first waits, below the next is a draft, then cancelled, then invoiced, of which
# half are paid the next day. Others are paid at once; what is paid is shipped at the next 17:00.
_WAITING: Final = 3
_DRAFT: Final = 5
_CANCELLED: Final = 8
_INVOICED: Final = 18
_SESSION_PERCENT: Final = 10


def last_reference(extras: Sequence[Extra]) -> tuple[Extra, str]:
    """The last order of all and whose it is: where it is, all the rest was made before it."""
    number = sum(each.orders for each in extras) - 1
    extra = extras[number % len(extras)]
    return extra, _reference(number)


def plan_bustle(extras: Sequence[Extra], calendar: Calendar, variants: Variants) -> Iterator[Step]:
    """All steps of a crowd in the order of their moments: first goods, then orders as they come."""
    yield from _first_goods(extras, calendar, variants)
    later: list[tuple[datetime, int, Step]] = []
    for at, numbers in _hours(sum(each.orders for each in extras), calendar):
        while later and later[0][0] <= at:
            yield heappop(later)[2]
        for number in numbers:
            placed, *rest = _order(extras, number, at, variants)
            for step in rest:
                heappush(later, (step.at, number, step))
            yield placed


def _first_goods(extras: Sequence[Extra], calendar: Calendar, variants: Variants) -> Iterator[Step]:
    for extra in extras:
        for first in range(1, extra.variants, RECEIPT_LINES):
            lines = tuple(
                StockLine(variants[extra.slug, extra.sku(place)], ON_HAND)
                for place in range(first, min(first + RECEIPT_LINES, extra.variants))
            )
            yield Step(calendar.opening, extra.slug, ReceiveStock(lines, "first stock"))


def _hours(count: int, calendar: Calendar) -> Iterator[tuple[datetime, range]]:
    """The hours of the calendar, each with the numbers of the orders that come in it."""
    hours = [
        (calendar.opening + timedelta(hours=18 + 24 * day + hour), weight)
        for day in range(calendar.days)
        for hour in range(24)
        if (weight := _HOURS[hour] * _DAYS[calendar.date_of(day - calendar.days).weekday()])
    ]
    shares = list(accumulate(weight for _, weight in hours))
    begun = 0
    for (at, _), share in zip(hours, shares, strict=True):
        end = count * share // shares[-1]
        yield at, range(begun, end)
        begun = end


def _order(extras: Sequence[Extra], number: int, at: datetime, variants: Variants) -> list[Step]:
    """The steps of one order; extras order in turn, a few of them from the one before."""
    extra, reference = extras[number % len(extras)], _reference(number)
    dice = Dice(reference)
    throw = dice.below(100)
    is_session = dice.falls(_SESSION_PERCENT)
    seller = extras[(number - 1) % len(extras)] if is_session else extra
    order = PlaceOrder(
        UNKNOWN,
        reference,
        "session" if is_session else "own",
        "refuse_short",
        _lines(seller, dice.pick(range(1, seller.variants), dice.between(1, LINES_MAX)), variants),
        paid=True,
    )

    def placed(**otherwise: object) -> Step:
        return Step(at, extra.slug, msgspec.structs.replace(order, **otherwise), reference)

    def then(moment: datetime, act: ActOnOrder) -> Step:
        return Step(moment, extra.slug, act, reference)

    if throw < _WAITING:
        scarce = _lines(extra, [0], variants)
        return [placed(kind="own", policy="ship_complete", lines=scarce)]
    if throw < _DRAFT:
        return [placed(paid=False, draft=True)]
    if throw < _CANCELLED:
        return [placed(), then(at + timedelta(hours=1), CancelOrder(UNKNOWN))]
    if throw < _INVOICED and not is_session:
        invoiced = placed(paid=False, hold_minutes=INVOICE_MINUTES)
        if dice.falls(50):
            return [invoiced]
        paid_at = _next(at, _PAYS_AT)
        paid = then(paid_at, RecordPayment(UNKNOWN, succeeded=True))
        return [invoiced, paid, then(_next(paid_at, _SHIPS_AT), ShipOrder(UNKNOWN))]
    return [placed(), then(_next(at, _SHIPS_AT), ShipOrder(UNKNOWN))]


def _lines(seller: Extra, places: Iterable[int], variants: Variants) -> tuple[WantedLine, ...]:
    """A line for each of these goods of a seller; how many follows from which they are."""
    return tuple(
        WantedLine(variants[seller.slug, seller.sku(place)], Decimal(1 + place % UNITS_MAX))
        for place in places
    )


def _next(after: datetime, hour: int) -> datetime:
    """When it is next that hour."""
    at = after.replace(hour=hour)
    return at if at > after else at + timedelta(days=1)


def _reference(number: int) -> str:
    return f"X-{number:06d}"
