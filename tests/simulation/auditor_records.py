"""What the auditor writes down: slips, lines, orders, and what partners agreed and passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
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

    @property
    def may_draw(self) -> bool:
        """Only what is paid takes from partners, and a session order never does."""
        return self.payment == "paid" and self.kind != "session"

    @property
    def goes_in_parts(self) -> bool:
        """Whether what partners cannot bring keeps the rest from going."""
        return self.splits or self.policy in {"line_by_line", "no_backorder"}


@dataclass(eq=False)
class Agreement:
    """What a wholesaler and a retailer agreed."""

    wholesaler: str
    retailer: str
    shares_all: bool
    in_same_week: str
    later: str
    closed_week: date
    state: str = "active"


@dataclass(eq=False)
class Match:
    """Two variants that are the same goods; `each` of theirs make one of ours."""

    agreement: Agreement
    theirs: str
    ours: str
    rank: int
    each: int
    smallest: Decimal
    kept_back: Decimal
    at_most: Decimal | None
    age: int = field(default_factory=lambda: next(_ages))


@dataclass(eq=False)
class Reserve:
    """Units on a wholesaler's shelf that only one partner may have."""

    agreement: Agreement
    shelf: Shelf
    given: Decimal
    left: Decimal
    until: datetime | None
    closed: bool = False
    age: int = field(default_factory=lambda: next(_ages))


Part = tuple[Shelf, "Reserve | None", Decimal]
"""Where at the wholesaler, out of whose reserve, how many of its units."""


@dataclass(eq=False)
class Passing:
    """Units that changed owner for an order line, in the retailer's units; or went back."""

    match: Match
    order: str
    line: int
    shelf: Shelf
    units: Decimal
    week: date
    parts: list[Part]
    undoes: Passing | None = None
    back: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return self.units - self.back


class Refused(Exception):
    """The act is refused, with this code."""
