"""The auditor's shelves: what stands there, who set it aside, and what partners bring over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from tests.simulation.auditor_records import (
    ENDLESS,
    ZERO,
    Agreement,
    AuditedLine,
    AuditedOrder,
    Match,
    Part,
    Passing,
    Refused,
    Reserve,
    Shelf,
    Slip,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Shelves:
    """What is where, whose it is, and what may be had of partners."""

    def __init__(self) -> None:
        self.shelves: dict[Shelf, Decimal] = {}
        self.unlimited: set[str] = set()
        self.owner: dict[str, str] = {}
        self.shipping: dict[str, list[str]] = {}
        self.orders: dict[str, AuditedOrder] = {}
        self.matches: list[Match] = []
        self.reserves: list[Reserve] = []
        self.passings: list[Passing] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    # What is free

    def free(self, shelf: Shelf) -> Decimal:
        if shelf[0] in self.unlimited:
            return ENDLESS
        return self.shelves[shelf] - self.set_aside(shelf) - self.reserved(shelf)

    def set_aside(self, shelf: Shelf) -> Decimal:
        return sum((slip.units for _, _, slip in self.slips_on(shelf)), ZERO)

    def reserved(self, shelf: Shelf) -> Decimal:
        return sum((each.left for each in self.reserves if each.shelf == shelf), ZERO)

    def slips_on(self, shelf: Shelf) -> list[tuple[AuditedOrder, AuditedLine, Slip]]:
        return [
            (order, line, slip)
            for order in self.orders.values()
            for line in order.lines.values()
            for slip in line.slips
            if slip.shelf == shelf
        ]

    def places(self, variant: str) -> list[Shelf]:
        return [(variant, location) for location in self.shipping[self.owner[variant]]]

    def take(self, line: AuditedLine, most: Decimal) -> Decimal:
        """Set aside up to `most` units, best location first; return how many there were."""
        got = ZERO
        for shelf in self.places(line.variant):
            units = min(most - got, self.free(shelf))
            if units > ZERO:
                line.slips.append(Slip(shelf, units))
                got += units
        return got

    # What partners bring

    def reserve(
        self, agreement: Agreement, shelf: Shelf, units: Decimal, until: datetime | None
    ) -> Reserve:
        if units > self.free(shelf):
            raise Refused("stock.allocation_above_available")
        self.reserves.append(Reserve(agreement, shelf, units, units, until))
        return self.reserves[-1]

    def open_up(self, reserve: Reserve) -> None:
        """Nobody has it to themselves any more; what was used of it was given."""
        reserve.given -= reserve.left
        reserve.left, reserve.closed = ZERO, True

    def draw(self, order: AuditedOrder, needs: dict[int, Decimal], *, whole: bool) -> None:
        """Let partners bring what lines need: whatever they can, or all of it and else nothing."""
        put_back = self.remember(order)
        drawn: dict[Match, Decimal] = {}
        short = False
        for number, units in needs.items():
            short = self.bring(order, number, units, drawn) > ZERO or short
        if whole and short:
            put_back()

    def bring(
        self, order: AuditedOrder, number: int, units: Decimal, drawn: dict[Match, Decimal]
    ) -> Decimal:
        """Bring units for a line, from the best partner first; return how many it still needs.

        What came over for another line, because it could not be split, is there for this one.
        """
        line = order.lines[number]
        units -= self.take(line, units)
        for match in self._partners_for(line.variant):
            if units <= ZERO:
                break
            most = self._opened(match)
            if match.at_most is not None:
                most = min(most, match.at_most - drawn.get(match, ZERO))
            come = min(
                _whole(units / match.smallest, up=True) * match.smallest,
                ENDLESS if most == ENDLESS else _whole(most / match.smallest) * match.smallest,
            )
            if come <= ZERO:
                continue
            shelf = self._pass_over(match, order, number, come)
            drawn[match] = drawn.get(match, ZERO) + come
            used = min(come, units)
            line.slips.append(Slip(shelf, used))
            units -= used
        return units

    def _partners_for(self, variant: str) -> list[Match]:
        """By rank; among equals whoever keeps something for us, then the oldest match."""
        matches = [
            each
            for each in self.matches
            if each.ours == variant and each.agreement.state == "active"
        ]
        return sorted(matches, key=lambda each: (each.rank, not self._kept_for_us(each), each.age))

    def _kept_for_us(self, match: Match) -> list[Part]:
        return [
            (shelf, reserve, reserve.left)
            for shelf in self.places(match.theirs)
            for reserve in self.reserves
            if reserve.agreement is match.agreement and reserve.shelf == shelf and reserve.left
        ]

    def _pool(self, match: Match) -> list[Part]:
        """What we may have: first what is kept for us, then what is free to anybody."""
        free: list[Part] = [(shelf, None, self.free(shelf)) for shelf in self.places(match.theirs)]
        return self._kept_for_us(match) + [
            part for part in free if part[2] > ZERO and match.agreement.shares_all
        ]

    def _opened(self, match: Match) -> Decimal:
        pool = sum((units for _, _, units in self._pool(match)), ZERO)
        return max(pool - match.kept_back, ZERO) / match.each

    def _pass_over(self, match: Match, order: AuditedOrder, number: int, units: Decimal) -> Shelf:
        """Units change owner; return the shelf they come to."""
        missing, parts = units * match.each, []
        for shelf, reserve, there in self._pool(match):
            some = min(there, missing)
            missing -= some
            if some <= ZERO:
                break
            parts.append((shelf, reserve, some))
            self.put(shelf, -some)
            if reserve is not None:
                reserve.left -= some
        assert missing == ZERO
        shelf = self.places(match.ours)[0]
        self.put(shelf, units)
        week = self.week_for(match.agreement)
        self.passings.append(Passing(match, order.name, number, shelf, units, week, parts))
        return shelf

    # What goes back

    def no_longer_needed(self, order: AuditedOrder, spare: dict[str, Decimal]) -> None:
        """An order has units to spare: give back what came from partners, the latest first."""
        there: dict[Shelf, Decimal] = {}
        for line in order.lines.values():
            for slip in line.slips:
                there[slip.shelf] = there.get(slip.shelf, ZERO) + slip.units
        back: dict[Passing, Decimal] = {}
        for passing in reversed(self.passings_of(order)):
            variant = passing.shelf[0]
            units = min(spare.get(variant, ZERO), passing.left, there.get(passing.shelf, ZERO))
            if units > ZERO:
                spare[variant] -= units
                there[passing.shelf] -= units
                back[passing] = units
        self.give_back(order, back)

    def let_go(
        self, order: AuditedOrder, line: AuditedLine, units: Decimal, back: dict[Passing, Decimal]
    ) -> None:
        """Free units of a line: first what came from partners, the latest first."""
        gone: dict[Slip, Decimal] = {}

        def free_some(slips: list[Slip], some: Decimal) -> Decimal:
            freed = ZERO
            for slip in reversed(slips):
                part = min(some - freed, slip.units - gone.get(slip, ZERO))
                gone[slip] = gone.get(slip, ZERO) + part
                freed += part
            return freed

        for passing in reversed(self.passings_of(order)):
            come = [slip for slip in line.slips if slip.shelf == passing.shelf]
            freed = free_some(come, min(units, passing.left - back.get(passing, ZERO)))
            units -= freed
            back[passing] = back.get(passing, ZERO) + freed
        free_some(line.slips, units)
        for slip, some in gone.items():
            if some:
                line.slips.remove(slip)
        rests = [(slip.age, slip.shelf, slip.units - some) for slip, some in gone.items() if some]
        line.slips += [Slip(shelf, rest) for _, shelf, rest in sorted(rests) if rest]

    def give_back(self, order: AuditedOrder, back: dict[Passing, Decimal]) -> None:
        """Units go back as was agreed for such a week, as far as they can be counted out."""
        for passing in self.passings_of(order):
            agreement = passing.match.agreement
            week = self.week_for(agreement)
            agreed = agreement.in_same_week if week == passing.week else agreement.later
            smallest = passing.match.smallest
            units = _whole(back.get(passing, ZERO) / smallest) * smallest
            if units <= ZERO or agreed == "keep" or agreement.state == "ended":
                continue
            parts = self._parts_back(passing, units * passing.match.each)
            for shelf, reserve, some in parts:
                self.put(shelf, some)
                if reserve is not None:
                    reserve.left += some
            self.put(passing.shelf, -units)
            passing.back += units
            self.passings.append(
                Passing(
                    passing.match,
                    order.name,
                    passing.line,
                    passing.shelf,
                    units,
                    week,
                    parts,
                    passing,
                )
            )

    def _parts_back(self, passing: Passing, units: Decimal) -> list[Part]:
        """What was taken last goes back first; a reserve that is closed gets nothing."""
        skip, parts = passing.back * passing.match.each, []
        for shelf, reserve, taken in reversed(passing.parts):
            skipped = min(skip, taken)
            skip -= skipped
            some = min(taken - skipped, units)
            units -= some
            if some:
                again = reserve if reserve is not None and not reserve.closed else None
                parts.append((shelf, again, some))
        return parts

    def passings_of(self, order: AuditedOrder) -> list[Passing]:
        return [
            each
            for each in self.passings
            if each.order == order.name and each.undoes is None and each.left
        ]

    def week_for(self, agreement: Agreement) -> date:
        """The Monday of the week that something is settled in: this one, unless it is closed."""
        today = self.now.astimezone(AMSTERDAM).date()
        monday = date.fromordinal(today.toordinal() - (today.isoweekday() - 1))
        return max(monday, agreement.closed_week + timedelta(days=7))

    # Remembering

    def put(self, shelf: Shelf, units: Decimal) -> None:
        if shelf[0] not in self.unlimited:
            self.shelves[shelf] += units

    def remember(self, order: AuditedOrder) -> Callable[[], None]:
        """Remember everything that meeting an order may touch; call the answer to go back."""
        shelves, lines = dict(self.shelves), order.lines
        slips = {number: list(line.slips) for number, line in lines.items()}
        left = {reserve: reserve.left for reserve in self.reserves}
        back = {passing: passing.back for passing in self.passings}

        def put_back() -> None:
            self.shelves, order.lines = shelves, lines
            for number, some in slips.items():
                lines[number].slips[:] = some
            for reserve, units in left.items():
                reserve.left = units
            del self.passings[len(back) :]
            for passing, units in back.items():
                passing.back = units

        return put_back


def _whole(number: Decimal, *, up: bool = False) -> Decimal:
    return number.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
