"""The book of a batch: the running figures of every locked position, and the effects so far.

Each change of a position raises its version by one and appends the ledger row that carries that
version, so that n changes in a batch raise it by n and a gap in the ledger would show.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from entrepot.kernel.demand import AllocationKey, PositionAfter, PositionKey
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.quantity import ZERO
from entrepot.stock.model.effects import Effects, LedgerRow

UNBOUNDED: Final = Decimal("Infinity")
HoldTerms: TypeAlias = tuple[Id | None, int | None, datetime | None]
"""For whom a hold is: organisation, line number, and until when."""
NO_TERMS: Final[HoldTerms] = (None, None, None)


class Figures:
    """The running figures of one locked position."""

    __slots__ = (
        "allocated",
        "held",
        "key",
        "on_hand",
        "unlimited",
        "version",
        "version_before",
    )

    def __init__(
        self,
        key: PositionKey,
        on_hand: Decimal,
        held: Decimal,
        allocated: Decimal,
        version: int,
        *,
        unlimited: bool = False,
    ) -> None:
        """Start from what the locking statement returned."""
        self.key = key
        self.on_hand = on_hand
        self.held = held
        self.allocated = allocated
        self.version = version
        self.version_before = version
        self.unlimited = unlimited

    @property
    def available(self) -> Decimal:
        """On hand, minus held, minus allocated; never below zero; infinite when unlimited."""
        if self.unlimited:
            return UNBOUNDED
        available = self.on_hand - self.held - self.allocated
        return available if available > ZERO else ZERO

    def after(self) -> PositionAfter:
        """Freeze the figures as they are now."""
        return PositionAfter(
            self.key, self.on_hand, self.held, self.allocated, self.version, self.unlimited
        )


class Allocated:
    """The running figures of one open allocation at a locked position."""

    __slots__ = ("is_closed", "key", "made_at", "partnership", "position", "quantity", "remaining")

    def __init__(
        self,
        key: AllocationKey,
        partnership: Id,
        position: PositionKey,
        quantity: Decimal,
        remaining: Decimal,
        made_at: datetime,
    ) -> None:
        """Start from what was read under the lock of its position."""
        self.key = key
        self.partnership = partnership
        self.position = position
        self.quantity = quantity
        self.remaining = remaining
        self.made_at = made_at
        self.is_closed = False


class Book:
    """Figures by position, and the effects of what has been decided so far.

    `allocations` are the open ones at the locked positions, those that changed in `reallocated`.
    `left_over` are the positions to which more came from partners than the order that drew wanted.
    """

    __slots__ = (
        "_by_position",
        "allocations",
        "effects",
        "hold_numbers",
        "left_over",
        "new_id",
        "positions",
        "reallocated",
    )

    def __init__(
        self,
        positions: Iterable[Figures],
        hold_numbers: Mapping[Id, int] | None = None,
        allocations: Iterable[Allocated] = (),
        new_id: IdSource | None = None,
    ) -> None:
        """Open a book over locked positions; known orders say the number of their next hold.

        Whoever transfers gives a source of ids.
        """
        self.positions: dict[PositionKey, Figures] = {each.key: each for each in positions}
        self.hold_numbers: dict[Id, int] = dict(hold_numbers or {})
        self.allocations: dict[AllocationKey, Allocated] = {each.key: each for each in allocations}
        self.reallocated: dict[AllocationKey, Allocated] = {}
        self.left_over: set[PositionKey] = set()
        self.new_id = new_id
        self.effects = Effects()
        self._by_position: dict[tuple[PositionKey, Id], list[Allocated]] = {}
        for each in self.allocations.values():
            self._by_position.setdefault((each.position, each.partnership), []).append(each)
        for some in self._by_position.values():
            some.sort(key=lambda each: (each.made_at, each.key))

    def allocations_at(self, position: PositionKey, partnership: Id) -> Sequence[Allocated]:
        """The open allocations of a partnership at a position, oldest first."""
        found = self._by_position.get((position, partnership), ())
        return [each for each in found if not each.is_closed]

    def reallocate(self, allocation: Allocated, remaining: Decimal) -> None:
        """Change what is left of an allocation; the position's figures are posted apart."""
        assert not allocation.is_closed, "an allocation ends once"
        assert ZERO <= remaining <= allocation.quantity, "no more is left than was given"
        allocation.remaining = remaining
        self.reallocated[allocation.key] = allocation

    def shrink(self, allocation: Allocated, quantity: Decimal) -> None:
        """Take back part of what was given and is left, so that what was used of it stays."""
        allocation.quantity -= quantity
        self.reallocate(allocation, allocation.remaining - quantity)

    def close(self, allocation: Allocated) -> None:
        """End an allocation at what was used of it; nothing comes back to it."""
        self.shrink(allocation, allocation.remaining)
        allocation.is_closed = True

    def number_hold(self, order: Id) -> int:
        """Take the next hold number of an order; a new order starts at 1."""
        number = self.hold_numbers.get(order, 1)
        self.hold_numbers[order] = number + 1
        return number

    def changed(self) -> list[Figures]:
        """The positions whose version rose, in locking order."""
        return sorted(
            (each for each in self.positions.values() if each.version != each.version_before),
            key=lambda each: each.key,
        )

    def post(  # noqa: PLR0913 - a ledger row has these parts
        self,
        figures: Figures,
        kind: str,
        act: Id,
        *,
        on_hand: Decimal = ZERO,
        held: Decimal = ZERO,
        allocated: Decimal = ZERO,
        order: Id | None = None,
        hold_no: int | None = None,
        hold: HoldTerms = NO_TERMS,
    ) -> int:
        """Change a position and append its ledger row; return the version that this made.

        An unlimited position keeps no figures: its ledger row still says what changed.
        """
        figures.version += 1
        if not figures.unlimited:
            figures.on_hand += on_hand
            figures.held += held
            figures.allocated += allocated
            after = figures.on_hand - figures.held - figures.allocated
            assert after >= ZERO, f"{kind} would promise more than is on hand at {figures.key}"
            assert figures.held >= ZERO, f"{kind} would end more than is held at {figures.key}"
            assert figures.allocated >= ZERO, f"{kind} would use more than is allocated"
        self.effects.ledger.append(
            LedgerRow(
                figures.key,
                figures.version,
                kind,
                on_hand,
                held,
                allocated,
                figures.on_hand,
                figures.held,
                figures.allocated,
                order,
                hold_no,
                act,
                *hold,
            )
        )
        return figures.version
