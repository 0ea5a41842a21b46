"""How orders draw on partners and give back: who may, when, and what of it is reversed.

Ownership moves when an order can leave backorder by it, and never otherwise (source text
wholesale-link.nl, "Voorraad gebruiken"; design 6.3). So only what is paid draws, a session order
never does, and an order that ships complete draws only if partners meet all the rest.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple, Protocol

import msgspec

from entrepot.kernel.demand import (
    AllocationKey,
    DemandLine,
    Draw,
    Ending,
    HoldEnd,
    LiveHold,
    LiveTransfer,
    Outcome,
    Partner,
    PositionKey,
    Reversal,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.weeks import settling_week
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.record import Order


class OpenAllocation(Protocol):
    """What an allocation is known by here: where its units are, and since when."""

    key: AllocationKey
    position: PositionKey
    made_at: datetime


class MatchFacts(NamedTuple):
    """An active match with its terms; buffer in the wholesaler's units, cap in the retailer's.

    Price and VAT rate are those that a transfer made now carries.
    """

    retailer: Id
    variant: Id
    id: Id
    partnership: Id
    wholesaler: Id
    wholesaler_variant: Id
    factor: int
    step: Decimal
    buffer: Decimal
    cap: Decimal | None
    is_all_stock: bool
    rank: int
    created_at: datetime
    unit_price: Decimal | None
    vat_rate: Decimal | None
    is_unlimited: bool = False


def partners_by_variant(
    facts: Facts, matches: Iterable[MatchFacts]
) -> dict[tuple[Id, Id], tuple[Partner, ...]]:
    """Say for each (retailer, variant) whom it may draw on: by rank, then the oldest match first.

    Of matches that appeared after the locks were taken nothing is said: they wait for the next
    batch.
    """
    found: dict[tuple[Id, Id], list[tuple[tuple[int, datetime, Id], Partner]]] = {}
    weeks = {
        partnership: settling_week(facts.now, terms.time_zone, terms.closed_through)
        for partnership, terms in facts.partnerships.items()
    }
    for each in matches:
        week = weeks.get(each.partnership)
        sources = facts.sources(each.wholesaler, each.wholesaler_variant)
        default = facts.default_location(each.retailer)
        target = PositionKey(each.retailer, each.variant, default or "")
        if (
            week is None
            or not sources
            or target not in facts.locked.get((each.retailer, each.variant), ())
        ):
            continue
        partner = Partner(
            each.id,
            each.partnership,
            sources,
            target,
            each.factor,
            each.step,
            each.buffer,
            each.cap,
            each.is_all_stock,
            week,
            each.unit_price,
            each.vat_rate,
            each.rank,
        )
        found.setdefault((each.retailer, each.variant), []).append(
            ((each.rank, each.created_at, each.id), partner)
        )
    return {
        key: tuple([partner for _, partner in sorted(some, key=lambda one: one[0])])
        for key, some in found.items()
    }


def lacks_place(facts: Facts, matches: Iterable[MatchFacts]) -> bool:
    """Whether a position is to be made for transferred units to go to, or unlimited ones to leave.

    Where an organisation ships orders from nowhere, none can be.
    """
    for each in matches:
        if (
            each.is_unlimited
            and not facts.sources(each.wholesaler, each.wholesaler_variant)
            and facts.default_location(each.wholesaler) is not None
        ):
            return True
        default = facts.default_location(each.retailer)
        if default is not None:
            target = PositionKey(each.retailer, each.variant, default)
            if target not in facts.locked.get((each.retailer, each.variant), ()):
                return True
    return False


def allocations_by_position(
    allocations: Iterable[OpenAllocation],
) -> dict[PositionKey, tuple[AllocationKey, ...]]:
    """The open allocations at each position, the youngest first: so a count takes from them."""
    found: dict[PositionKey, list[OpenAllocation]] = {}
    for each in allocations:
        found.setdefault(each.position, []).append(each)
    return {
        position: tuple(
            [
                each.key
                for each in sorted(some, key=lambda one: (one.made_at, one.key), reverse=True)
            ]
        )
        for position, some in found.items()
    }


_CUTS = frozenset({"line_by_line", "no_backorder"})


def draw_of(order: Order, *, splits: bool) -> Draw:
    """How an order may draw: not at all unless paid; in parts only where the rest goes its own way.

    `splits` says whether the part that can go would leave as an order of its own.
    """
    if order.payment_status != "paid" or order.kind == "session":
        return Draw.NOTHING
    return Draw.PART if splits or order.policy in _CUTS else Draw.WHOLE


def demand_line(
    facts: Facts, draw: Draw, line_no: int, owner: Id, variant: Id, quantity: Decimal
) -> DemandLine:
    """Ask for units of a line: from the owner's positions, then from its partners."""
    partners = () if draw is Draw.NOTHING else facts.partners.get((owner, variant), ())
    return DemandLine(line_no, quantity, facts.sources(owner, variant), partners)


class GivingBack:
    """Chooses which holds of an order end, and which of its transfers are undone by that.

    Transferred units are given back first, the youngest transfer first; then the youngest hold.
    """

    def __init__(self, facts: Facts, order: Order) -> None:
        """Start from an order's live holds and what is left of its transfers."""
        self.facts = facts
        self.left: dict[LiveHold, Decimal] = {hold: hold.quantity for hold in order.holds}
        self.undone: dict[LiveTransfer, Decimal] = dict.fromkeys(order.transfers, ZERO)

    def release(self, line_no: int, quantity: Decimal) -> None:
        """Give back units of a line."""
        holds = [hold for hold in self.left if hold.line_no == line_no]
        for transfer in reversed(self.undone):
            at_target = [hold for hold in holds if hold.position == transfer.partner.target]
            there = sum((self.left[hold] for hold in at_target), ZERO)
            units = min(quantity, transfer.quantity - self.undone[transfer], there)
            if units > ZERO:
                self._end(at_target, units)
                self.undone[transfer] += units
                quantity -= units
        self._end(holds, quantity)

    def let_go(self, line_no: int, quantity: Decimal) -> list[tuple[PositionKey, Decimal]]:
        """End holds on units of a line that go to nobody; return where they are, and how many."""
        holds = [hold for hold in self.left if hold.line_no == line_no]
        before = {hold: self.left[hold] for hold in holds}
        self._end(holds, quantity)
        return [
            (hold.position, before[hold] - self.left[hold])
            for hold in holds
            if self.left[hold] < before[hold]
        ]

    def undo(self, owner: Id, variant: Id, quantity: Decimal) -> None:
        """Undo transfers of a variant that an order no longer needs; its holds end apart."""
        there: dict[PositionKey, Decimal] = {}
        for hold, left in self.left.items():
            there[hold.position] = there.get(hold.position, ZERO) + left
        for transfer in reversed(self.undone):
            target = transfer.partner.target
            if target[:2] == (owner, variant) and target in there:
                units = min(quantity, transfer.quantity - self.undone[transfer], there[target])
                self.undone[transfer] += units
                there[target] -= units
                quantity -= units

    def endings(self) -> tuple[Ending, ...]:
        """The holds to end, oldest first."""
        return tuple(
            [
                Ending(hold, hold.quantity - left, HoldEnd.RELEASED)
                for hold, left in self.left.items()
                if left < hold.quantity
            ]
        )

    def reversals(self) -> tuple[Reversal, ...]:
        """What goes back to partners, as each partnership agreed; the rest stays the retailer's."""
        found = []
        for transfer, undone in self.undone.items():
            week = self._week(transfer)
            step = transfer.partner.step
            units = (undone / step).to_integral_value(ROUND_FLOOR) * step
            if units > ZERO and week is not None:
                found.append(Reversal(transfer, units, week))
        return tuple(found)

    def _week(self, transfer: LiveTransfer) -> date | None:
        """The week that a reversal is settled in; None where the partners agreed to keep."""
        terms = self.facts.partnerships.get(transfer.partner.partnership)
        if terms is None or terms.state == "ended":
            return None
        week = settling_week(self.facts.now, terms.time_zone, terms.closed_through)
        rule = terms.on_cancel_open_week if week == transfer.partner.week else terms.on_cancel_later
        return week if rule == "reverse" else None

    def _end(self, holds: Iterable[LiveHold], quantity: Decimal) -> None:
        for hold in sorted(holds, key=lambda each: each.key.hold_no, reverse=True):
            part = min(quantity, self.left[hold])
            self.left[hold] -= part
            quantity -= part
        assert quantity <= ZERO, "a line's held is the sum of its live holds"


def note_transfers(order: Order, outcome: Outcome) -> None:
    """Remember what changed owner for an order, both ways, for a later act of the same batch."""
    for each in outcome.transferred:
        if each.reverses is None:
            order.transfers.append(
                LiveTransfer(
                    each.id, each.partner, each.line_no, each.quantity, each.quantity, each.legs
                )
            )
            continue
        order.transfers = [
            msgspec.structs.replace(one, quantity=one.quantity - each.quantity)
            if one.id == each.reverses
            else one
            for one in order.transfers
            if one.id != each.reverses or one.quantity > each.quantity
        ]
