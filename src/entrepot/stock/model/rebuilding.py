"""Derive a position's figures again from what they are a cache of: its ledger, holds, allocations.

Only where these tell one story: a ledger without gaps, whose last row says what its changes add up
to, and live holds and open allocations that add up to the same. Anything else is lost, and no
cache; a person must decide then.
"""

from decimal import Decimal

import msgspec

from entrepot.kernel.demand import PositionKey
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.stock.model.book import Figures


class Sources(msgspec.Struct, frozen=True):
    """What the ledger, the holds and the allocations say of one position."""

    key: PositionKey
    unlimited: bool
    """What its variant says, for a position that is gone."""
    entries: int
    first_version: int
    last_version: int
    on_hand: Decimal
    """Sums of the ledger's changes, from here on."""
    held: Decimal
    allocated: Decimal
    last_on_hand: Decimal
    """The figures of the last ledger row, from here on."""
    last_held: Decimal
    last_allocated: Decimal
    live_holds: Decimal
    open_allocations: Decimal


class FiguresAnswer(msgspec.Struct, frozen=True):
    """A position's figures as the audit keeps them."""

    on_hand: str
    held: str
    allocated: str
    version: int


class FiguresRepaired(msgspec.Struct, frozen=True):
    """A position whose figures were rebuilt; `before` is None when it was gone."""

    variant: str
    location: str
    before: FiguresAnswer | None
    after: FiguresAnswer


def rebuild(figures: Figures | None, sources: Sources) -> Figures | None:
    """The figures that a position must have; None when nothing differs or nothing can be derived.

    A version is only ever raised to that of the last row: one that is above it says that rows are
    missing.
    """
    if figures is None:
        figures = Figures(sources.key, ZERO, ZERO, ZERO, 0, unlimited=sources.unlimited)
    if figures.version > sources.last_version or not _is_whole(sources):
        return None
    due = Figures(
        figures.key,
        figures.on_hand if figures.unlimited else sources.on_hand,
        figures.held if figures.unlimited else sources.held,
        figures.allocated if figures.unlimited else sources.allocated,
        sources.last_version,
        unlimited=figures.unlimited,
    )
    if not (due.unlimited or _tell_one_story(sources)):
        return None
    return None if answer_figures(due) == answer_figures(figures) else due


def answer_figures(figures: Figures) -> FiguresAnswer:
    """Write figures for the audit."""
    return FiguresAnswer(
        quantity_text(figures.on_hand),
        quantity_text(figures.held),
        quantity_text(figures.allocated),
        figures.version,
    )


def _is_whole(sources: Sources) -> bool:
    """Whether the versions of the ledger's rows run from 1 on without a gap."""
    return sources.entries == sources.last_version and sources.first_version == min(
        1, sources.entries
    )


def _tell_one_story(sources: Sources) -> bool:
    """Whether ledger, holds and allocations agree on a position, and on one that may be."""
    sums = (sources.on_hand, sources.held, sources.allocated)
    return (
        sums == (sources.last_on_hand, sources.last_held, sources.last_allocated)
        and sources.held == sources.live_holds
        and sources.allocated == sources.open_allocations
        and sources.held >= ZERO
        and sources.allocated >= ZERO
        and sources.on_hand >= sources.held + sources.allocated
    )
