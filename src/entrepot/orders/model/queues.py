"""Who stands around an order in the queues for what it misses. Pure."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text

RIVALS_MAX: Final = 10
"""Orders shown right before and right behind another in a queue."""


class RivalRow(NamedTuple):
    """One line that stands near an order's in the queue for a variant."""

    variant: Id
    order_id: Id
    is_own: bool
    reference: str | None
    priority: int | None
    placed_at: datetime | None
    missing: Decimal
    is_before: bool
    is_short: bool
    first_place: str | None


class Rival(msgspec.Struct, frozen=True):
    """An order near another in the queue for a variant; another company's has no name."""

    order: str | None
    reference: str | None
    priority: int | None
    placed_at: datetime | None
    missing: str
    is_before: bool
    is_short: bool


class Queue(msgspec.Struct, frozen=True):
    """Who stands around an order in the queue for a variant, in the order of the queue.

    `priority_to_be_first` would put it before all that merely wait; None where no priority does.
    """

    variant: str
    rivals: tuple[Rival, ...]
    priority_to_be_first: int | None


def show_queues(rows: Sequence[RivalRow], priority_max: int) -> tuple[Queue, ...]:
    """Show who stands around an order in each queue that it stands in."""
    by_variant: dict[Id, list[RivalRow]] = {}
    for row in rows:
        by_variant.setdefault(row.variant, []).append(row)
    return tuple(
        [
            Queue(
                ids.VARIANT + variant,
                tuple([_rival(row) for row in found]),
                _first_priority(found[0].first_place, priority_max),
            )
            for variant, found in by_variant.items()
        ]
    )


def _rival(row: RivalRow) -> Rival:
    return Rival(
        ids.ORDER + row.order_id if row.is_own else None,
        row.reference,
        row.priority,
        row.placed_at,
        quantity_text(row.missing),
        row.is_before,
        row.is_short,
    )


def _first_priority(place: str | None, priority_max: int) -> int | None:
    """The least priority that comes before the first that merely waits; a place begins with it."""
    if place is None:
        return None
    first = priority_max - int(place[1:3])
    return first + 1 if first < priority_max else None
