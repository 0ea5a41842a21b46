"""What the two shops sell of the wholesaler's goods, told with goods that usual trade leaves alone.

Own goods go first and partners give what is missing, so that each moment's stock is known. Weeks
are settled as they end. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from entrepot.cli.demo.order_lives import INVOICE_MINUTES
from entrepot.cli.demo.steps import (
    UNKNOWN,
    ActOfPartner,
    ActOnOrder,
    Allocate,
    Answer,
    Calendar,
    Settle,
    Step,
    Variants,
)
from entrepot.orders import CancelOrder, PlaceOrder, ShipOrder, WantedLine

WHOLESALER: Final = "de-groothandel"
NORTH: Final = "winkel-noord"
SOUTH: Final = "winkel-zuid"

ALLOCATED: Final = (
    ("GH-1031", 8, "theepotten voor Maastricht"),
    ("GH-1052", 12, "vazen voor Maastricht"),
    ("GH-4042", 24, "lindehoning voor Maastricht"),
    ("GH-3051", 10, "ovenwanten: het GTIN ontbreekt bij Winkel Zuid"),
)
"""What the wholesaler keeps for the shop in the south; the last finds no product there."""

_ZONE: Final = "Europe/Amsterdam"
_MONDAY: Final = 0
_SHIPS: Final = "18:00"


def tell_sharing(calendar: Calendar, variants: Variants) -> list[Step]:
    """The steps of all that was shared within the calendar's days."""
    teller = _Teller(calendar, variants)
    told = [
        list(story)
        for story in (
            teller.own_goods_go_first(),
            teller.every_unit_is_the_partners(),
            teller.two_make_one(),
            teller.goes_back_when_it_is_cancelled(),
            teller.waits_as_the_partner_has_too_little(),
            teller.is_to_leave_today(),
            teller.draws_on_an_allocation(),
            teller.draws_again(),
            teller.waits_as_no_more_is_allocated(),
        )
    ]
    steps = [step for story in told if story[0].at > calendar.opening for step in story]
    return [*teller.allocates(), *teller.settles(), *steps]


class _Teller:
    """Tells what the shops and their wholesaler did."""

    def __init__(self, calendar: Calendar, variants: Variants) -> None:
        self._calendar = calendar
        self._variants = variants

    def allocates(self) -> Iterator[Step]:
        """As soon as its first goods are there, the wholesaler keeps some for the south."""
        at = self._calendar.opening + timedelta(hours=1)
        for sku, quantity, note in ALLOCATED:
            variant = self._variants[WHOLESALER, sku]
            yield Step(at, WHOLESALER, Allocate(SOUTH, variant, Decimal(quantity), note))

    def settles(self) -> Iterator[Step]:
        """Each week is settled as it ends."""
        for day in range(-self._calendar.days, 0):
            if self._calendar.date_of(day).weekday() == _MONDAY:
                for shop in (NORTH, SOUTH):
                    yield self._step(day, "00:05", WHOLESALER, Settle(shop))

    def own_goods_go_first(self) -> Iterator[Step]:
        """Six of eight teapots are the shop's own; it finds the settlement of the week right."""
        yield self._placed(-19, "10:30", "N-3001", NORTH, ("WN-105", 8))
        yield self._order(-19, _SHIPS, "N-3001", NORTH, ShipOrder(UNKNOWN))
        yield self._answered(-19, "10:10", NORTH, Answer(WHOLESALER))

    def every_unit_is_the_partners(self) -> Iterator[Step]:
        """The shop has none left of one line, and enough of the other."""
        yield self._placed(-12, "11:15", "N-3002", NORTH, ("WN-105", 3), ("WN-107", 2))
        yield self._order(-12, _SHIPS, "N-3002", NORTH, ShipOrder(UNKNOWN))

    def two_make_one(self) -> Iterator[Step]:
        """Two sets of two towels are four of the wholesaler's."""
        yield self._placed(-9, "14:20", "N-3003", NORTH, ("WN-125", 2))
        yield self._order(-9, _SHIPS, "N-3003", NORTH, ShipOrder(UNKNOWN))

    def goes_back_when_it_is_cancelled(self) -> Iterator[Step]:
        """Cancelled before it leaves, on the same day: the goods are the wholesaler's again."""
        yield self._placed(-6, "10:50", "N-3004", NORTH, ("WN-105", 4))
        yield self._order(-6, "15:40", "N-3004", NORTH, CancelOrder(UNKNOWN))

    def waits_as_the_partner_has_too_little(self) -> Iterator[Step]:
        """Three lamps are there, two of which the wholesaler keeps back: two cannot be had."""
        yield self._placed(-3, "12:05", "N-3005", NORTH, ("WN-120", 2))

    def is_to_leave_today(self) -> Iterator[Step]:
        """Sold, the shop's own by now, and not yet on its way."""
        yield self._placed(-1, "19:30", "N-3006", NORTH, ("WN-105", 7))

    def draws_on_an_allocation(self) -> Iterator[Step]:
        """Two teapots come from what was allocated; the shop disputes that week's settlement."""
        yield self._placed(-18, "13:10", "Z-3001", SOUTH, ("WZ-104", 6))
        yield self._order(-18, _SHIPS, "Z-3001", SOUTH, ShipOrder(UNKNOWN))
        reason = "Een van de twee theepotten had geen deksel."
        yield self._answered(-18, "10:20", SOUTH, Answer(WHOLESALER, reason))

    def draws_again(self) -> Iterator[Step]:
        """Two lines at once: some of each are the shop's own, some come from allocations."""
        yield self._placed(-10, "15:25", "Z-3002", SOUTH, ("WZ-106", 14), ("WZ-115", 30))
        yield self._order(-10, _SHIPS, "Z-3002", SOUTH, ShipOrder(UNKNOWN))

    def waits_as_no_more_is_allocated(self) -> Iterator[Step]:
        """The wholesaler has more teapots, but keeps no more of them for this shop."""
        yield self._placed(-4, "16:35", "Z-3003", SOUTH, ("WZ-104", 12))

    def _placed(
        self, day: int, clock: str, reference: str, shop: str, *lines: tuple[str, int]
    ) -> Step:
        wanted = tuple(
            WantedLine(self._variants[shop, sku], Decimal(quantity)) for sku, quantity in lines
        )
        order = PlaceOrder(
            UNKNOWN,
            reference,
            "own",
            "ship_complete",
            wanted,
            paid=True,
            hold_minutes=INVOICE_MINUTES,
        )
        return self._step(day, clock, shop, order, reference)

    def _order(self, day: int, clock: str, reference: str, shop: str, act: ActOnOrder) -> Step:
        return self._step(day, clock, shop, act, reference)

    def _answered(self, day: int, clock: str, shop: str, answer: Answer) -> Step:
        """On the day after the week of `day` was settled."""
        return self._step(day + 8 - self._calendar.date_of(day).weekday(), clock, shop, answer)

    def _step(
        self,
        day: int,
        clock: str,
        organisation: str,
        act: PlaceOrder | ActOnOrder | ActOfPartner,
        reference: str = "",
    ) -> Step:
        hour, minute = clock.split(":")
        at = self._calendar.at(day, int(hour) * 60 + int(minute), _ZONE)
        return Step(at, organisation, act, reference)
