"""Keeps its own books, from the rules as people tell them, to compare with the core's.

It knows units on shelves, who set aside what, what partners brought, and who waits. It has no
ledger, no versions, no holds with numbers, and shares no code with what it audits; it is slow and
short instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from tests.simulation.auditor_records import (
    ZERO,
    AuditedLine,
    AuditedOrder,
    Match,
    Passing,
    Refused,
    Shelf,
    Slip,
    Wanted,
)
from tests.simulation.auditor_shelves import Shelves


class Auditor(Shelves):
    """The books."""

    def __init__(self) -> None:
        super().__init__()
        self.holds_nothing: set[str] = set()
        self.rights: set[tuple[str, str, str]] = set()
        self.handed_in = 0
        """The highest number handed in, whether or not it was judged yet."""

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
        if order.status == "draft":
            order.lines = lines
            return
        put_back = self.remember(order)
        spare: dict[str, Decimal] = {}
        for line in order.lines.values():
            spare[line.variant] = spare.get(line.variant, ZERO) + line.held
        for line in lines.values():
            spare[line.variant] = spare.get(line.variant, ZERO) - line.asked
        self.no_longer_needed(order, spare)
        order.lines = lines
        try:
            self._meet(order)
        except Refused:
            put_back()
            raise

    def _must_be_open_to(self, buyer: str, kind: str, lines: Iterable[AuditedLine]) -> None:
        for line in lines:
            owner = self.owner[line.variant]
            opened = owner == buyer if kind == "own" else (owner, buyer, kind) in self.rights
            if not opened:
                raise Refused("orders.unknown_variant")

    def _meet(self, order: AuditedOrder) -> None:
        """Set aside what the order's policy says, and give it its status.

        What is split off it is offered at once what there is: a limit was that order's, not this's.
        """
        put_back, before = self.remember(order), order.follower
        wanted = {n: line.missing for n, line in order.lines.items() if line.missing > ZERO}
        if order.policy == "line_by_line":
            self._meet_each(order, wanted)
        else:
            self._gain(order, wanted)
        short = [number for number in wanted if order.lines[number].missing > ZERO]
        if short and (
            order.policy == "refuse_short"
            or (order.policy in {"line_by_line", "no_backorder"} and not self._has_any(order))
        ):
            put_back()
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
        if order.follower is not None and order.follower is not before:
            self._offer(order.follower)

    def _meet_each(self, order: AuditedOrder, wanted: dict[int, Decimal]) -> None:
        """Meet line by line: what a line that is short would have had is there for the next."""
        drawn: dict[Match, Decimal] = {}
        for number, units in wanted.items():
            put_back, before = self.remember(order), dict(drawn)
            if order.may_draw:
                self.bring(order, number, units, drawn)
            else:
                self.take(order.lines[number], units)
            if order.lines[number].missing > ZERO:
                put_back()
                drawn = before

    def _gain(
        self, order: AuditedOrder, needs: dict[int, Decimal], *, draws: bool = True
    ) -> dict[int, Decimal]:
        """Take what is free, and let partners bring the rest; return what each line got."""
        had = {number: order.lines[number].held for number in needs}
        for number, units in needs.items():
            self.take(order.lines[number], units)
        got = {number: order.lines[number].held - had[number] for number in needs}
        rest = {number: units - got[number] for number, units in needs.items()}
        rest = {number: units for number, units in rest.items() if units > ZERO}
        if rest and draws and order.may_draw:
            self.draw(order, rest, whole=not order.goes_in_parts)
        return {number: order.lines[number].held - had[number] for number in needs}

    def _has_any(self, order: AuditedOrder) -> bool:
        return any(line.slips for line in order.lines.values())

    def _stand(self, order: AuditedOrder, *, may_go_in_part: bool = True) -> None:
        """Say where an order stands: met, split, or waiting."""
        if any(line.missing > line.short for line in order.lines.values()):
            if may_go_in_part and order.splits and self._has_any(order):
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
            put_back, payment, order.payment = self.remember(order), order.payment, "paid"
            self._gain(order, {n: line.missing for n, line in order.lines.items() if line.missing})
            if any(line.missing for line in order.lines.values()):
                put_back()
                order.payment = payment
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
        back: dict[Passing, Decimal] = {}
        for number, some in units.items():
            line = order.lines[number]
            from_missing = min(some, line.missing)
            line.short = max(line.short - from_missing, ZERO)
            line.cancelled += some
            self.let_go(order, line, some - from_missing, back)
        self.give_back(order, back)
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
            for slip in _pull(line.slips, some):
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
                self.put(where, part)

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

    def receive(self, lines: list[tuple[Shelf, Decimal]]) -> None:
        for shelf, units in lines:
            self.put(shelf, units)

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
        lost = self.set_aside(shelf) + self.reserved(shelf) - counted
        for reserve in sorted(self.reserves, key=lambda each: each.age, reverse=True):
            units = min(reserve.left, lost)
            if reserve.shelf == shelf and units > ZERO:
                reserve.given -= units
                reserve.left -= units
                lost -= units
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
        for reserve in self.reserves:
            if reserve.until is not None and reserve.until <= now and not reserve.closed:
                self.open_up(reserve)

    def serve(self, queue: Iterable[tuple[str, bool]]) -> None:
        """Offer what is free to these orders, in turn, those of them that wait or are short.

        Each comes with whether it stands here as a partner's only: those come last. So does what
        others draw on partners for, where two sides are after the same goods of a partner's. What
        is split off an order is in the queue with it; who is still short may come again.
        """
        partners: dict[str, bool] = {}
        for name, is_partner in queue:
            partners[name] = is_partner and partners.get(name, True)
        found = [each for each in self.orders.values() if each.name in partners and each.wants()]
        sides = {each.name: (each.buyer, partners[each.name]) for each in found if each.turn()[0]}
        turns: list[tuple[tuple[int, int, datetime, int], AuditedOrder, bool]] = []
        for order in found:
            turn = order.turn()
            if turn[0] and partners[order.name]:
                turns.append(((2, *turn[1:]), order, True))
            elif turn[0] and self._is_vied_with(order, found, sides):
                turns += [(turn, order, False), ((2, *turn[1:]), order, True)]
            else:
                turns.append((turn, order, True))
        while turns:
            first = min(turns, key=lambda each: each[0])
            turns.remove(first)
            turn, order, draws = first
            before = order.follower
            gained = self._offer(order, draws=draws)
            if gained and order.is_short():
                turns.append(first)
            rest = order.follower
            if rest is not None and rest is not before:
                turns.append(((turn[0], *rest.turn()[1:]), rest, True))

    def _is_vied_with(
        self,
        order: AuditedOrder,
        found: Iterable[AuditedOrder],
        sides: Mapping[str, tuple[str, bool]],
    ) -> bool:
        """Whether somebody on another side waits for what partners could bring for an order."""
        brought = self._could_be_brought(order)
        return any(
            brought & (self._could_be_brought(other) | {line.variant for line in other.wants()})
            for other in found
            if other.name in sides and sides[other.name] != sides[order.name]
        )

    def _could_be_brought(self, order: AuditedOrder) -> set[str]:
        """What partners have that is the same as what an order wants, if it may have it."""
        wanted = {line.variant for line in order.wants()}
        return {
            match.theirs
            for match in self.matches
            if order.may_draw and match.ours in wanted and match.agreement.state == "active"
        }

    def idle_beside_stock(self) -> list[str]:
        """Who waits although something may go to them: nobody, once all were served."""
        idle = []
        for order in self.orders.values():
            if order.wants():
                put_back = self.remember(order)
                if self._gain_in_turn(order):
                    idle.append(order.name)
                put_back()
        return idle

    def _offer(self, order: AuditedOrder, *, draws: bool = True) -> bool:
        """Let an order have what it may; return whether that was anything."""
        waits = order.status == "waiting"
        gained = self._gain_in_turn(order, draws=draws)
        if waits and (gained or draws):
            self._stand(order, may_go_in_part=draws)
        elif not waits:
            for number, units in gained.items():
                order.lines[number].short -= units
        return bool(gained)

    def _gain_in_turn(self, order: AuditedOrder, *, draws: bool = True) -> dict[int, Decimal]:
        """Give an order what it may have while it waits, or is short; empty if that is nothing."""
        waits = order.status == "waiting"
        put_back = self.remember(order)
        needs = {
            number: line.missing if waits else line.short
            for number, line in order.lines.items()
            if line in order.wants()
        }
        gained = self._gain(order, needs, draws=draws)
        only_whole = waits and order.buyer in self.holds_nothing and not order.splits
        if only_whole and gained != needs:
            put_back()
            return {}
        return gained if any(gained.values()) else {}


def _worth(order: AuditedOrder) -> int:
    """How late an order gives up what it has, against others."""
    if order.status == "waiting":
        return 0
    return 2 if order.payment == "paid" else 1


def _pull(slips: list[Slip], units: Decimal) -> list[Slip]:
    """Take units off the oldest slips; what one keeps becomes the youngest. Return what went."""
    taken = []
    while units > ZERO:
        slip = slips.pop(0)
        part = min(slip.units, units)
        taken.append(Slip(slip.shelf, part))
        if slip.units > part:
            slips.append(Slip(slip.shelf, slip.units - part))
        units -= part
    return taken
