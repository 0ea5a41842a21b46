"""Drawing on partners: what a match opens now, and planning, taking and giving back transfers.

The formulas are design 6.1: a pool is what is free at the wholesaler (all stock) plus what is left
of the retailer's allocations; buffer and cap narrow it; whole steps of it are offered. Decisions
use these same numbers as the view `partner_offers` shows.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from types import MappingProxyType
from typing import NamedTuple

from entrepot.kernel.demand import (
    AllocationKey,
    DemandLine,
    Leg,
    Partner,
    PositionKey,
    Reversal,
    Transferred,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.stock.model.book import UNBOUNDED, Book
from entrepot.stock.model.effects import LegRow, TransferRow


class Draw(NamedTuple):
    """Units planned to come from a partner: `quantity` changes owner, `held` of it is for the line.

    More may come than the line wants where a partner's unit cannot be split; the rest becomes the
    retailer's stock.
    """

    line_no: int
    partner: Partner
    quantity: Decimal
    held: Decimal
    legs: tuple[Leg, ...]


class Drawing:
    """What a plan has drawn so far: it narrows what the next line finds, and can be undone."""

    __slots__ = ("book", "by_match", "draws", "from_allocation", "gained")

    def __init__(
        self,
        book: Book,
        gained: dict[PositionKey, Decimal],
        given_back: Mapping[AllocationKey, Decimal] = MappingProxyType({}),
    ) -> None:
        """Start over a book; `gained` is what the plan adds to or takes from positions.

        `given_back` is what reversals will have restored of allocations by then.
        """
        self.book = book
        self.gained = gained
        self.draws: list[Draw] = []
        self.by_match: dict[Id, Decimal] = {}
        self.from_allocation = {key: -units for key, units in given_back.items()}

    def offered(self, partner: Partner, pieces: Sequence[Leg]) -> Decimal:
        """What a match opens of its pool, in whole steps of the retailer's unit; may be unbounded.

        `pieces` are what the pool is made of now.
        """
        pool = sum((piece.quantity for piece in pieces), ZERO)
        drawn = self.by_match.get(partner.match, ZERO)
        most = max(pool - partner.buffer, ZERO) / partner.factor
        if partner.cap is not None:
            most = min(most, max(partner.cap - drawn, ZERO))
        if most == UNBOUNDED:
            return most
        return (most / partner.step).to_integral_value(ROUND_FLOOR) * partner.step

    def cover(self, line: DemandLine, short: Decimal) -> Decimal:
        """Draw on the line's partners for what it is short; return what is short then."""
        for partner in self._best_first(line.partners):
            if not short:
                break
            pieces = self.pieces(partner)
            offered = self.offered(partner, pieces)
            if offered <= ZERO:
                continue
            steps = (short / partner.step).to_integral_value(ROUND_CEILING)
            quantity = min(steps * partner.step, offered)
            held = min(quantity, short)
            self._take(line.line_no, partner, pieces, quantity, held)
            short -= held
        return short

    def _best_first(self, partners: tuple[Partner, ...]) -> Sequence[Partner]:
        """By rank; among equals those with something left of an allocation, as it is now."""
        if len(partners) == 1:
            return partners
        return sorted(partners, key=lambda each: (each.rank, not self._keeps_some(each)))

    def _keeps_some(self, partner: Partner) -> bool:
        """Whether anything is left of the retailer's allocations."""
        return any(
            each.remaining > self.from_allocation.get(each.key, ZERO)
            for position in partner.positions
            for each in self.book.allocations_at(position, partner.partnership)
        )

    def undo_last(self) -> None:
        """Forget the last draw."""
        draw = self.draws.pop()
        self.by_match[draw.partner.match] -= draw.quantity
        self.gained[draw.partner.target] -= draw.quantity - draw.held
        for leg in draw.legs:
            if leg.allocation is None:
                self.gained[leg.position] += leg.quantity
            else:
                self.from_allocation[leg.allocation] -= leg.quantity

    def _take(
        self,
        line_no: int,
        partner: Partner,
        pieces: Sequence[Leg],
        quantity: Decimal,
        held: Decimal,
    ) -> None:
        """Plan one transfer out of what the pool is made of, in that order."""
        legs: list[Leg] = []
        missing = quantity * partner.factor
        for piece in pieces:
            units = min(missing, piece.quantity)
            legs.append(Leg(piece.position, piece.allocation, units))
            missing -= units
            if piece.allocation is None:
                self.gained[piece.position] = self.gained.get(piece.position, ZERO) - units
            else:
                drawn = self.from_allocation.get(piece.allocation, ZERO)
                self.from_allocation[piece.allocation] = drawn + units
            if not missing:
                break
        assert not missing, "no more is drawn than the pool holds"
        self.by_match[partner.match] = self.by_match.get(partner.match, ZERO) + quantity
        self.gained[partner.target] = self.gained.get(partner.target, ZERO) + quantity - held
        self.draws.append(Draw(line_no, partner, quantity, held, tuple(legs)))

    def pieces(self, partner: Partner) -> list[Leg]:
        """What the pool is made of now, in the order in which it is taken.

        Allocations first, then what is free, best position first.
        """
        pieces = []
        for position in partner.positions:
            for each in self.book.allocations_at(position, partner.partnership):
                left = each.remaining - self.from_allocation.get(each.key, ZERO)
                if left > ZERO:
                    pieces.append(Leg(position, each.key, left))
        if partner.is_all_stock:
            for position in partner.positions:
                free = self.book.positions[position].available + self.gained.get(position, ZERO)
                if free > ZERO:
                    pieces.append(Leg(position, None, free))
        return pieces


def post_transfer(book: Book, draw: Draw, organisation: Id, order: Id, act: Id) -> Transferred:
    """Move ownership: debits at the wholesaler, one credit at the retailer, under one transfer.

    The wholesaler's ledger does not name the retailer's order.
    """
    assert book.new_id is not None, "whoever transfers gives a source of ids"
    transfer, partner = book.new_id(), draw.partner
    for number, leg in enumerate(draw.legs, 1):
        if leg.allocation is not None:
            allocation = book.allocations[leg.allocation]
            book.reallocate(allocation, allocation.remaining - leg.quantity)
        version = book.post(
            book.positions[leg.position],
            "transfer_out",
            act,
            on_hand=-leg.quantity,
            allocated=ZERO if leg.allocation is None else -leg.quantity,
        )
        book.effects.legs.append(_leg_row(transfer, number, leg, version))
    version = book.post(
        book.positions[partner.target], "transfer_in", act, on_hand=draw.quantity, order=order
    )
    if draw.quantity > draw.held:
        book.left_over.add(partner.target)
    book.effects.transfers.append(
        TransferRow(
            transfer,
            partner,
            organisation,
            order,
            draw.line_no,
            version,
            draw.quantity,
            partner.week,
            None,
            act,
        )
    )
    return Transferred(transfer, draw.line_no, partner, draw.quantity, version, legs=draw.legs)


def legs_back(book: Book, reversal: Reversal) -> tuple[Leg, ...]:
    """Where the units of a reversal go: what was taken last goes back first.

    An allocation is restored only if it is still open, and to no more than was given.
    """
    transfer = reversal.transfer
    factor = transfer.partner.factor
    given_back = (transfer.taken - transfer.quantity) * factor
    missing = reversal.quantity * factor
    legs: list[Leg] = []
    for leg in reversed(transfer.legs):
        skipped = min(given_back, leg.quantity)
        given_back -= skipped
        units = min(leg.quantity - skipped, missing)
        if units <= ZERO:
            continue
        missing -= units
        allocation = None if leg.allocation is None else book.allocations.get(leg.allocation)
        restored = ZERO
        if allocation is not None and not allocation.is_closed:
            restored = min(units, allocation.quantity - allocation.remaining)
        if restored:
            legs.append(Leg(leg.position, leg.allocation, restored))
        if units > restored:
            legs.append(Leg(leg.position, None, units - restored))
    assert not missing, "no more is given back than was transferred"
    return tuple(legs)


def post_reversal(
    book: Book, reversal: Reversal, organisation: Id, order: Id, act: Id
) -> Transferred:
    """Undo a transfer, whole or in part, by an opposite one that names it."""
    assert book.new_id is not None, "whoever transfers gives a source of ids"
    undone, own_id = reversal.transfer, book.new_id()
    assert ZERO < reversal.quantity <= undone.quantity, "no more is given back than is left"
    version = book.post(
        book.positions[undone.partner.target],
        "reversal_out",
        act,
        on_hand=-reversal.quantity,
        order=order,
    )
    for number, leg in enumerate(legs_back(book, reversal), 1):
        if leg.allocation is not None:
            allocation = book.allocations[leg.allocation]
            book.reallocate(allocation, allocation.remaining + leg.quantity)
        leg_version = book.post(
            book.positions[leg.position],
            "reversal_in",
            act,
            on_hand=leg.quantity,
            allocated=ZERO if leg.allocation is None else leg.quantity,
        )
        book.effects.legs.append(_leg_row(own_id, number, leg, leg_version))
    book.effects.transfers.append(
        TransferRow(
            own_id,
            undone.partner,
            organisation,
            order,
            undone.line_no,
            version,
            reversal.quantity,
            reversal.week,
            undone.id,
            act,
        )
    )
    return Transferred(
        own_id, undone.line_no, undone.partner, reversal.quantity, version, undone.id
    )


def _leg_row(transfer: Id, number: int, leg: Leg, version: int) -> LegRow:
    """Write a leg for the table."""
    allocation = None if leg.allocation is None else leg.allocation.allocation
    owner, _, location = leg.position
    return LegRow(owner, transfer, number, location, allocation, leg.quantity, version)
