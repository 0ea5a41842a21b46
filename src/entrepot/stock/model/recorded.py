"""A recorded history: what callers asked of stock, when, and what they were told.

The shapes here are the lines of a history file (`docs/guides/check-history.md`). Sendings of one
act under one key are gathered to a single write, since they may have only one effect.
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel.quantity import ZERO

Kind: TypeAlias = Literal[
    "hold", "release", "expire", "ship", "receive", "return", "adjust", "count", "read"
]
INSUFFICIENT: Final = "stock.insufficient_available"
NEVER: Final = math.inf
ALWAYS: Final = -math.inf


class Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One position in an operation: what was asked there, and what was answered of it."""

    position: str
    quantity: Decimal | None = None
    version: int | None = None
    on_hand: Decimal | None = None
    held: Decimal | None = None
    allocated: Decimal | None = None
    available: Decimal | None = None


class Operation(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="record",
    tag="operation",
):
    """One request and its answer; `completed` is None when no answer came.

    `order` and `key` are any names, used alike in all lines; `code` says why it was refused.
    """

    client: str
    invoked: float
    completed: float | None
    kind: Kind
    outcome: Literal["ok", "refused", "unknown"]
    parts: tuple[Part, ...]
    order: str | None = None
    key: str | None = None
    code: str | None = None

    @property
    def ended(self) -> float:
        """When its answer was there; never, when none came."""
        return NEVER if self.completed is None else self.completed


class Opening(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="record", tag="opening"
):
    """What a position had before the first operation; without one, nothing at version 0."""

    position: str
    version: int = 0
    on_hand: Decimal = ZERO
    held: Decimal = ZERO
    allocated: Decimal = ZERO


class Row(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="record", tag="ledger"
):
    """A ledger row as it was read at the end: the truth that settles what answers left open."""

    position: str
    version: int
    kind: str
    on_hand_change: Decimal
    held_change: Decimal
    allocated_change: Decimal
    on_hand: Decimal
    held: Decimal
    allocated: Decimal
    act: str
    order: str | None = None

    @property
    def quantity(self) -> Decimal:
        """The units that its kind moves, counted as the operation's `quantity` is."""
        if self.kind == "count":
            return self.on_hand
        if self.kind == "hold":
            return self.held_change
        if self.kind in {"release", "expire", "ship"}:
            return -self.held_change
        return self.on_hand_change


Record: TypeAlias = Operation | Opening | Row


class Told(NamedTuple):
    """An operation and the number of its line, by which breaches name it."""

    line: int
    operation: Operation


class History(msgspec.Struct):
    """Everything that was recorded; `rows` is None when the ledger was not read."""

    operations: list[Told]
    openings: dict[str, Opening]
    rows: list[Row] | None = None

    def add(self, line: int, record: Record) -> None:
        """Add the record of a line."""
        if isinstance(record, Operation):
            self.operations.append(Told(line, record))
        elif isinstance(record, Opening):
            self.openings[record.position] = record
        else:
            if self.rows is None:
                self.rows = []
            self.rows.append(record)


class BreachKind(str, Enum):  # noqa: UP042 - StrEnum would change nothing but the text of members
    """What can be wrong with a history."""

    VERSION_MISSING = "version_missing"
    VERSION_TWICE = "version_twice"
    FIGURES_DIFFER = "figures_differ"
    OVERSOLD = "oversold"
    OUT_OF_ORDER = "out_of_order"
    STALE_READ = "stale_read"
    EARLY_READ = "early_read"
    REFUSED_IN_VAIN = "refused_in_vain"
    RETRY_DIFFERS = "retry_differs"
    LOST = "lost"
    UNASKED = "unasked"
    TORN = "torn"


class Breach(msgspec.Struct, frozen=True):
    """One thing that a sound ledger never does; `lines` are those of the operations involved."""

    kind: BreachKind
    position: str | None
    sentence: str
    lines: tuple[int, ...] = ()


class Write:
    """One act, however often it was sent: when it can have happened, and what it was to do."""

    __slots__ = ("completed", "invoked", "is_known", "kind", "lines", "order", "parts", "points")

    def __init__(self, sendings: Sequence[Told]) -> None:
        """Gather the sendings that were not refused; the earliest answer speaks for all."""
        answered = [each for each in sendings if each.operation.outcome == "ok"]
        spoken = min(answered or sendings, key=lambda each: each.operation.ended).operation
        self.kind = spoken.kind
        self.order = spoken.order
        self.parts = spoken.parts
        self.lines = tuple(each.line for each in sendings)
        self.is_known = bool(answered)
        self.invoked = min(each.operation.invoked for each in sendings)
        self.completed = spoken.ended if answered else NEVER
        self.points: list[tuple[str, int, Part | None]] = []
        """The versions it made: position, version, and the part that was answered of it."""

    @property
    def is_numbered(self) -> bool:
        """Whether its answer said which version every part of it made."""
        return self.is_known and all(part.version is not None for part in self.parts)

    def units(self) -> frozenset[tuple[str, Decimal]]:
        """What it moves in all at each position."""
        return sum_units((part.position, part.quantity or ZERO) for part in self.parts)


def sum_units(moved: Iterable[tuple[str, Decimal]]) -> frozenset[tuple[str, Decimal]]:
    """Sum units by position."""
    sums: dict[str, Decimal] = {}
    for position, quantity in moved:
        sums[position] = sums.get(position, ZERO) + quantity
    return frozenset(sums.items())


def gather_writes(operations: Iterable[Told], breaches: list[Breach]) -> list[Write]:
    """Make one write of all sendings under a key; their answers must be the same."""
    sendings: dict[object, list[Told]] = {}
    for told in operations:
        each = told.operation
        if each.kind != "read":
            name: object = told.line if each.key is None else (each.kind, each.key)
            sendings.setdefault(name, []).append(told)
    writes = []
    for group in sendings.values():
        if len(group) > 1:
            breaches += _compare_answers(group)
        effective = [each for each in group if each.operation.outcome != "refused"]
        if effective:
            writes.append(Write(effective))
    return writes


def _compare_answers(group: Sequence[Told]) -> Iterable[Breach]:
    """Find sendings that were answered otherwise than the first, or refused after it."""
    answered = [each for each in group if each.operation.outcome == "ok"]
    if not answered:
        return
    first = min(answered, key=lambda each: each.operation.ended)
    for each in group:
        one, other = first.operation, each.operation
        if other.outcome == "ok" and (one.order, one.parts) != (other.order, other.parts):
            says = "is answered otherwise"
        elif other.outcome == "refused" and other.invoked > one.ended:
            says = "is refused"
        else:
            continue
        sentence = f"Key {one.key} was accepted in line {first.line}, but line {each.line} {says}."
        yield Breach(BreachKind.RETRY_DIFFERS, None, sentence, (first.line, each.line))
