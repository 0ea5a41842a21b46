"""What becomes of orders when stock is short, told with goods that usual trade leaves alone. Pure.

Each story begins some days ago, on a workday of the wholesaler's. Its moments rise within a day as
well as from day to day, as two of its days may fall on one Friday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from entrepot.cli.demo.order_lives import CHECKOUT_MINUTES, INVOICE_MINUTES
from entrepot.cli.demo.steps import UNKNOWN, ActOnOrder, ActOnStock, Calendar, Step, Variants
from entrepot.orders import (
    CountStock,
    PlaceOrder,
    Policy,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    ShipOrder,
    StockLine,
    WantedLine,
)

TELLER: Final = "de-groothandel"
LAST_REFERENCE: Final = "G-CONCEPT"
"""The last order of a history: where it is, all the rest was made before it."""

_ZONE: Final = "Europe/Amsterdam"
_SATURDAY: Final = 5
_SHIPS: Final = "16:00"


def tell_stories(calendar: Calendar, variants: Variants) -> list[Step]:
    """The steps of all stories that begin within the calendar's days, and the last order."""
    teller = _Teller(calendar, variants)
    told = [
        list(story)
        for story in (
            teller.waits_and_is_released(),
            teller.waits_still(),
            teller.is_split(),
            teller.is_cut_down(),
            teller.is_cut_short_by_a_count(),
            teller.is_paid_too_late_and_yet_in_time(),
        )
    ]
    steps = [step for story in told if story[0].at > calendar.opening for step in story]
    return [*steps, teller.last_order()]


class _Teller:
    """Tells stories of the wholesaler's orders."""

    def __init__(self, calendar: Calendar, variants: Variants) -> None:
        self._calendar = calendar
        self._variants = variants

    def waits_and_is_released(self) -> Iterator[Step]:
        """More than there is: it waits for goods to arrive, and leaves the same day."""
        yield self._placed(-12, "10:05", "G-2001", "ship_complete", ("GH-1061", 20))
        yield self._received(-9, "11:30", ("GH-1061", 24), "purchase order GP-201")
        yield self._order(-9, _SHIPS, "G-2001", ShipOrder(UNKNOWN))

    def waits_still(self) -> Iterator[Step]:
        """Two that wait for the same goods; the one that is not paid is moved to the front."""
        yield self._placed(-3, "09:20", "G-2002", "ship_complete", ("GH-3031", 10))
        yield self._placed(-2, "11:40", "G-2003", "ship_complete", ("GH-3031", 4), paid=False)
        yield self._order(-1, "15:00", "G-2003", PrioritiseOrder(UNKNOWN, 50))

    def is_split(self) -> Iterator[Step]:
        """What is there leaves; the rest waits in a successor, which some goods then reach."""
        yield self._placed(-8, "14:10", "G-2004", "allow_split", ("GH-5041", 14))
        yield self._order(-8, _SHIPS, "G-2004", ShipOrder(UNKNOWN))
        yield self._received(-5, "16:20", ("GH-5041", 2), "purchase order GP-202")

    def is_cut_down(self) -> Iterator[Step]:
        """One is cut down to what is there, another goes without its short line."""
        yield self._placed(-6, "10:30", "G-2005", "no_backorder", ("GH-5011", 12))
        yield self._order(-6, _SHIPS, "G-2005", ShipOrder(UNKNOWN))
        yield self._received(-4, "16:30", ("GH-5011", 6), "purchase order GP-203")
        lines = (("GH-5011", 4), ("GH-5041", 10))
        yield self._placed(-4, "16:45", "G-2006", "line_by_line", *lines)

    def is_cut_short_by_a_count(self) -> Iterator[Step]:
        """Less is found than was promised: the younger of two orders is short of it."""
        yield self._placed(-2, "10:30", "G-2007", "refuse_short", ("GH-2024", 30))
        yield self._placed(-2, "10:50", "G-2008", "refuse_short", ("GH-2024", 10))
        count = CountStock(self._variant("GH-2024"), Decimal(34), None, reason="shelf count")
        yield self._stock(-1, "15:15", count)
        yield self._order(-1, _SHIPS, "G-2007", ShipOrder(UNKNOWN))

    def is_paid_too_late_and_yet_in_time(self) -> Iterator[Step]:
        """Cancelled at its limit; when the payment comes after all, the goods are still there."""
        placed = self._placed(-3, "09:00", "G-2009", "refuse_short", ("GH-1061", 2), paid=False)
        assert isinstance(placed.act, PlaceOrder), "a placing"
        yield placed
        past = timedelta(minutes=placed.act.hold_minutes + 1)
        yield Step(placed.at + past, TELLER, None)
        yield self._order(-2, "13:10", "G-2009", RecordPayment(UNKNOWN, succeeded=True))
        yield self._order(-2, _SHIPS, "G-2009", ShipOrder(UNKNOWN))

    def last_order(self) -> Step:
        """A draft for the spring, saved before anything else happens."""
        lines = (self._line("GH-1001", 24), self._line("GH-5001", 10))
        order = PlaceOrder(UNKNOWN, LAST_REFERENCE, "own", "ship_complete", lines, draft=True)
        return Step(self._calendar.end - timedelta(minutes=1), TELLER, order, LAST_REFERENCE)

    def _placed(
        self,
        day: int,
        clock: str,
        reference: str,
        policy: Policy,
        *lines: tuple[str, int],
        paid: bool = True,
    ) -> Step:
        minutes = INVOICE_MINUTES if policy == "ship_complete" else CHECKOUT_MINUTES
        order = PlaceOrder(
            UNKNOWN,
            reference,
            "own",
            policy,
            tuple(self._line(*each) for each in lines),
            paid=paid,
            hold_minutes=minutes,
        )
        return self._step(day, clock, order, reference)

    def _received(self, day: int, clock: str, line: tuple[str, int], reason: str) -> Step:
        sku, quantity = line
        lines = (StockLine(self._variant(sku), Decimal(quantity)),)
        return self._stock(day, clock, ReceiveStock(lines, reason))

    def _order(self, day: int, clock: str, reference: str, act: ActOnOrder) -> Step:
        return self._step(day, clock, act, reference)

    def _stock(self, day: int, clock: str, act: ActOnStock) -> Step:
        return self._step(day, clock, act, "")

    def _step(
        self, day: int, clock: str, act: PlaceOrder | ActOnOrder | ActOnStock, reference: str
    ) -> Step:
        while self._calendar.date_of(day).weekday() >= _SATURDAY:
            day -= 1
        hour, minute = clock.split(":")
        at = self._calendar.at(day, int(hour) * 60 + int(minute), _ZONE)
        return Step(at, TELLER, act, reference)

    def _line(self, sku: str, quantity: int) -> WantedLine:
        return WantedLine(self._variant(sku), Decimal(quantity))

    def _variant(self, sku: str) -> str:
        return self._variants[TELLER, sku]
