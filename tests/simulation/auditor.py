"""Keeps its own books, from the rules as people tell them, to compare with the core's.

It knows units on shelves, who set aside what, and who waits. It has no ledger, no versions, no
holds with numbers, and shares no code with what it audits; it is slow and short instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

ZERO = Decimal(0)
ENDLESS = Decimal("Infinity")

Shelf = tuple[str, str]
"""A variant at a location."""

Wanted = list[tuple[str, Decimal]]


_ages = count()


@dataclass(eq=False)
class Slip:
    """Units set aside on a shelf for a line; slips are kept oldest first."""

    shelf: Shelf
    units: Decimal
    age: int = field(default_factory=lambda: next(_ages))


@dataclass
class AuditedLine:
    """A line: what was asked, what became of it."""

    variant: str
    asked: Decimal
    slips: list[Slip] = field(default_factory=list)
    left_from: list[Slip] = field(default_factory=list)
    back: Decimal = ZERO
    cancelled: Decimal = ZERO
    short: Decimal = ZERO

    @property
    def held(self) -> Decimal:
        return sum((slip.units for slip in self.slips), ZERO)

    @property
    def shipped(self) -> Decimal:
        return sum((slip.units for slip in self.left_from), ZERO)

    @property
    def missing(self) -> Decimal:
        return self.asked - self.held - self.shipped - self.cancelled

    @property
    def open(self) -> Decimal:
        return self.asked - self.shipped - self.cancelled


@dataclass
class AuditedOrder:
    """An order as a clerk would keep it."""

    name: str
    buyer: str
    kind: str
    policy: str
    number: int
    lines: dict[int, AuditedLine]
    status: str = "draft"
    payment: str = "unpaid"
    priority: int = 0
    since: datetime | None = None
    limit: datetime | None = None
    lapsed: bool = False
    follower: AuditedOrder | None = None
    follows: AuditedOrder | None = None

    def fulfilment(self) -> str:
        if self.status in {"waiting", "held"}:
            return "held"
        if self.status != "complete":
            return {"draft": "unfulfilled", "cancelled": "cancelled"}[self.status]
        if all(line.asked == line.shipped + line.cancelled for line in self.lines.values()):
            return "fulfilled"
        return "partly_fulfilled" if self._has_begun() else "unfulfilled"

    def _has_begun(self) -> bool:
        return any(line.shipped for line in self.lines.values())

    @property
    def splits(self) -> bool:
        return self.policy == "allow_split" and self.payment == "paid" and self.follower is None

    def is_short(self) -> bool:
        return any(line.short for line in self.lines.values())

    def wants(self) -> list[AuditedLine]:
        """The lines that would take stock now."""
        if self.status == "waiting":
            return [line for line in self.lines.values() if line.missing > ZERO]
        if self.status in {"held", "complete"}:
            return [line for line in self.lines.values() if line.short > ZERO]
        return []

    def turn(self) -> tuple[int, int, datetime, int]:
        """When it is this order's turn: short before waiting, then priority, time, number."""
        assert self.since is not None
        return (0 if self.status != "waiting" else 1, -self.priority, self.since, self.number)


class Refused(Exception):
    """The act is refused, with this code."""


class Auditor:
    """The books."""

    def __init__(self) -> None:
        self.shelves: dict[Shelf, Decimal] = {}
        self.unlimited: set[str] = set()
        self.owner: dict[str, str] = {}
        self.shipping: dict[str, list[str]] = {}
        self.holds_nothing: set[str] = set()
        self.rights: set[tuple[str, str, str]] = set()
        self.orders: dict[str, AuditedOrder] = {}
        self.handed_in = 0
        """The highest number handed in, whether or not it was judged yet."""

    # Shelves

    def free(self, shelf: Shelf) -> Decimal:
        if shelf[0] in self.unlimited:
            return ENDLESS
        return self.shelves[shelf] - self.set_aside(shelf)

    def set_aside(self, shelf: Shelf) -> Decimal:
        return sum((slip.units for _, _, slip in self.slips_on(shelf)), ZERO)

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

    # Orders

    def place(
        self, order: AuditedOrder, now: datetime, minutes: int, *, paid: bool, draft: bool = False
    ) -> None:
        """Place a new order, or put it aside as a draft. Raises Refused, having changed nothing."""
        if order.kind != "own" and order.policy not in {"refuse_short", "line_by_line"}:
            raise Refused("orders.policy_needs_own_stock")
        self._must_be_open_to(order.buyer, order.kind, order.lines.values())
        order.since = now
        if draft:
            return
        if paid:
            order.payment = "paid"
        else:
            order.limit = now + timedelta(minutes=minutes)
        self._meet(order)

    def place_draft(self, order: AuditedOrder, now: datetime, minutes: int, *, paid: bool) -> None:
        if order.status != "draft":
            raise Refused("orders.not_a_draft")
        before = (order.since, order.limit, order.payment)
        try:
            self.place(order, now, minutes, paid=paid)
        except Refused:
            order.since, order.limit, order.payment = before
            raise

    def change(self, order: AuditedOrder, wanted: Wanted) -> None:
        """Plan an order anew; what it has set aside counts as free for it. Refused: as it was."""
        self._must_live(order)
        if any(line.shipped for line in order.lines.values()):
            raise Refused("orders.already_shipped")
        lines = {n: AuditedLine(variant, asked) for n, (variant, asked) in enumerate(wanted, 1)}
        self._must_be_open_to(order.buyer, order.kind, lines.values())
        old, order.lines = order.lines, lines
        if order.status == "draft":
            return
        try:
            self._meet(order)
        except Refused:
            order.lines = old
            raise

    def _must_be_open_to(self, buyer: str, kind: str, lines: Iterable[AuditedLine]) -> None:
        for line in lines:
            owner = self.owner[line.variant]
            opened = owner == buyer if kind == "own" else (owner, buyer, kind) in self.rights
            if not opened:
                raise Refused("orders.unknown_variant")

    def _meet(self, order: AuditedOrder) -> None:
        """Set aside what the order's policy says, and give it its status."""
        wanted = {n: line.missing for n, line in order.lines.items() if line.missing > ZERO}
        got: dict[int, Decimal] = {}
        for number, units in wanted.items():
            line = order.lines[number]
            got[number] = self.take(line, units)
            if order.policy == "line_by_line" and got[number] < units:
                line.slips.clear()
        short = [number for number, units in wanted.items() if got[number] < units]
        if short and (
            order.policy == "refuse_short"
            or (order.policy in {"line_by_line", "no_backorder"} and not self._has_any(order))
        ):
            for line in order.lines.values():
                line.slips.clear()
            raise Refused("stock.insufficient_available")
        if order.policy == "line_by_line":
            for number in short:
                del order.lines[number]
        elif order.policy == "no_backorder":
            for line in order.lines.values():
                line.cancelled += line.missing
        elif order.policy == "ship_complete" and short and order.buyer in self.holds_nothing:
            for line in order.lines.values():
                line.slips.clear()
        self._stand(order)

    def _has_any(self, order: AuditedOrder) -> bool:
        return any(line.slips for line in order.lines.values())

    def _stand(self, order: AuditedOrder) -> None:
        """Say where an order stands: met, split, or waiting."""
        if any(line.missing > line.short for line in order.lines.values()):
            if order.splits and self._has_any(order):
                self._split(order)
            else:
                order.status = "waiting"
                return
        if order.payment == "paid":
            order.status, order.limit = "complete", None
        else:
            order.status = "held"

    def _split(self, order: AuditedOrder) -> None:
        rest = {}
        for number, line in order.lines.items():
            if line.missing > ZERO:
                rest[number] = AuditedLine(line.variant, line.missing)
                line.cancelled += line.missing
        order.follower = self.orders[f"{order.name}#2"] = AuditedOrder(
            f"{order.name}#2",
            order.buyer,
            order.kind,
            "ship_complete",
            self._next_number(),
            rest,
            "waiting",
            order.payment,
            order.priority,
            order.since,
            follows=order,
        )

    def _next_number(self) -> int:
        """Number a successor: it is younger than all that was handed in before it came about."""
        return 1 + max(self.handed_in, *(each.number for each in self.orders.values()))

    def pay(self, order: AuditedOrder, *, succeeded: bool) -> None:
        if order.status == "draft":
            raise Refused("orders.not_placed")
        if order.payment == "paid":
            raise Refused("orders.already_paid")
        if order.status == "cancelled" and not (order.lapsed and succeeded):
            raise Refused("orders.already_cancelled")
        if not succeeded:
            self._end(order)
            return
        if order.lapsed:
            for line in order.lines.values():
                self.take(line, line.missing)
            if any(line.missing for line in order.lines.values()):
                for line in order.lines.values():
                    line.slips.clear()
                raise Refused("orders.payment_too_late")
            order.lapsed = False
        order.payment, order.limit = "paid", None
        if order.status == "waiting":
            self._meet(order)
        elif order.kind != "session" or order.status == "cancelled":
            order.status = "complete"

    def cancel(self, order: AuditedOrder, named: list[tuple[int, Decimal]] | None) -> None:
        self._must_live(order)
        units = self._named(order, named, lambda line: line.open, "orders.more_than_open")
        if not units:
            raise Refused("orders.already_shipped")
        for number, some in units.items():
            line = order.lines[number]
            from_missing = min(some, line.missing)
            line.short = max(line.short - from_missing, ZERO)
            line.cancelled += some
            _pull(line.slips, some - from_missing, youngest=True)
        if all(line.cancelled == line.asked for line in order.lines.values()):
            self._end(order)
        elif order.status == "waiting" and not order.wants():
            self._stand(order)

    def ship(self, order: AuditedOrder, named: list[tuple[int, Decimal]] | None) -> None:
        self._must_live(order)
        if order.status != "complete":
            raise Refused("orders.not_complete")
        units = self._named(order, named, lambda line: line.held, "orders.more_than_held")
        if not units:
            raise Refused("orders.already_shipped")
        for number, some in units.items():
            line = order.lines[number]
            for slip in _pull(line.slips, some, youngest=False):
                line.left_from.append(slip)
                if slip.shelf[0] not in self.unlimited:
                    self.shelves[slip.shelf] -= slip.units

    def take_back(
        self, order: AuditedOrder, named: list[tuple[int, Decimal]], location: str | None
    ) -> None:
        units = self._named(
            order, named, lambda line: line.shipped - line.back, "orders.more_than_shipped"
        )
        for number, some in units.items():
            line, left = order.lines[number], some
            skip, line.back = line.back, line.back + some
            for slip in line.left_from:
                passed = min(skip, slip.units)
                skip -= passed
                part = min(slip.units - passed, left)
                left -= part
                where = slip.shelf if location is None else (line.variant, location)
                self._add(where, part)

    def prioritise(self, order: AuditedOrder, priority: int) -> None:
        self._must_live(order)
        order.priority = priority

    def _must_live(self, order: AuditedOrder) -> None:
        if order.status == "cancelled":
            raise Refused("orders.already_cancelled")

    def _named(
        self,
        order: AuditedOrder,
        named: list[tuple[int, Decimal]] | None,
        most: Callable[[AuditedLine], Decimal],
        code: str,
    ) -> dict[int, Decimal]:
        """Sum what was named by line; nothing named means everything there is."""
        if named is None:
            return {n: most(line) for n, line in order.lines.items() if most(line) > ZERO}
        if any(number not in order.lines for number, _ in named):
            raise Refused("orders.unknown_line")
        units: dict[int, Decimal] = {}
        for number, some in named:
            units[number] = units.get(number, ZERO) + some
        if any(some > most(order.lines[number]) for number, some in units.items()):
            raise Refused(code)
        return units

    def _end(self, order: AuditedOrder) -> None:
        order.status, order.limit = "cancelled", None
        if order.payment == "unpaid":
            order.payment = "cancelled"
        for line in order.lines.values():
            line.slips.clear()
            line.short = ZERO

    # Stock

    def _add(self, shelf: Shelf, units: Decimal) -> None:
        if shelf[0] not in self.unlimited:
            self.shelves[shelf] += units

    def receive(self, lines: list[tuple[Shelf, Decimal]]) -> None:
        for shelf, units in lines:
            self._add(shelf, units)

    def adjust(self, lines: list[tuple[Shelf, Decimal]]) -> None:
        for shelf in {shelf for shelf, _ in lines}:
            change = sum((units for other, units in lines if other == shelf), ZERO)
            if self.free(shelf) + change < ZERO:
                raise Refused("stock.insufficient_available")
        self.receive(lines)

    def count(self, shelf: Shelf, counted: Decimal) -> None:
        """Set a shelf to what was counted; what promises it no longer covers are given up."""
        if shelf[0] in self.unlimited:
            return
        lost = self.set_aside(shelf) - counted
        slips = self.slips_on(shelf)
        slips.sort(key=lambda each: (each[0].since, each[0].number, each[2].age), reverse=True)
        slips.sort(key=lambda each: _worth(each[0]))
        for order, line, slip in slips:
            units = min(slip.units, lost)
            if units <= ZERO:
                break
            lost -= units
            line.slips.remove(slip)
            if slip.units > units:
                line.slips.append(Slip(shelf, slip.units - units))
            if order.status != "waiting":
                line.short += units
        self.shelves[shelf] = counted

    # Time and those who wait

    def let_lapse(self, now: datetime) -> None:
        """Past its limit an order is cancelled, whether or not anybody has written so."""
        for order in self.orders.values():
            if (
                order.status in {"held", "waiting"}
                and order.limit is not None
                and order.limit <= now
            ):
                self._end(order)
                order.lapsed = True

    def serve(self, names: Iterable[str]) -> None:
        """Offer what is free to these orders, in turn, those of them that wait or are short."""
        queue = [self.orders[name] for name in dict.fromkeys(names) if name in self.orders]
        for order in sorted([each for each in queue if each.wants()], key=lambda o: o.turn()):
            self._offer(order)

    def idle_beside_stock(self) -> list[str]:
        """Who waits although something that it may take is free: nobody, once all were served."""
        return [
            name
            for name, order in self.orders.items()
            if not (order.status == "waiting" and order.buyer in self.holds_nothing)
            and any(
                self.free(shelf) for line in order.wants() for shelf in self.places(line.variant)
            )
        ]

    def _offer(self, order: AuditedOrder) -> None:
        waits = order.status == "waiting"
        before = {id(line): list(line.slips) for line in order.lines.values()}
        gained = ZERO
        for line in order.wants():
            got = self.take(line, line.short if not waits else line.missing)
            gained += got
            line.short -= ZERO if waits else got
        whole = not order.wants()
        if waits and order.buyer in self.holds_nothing and not (whole or order.splits):
            for line in order.lines.values():
                line.slips[:] = before[id(line)]
        elif waits and gained:
            self._stand(order)


def _worth(order: AuditedOrder) -> int:
    """How late an order gives up what it has, against others."""
    if order.status == "waiting":
        return 0
    return 2 if order.payment == "paid" else 1


def _pull(slips: list[Slip], units: Decimal, *, youngest: bool) -> list[Slip]:
    """Take units off slips; what a slip keeps becomes the youngest. Return what was taken."""
    taken = []
    while units > ZERO:
        slip = slips.pop(-1 if youngest else 0)
        part = min(slip.units, units)
        taken.append(Slip(slip.shelf, part))
        if slip.units > part:
            slips.append(Slip(slip.shelf, slip.units - part))
        units -= part
    return taken
