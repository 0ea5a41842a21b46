"""What it affects that a variant ceased to be active, so that nobody is surprised by it.

Deactivating is allowed, with a warning (fulfilment reference, E14): what holds the variant still
ships, what was matched counts no more, what was allocated is closed.
"""

from typing import Final, NamedTuple

import msgspec

AFFECTED_MAX: Final = 1_000
"""How many of each kind are looked at, of orders so many lines or holds."""

_WORDS: Final = (
    ("product match that counts no more", "product matches that count no more"),
    ("open allocation, which is closed", "open allocations, which are closed"),
    ("order that waits for it", "orders that wait for it"),
    ("order that holds it and still ships", "orders that hold it and still ship"),
)


class AffectedRow(NamedTuple):
    """What a variant's withdrawal affects, and the most that was looked at of one kind."""

    matches: int
    allocations: int
    waiting_orders: int
    holding_orders: int
    looked_at: int


class Affected(msgspec.Struct, frozen=True):
    """What a variant's withdrawal affects; `counted_all` False: there is more than was counted.

    Product matches that count no more, on either side; open allocations of it, which are closed,
    and both sides are told; orders that wait for it, which no partner serves now; orders that hold
    it, which still ship.
    """

    matches: int
    allocations: int
    waiting_orders: int
    holding_orders: int
    counted_all: bool
    says: str

    @property
    def is_anything(self) -> bool:
        """Whether anything else is affected at all."""
        return bool(self.matches or self.allocations or self.waiting_orders or self.holding_orders)


def show_affected(row: AffectedRow) -> Affected:
    """Say what is affected, in numbers and in a sentence."""
    counts = row[:4]
    counted_all = row.looked_at <= AFFECTED_MAX
    named = [
        f"1 {one}" if count == 1 else f"{count} {several}"
        for count, (one, several) in zip(counts, _WORDS, strict=True)
        if count
    ]
    says = f"This affects {'; '.join(named)}." if named else "Nothing else is affected."
    if not counted_all:
        says += " There is more than was counted."
    return Affected(*counts, counted_all, says)
