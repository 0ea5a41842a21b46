"""What partners have between them in a world without a database: agreements, matches, transfers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import msgspec

from entrepot import stock
from entrepot.kernel.demand import AllocationKey, Leg, LiveTransfer, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model import MatchFacts, PartnershipFacts
from entrepot.stock.model.effects import LegRow, TransferRow

Goods = tuple[Id, Id]
"""An owner and a variant of theirs."""

ZONE = "Europe/Amsterdam"


@dataclass
class PurePartnership:
    """A partnership as the world keeps it."""

    wholesaler: Id
    terms: PartnershipFacts
    is_all_stock: bool

    def change(self, **terms: object) -> None:
        """Change some of the terms."""
        self.terms = msgspec.structs.replace(self.terms, **terms)


@dataclass
class PurePartners:
    """All partnerships of a world, and what came of them."""

    partnerships: dict[Id, PurePartnership] = field(default_factory=dict)
    matches: dict[Id, MatchFacts] = field(default_factory=dict)
    allocations: dict[AllocationKey, stock.Allocated] = field(default_factory=dict)
    valid_until: dict[AllocationKey, datetime] = field(default_factory=dict)
    transfers: list[TransferRow] = field(default_factory=list)
    legs: dict[Id, list[LegRow]] = field(default_factory=dict)

    def add(
        self,
        ident: Id,
        wholesaler: Id,
        retailer: Id,
        closed_through: date,
        *,
        is_all_stock: bool = True,
        on_cancel: tuple[str, str] = ("reverse", "keep"),
    ) -> None:
        """Two organisations become partners."""
        terms = PartnershipFacts(retailer, "active", ZONE, closed_through, *on_cancel)
        self.partnerships[ident] = PurePartnership(wholesaler, terms, is_all_stock)

    def active(self) -> list[MatchFacts]:
        """The matches that count, each with the sharing policy of now."""
        return [
            match._replace(is_all_stock=self.partnerships[match.partnership].is_all_stock)
            for match in self.matches.values()
            if self.partnerships[match.partnership].terms.state == "active"
        ]

    def wholesale_of(self, goods: Collection[Goods]) -> set[Goods]:
        """What may be drawn on for goods."""
        return {
            (match.wholesaler, match.wholesaler_variant)
            for match in self.active()
            if (match.retailer, match.variant) in goods
        }

    def retail_of(self, goods: Collection[Goods]) -> set[Goods]:
        """For whom goods may be drawn on."""
        return {
            (match.retailer, match.variant)
            for match in self.active()
            if (match.wholesaler, match.wholesaler_variant) in goods
        }

    def wholesale_for(self, orders: Collection[Id]) -> set[Goods]:
        """What came from partners for orders, as they call it."""
        return {each.partner.positions[0][:2] for each in self.transfers if each.order in orders}

    def past(self, now: datetime) -> list[AllocationKey]:
        """Open allocations whose validity has passed."""
        return [
            key
            for key, until in self.valid_until.items()
            if until <= now and not self.allocations[key].is_closed
        ]

    def open_at(self, locked: Collection[Goods]) -> list[stock.Allocated]:
        """Copies of the open allocations of goods."""
        return [
            copy_of(each)
            for each in self.allocations.values()
            if not each.is_closed and each.position[:2] in locked
        ]

    def live_transfers(self, order: Id) -> list[LiveTransfer]:
        """What came from partners for an order and did not go back, oldest first."""
        live = []
        for row in self.transfers:
            if row.order != order or row.reverses is not None:
                continue
            back = sum((each.quantity for each in self.transfers if each.reverses == row.id), ZERO)
            if row.quantity > back:
                legs = tuple(leg_of(each, row.partner.positions[0]) for each in self.legs[row.id])
                left = row.quantity - back
                live.append(
                    LiveTransfer(row.id, row.partner, row.line_no, left, row.quantity, legs)
                )
        return live

    def keep(self, book: stock.Book) -> None:
        """Keep what a batch wrote."""
        self.transfers += book.effects.transfers
        for leg in book.effects.legs:
            self.legs.setdefault(leg.transfer, []).append(leg)
        for key, each in book.reallocated.items():
            assert not self.allocations[key].is_closed, "an allocation ends once"
            self.allocations[key] = copy_of(each)


def copy_of(each: stock.Allocated) -> stock.Allocated:
    """An allocation of one's own to change."""
    copied = stock.Allocated(
        each.key, each.partnership, each.position, each.quantity, each.remaining, each.made_at
    )
    copied.is_closed = each.is_closed
    return copied


def leg_of(row: LegRow, place: PositionKey) -> Leg:
    """A leg as it is read again."""
    allocation = None if row.allocation is None else AllocationKey(row.owner, row.allocation)
    return Leg(PositionKey(row.owner, place.variant, row.location), allocation, row.quantity)


def decimal(quantity: object) -> Decimal:
    """A quantity said in any way."""
    return Decimal(str(quantity))
