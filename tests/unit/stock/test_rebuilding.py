"""Figures are derived where ledger, holds and allocations tell one story, and nowhere else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.kernel.demand import PositionKey
from entrepot.stock.model import Figures
from entrepot.stock.model.rebuilding import Sources, answer_figures, rebuild

KEY = PositionKey("a" * 32, "b" * 32, "c" * 32)
SOURCES = Sources(
    key=KEY,
    unlimited=False,
    entries=3,
    first_version=1,
    last_version=3,
    on_hand=Decimal(10),
    held=Decimal(4),
    allocated=Decimal(2),
    last_on_hand=Decimal(10),
    last_held=Decimal(4),
    last_allocated=Decimal(2),
    live_holds=Decimal(4),
    open_allocations=Decimal(2),
)


def figures(on_hand: int, held: int, allocated: int, version: int, **more: bool) -> Figures:
    return Figures(KEY, Decimal(on_hand), Decimal(held), Decimal(allocated), version, **more)


def sources(**changes: Any) -> Sources:  # noqa: ANN401 - whatever a test changes
    return msgspec.structs.replace(SOURCES, **changes)


@pytest.mark.parametrize(
    "wrong",
    [
        figures(11, 4, 2, 3),
        figures(10, 3, 2, 3),
        figures(10, 4, 0, 3),
        figures(10, 4, 2, 1),
        figures(0, 0, 0, 0),
        None,
    ],
)
def test_wrong_figures_are_derived(wrong: Figures | None) -> None:
    due = rebuild(wrong, SOURCES)
    assert due is not None
    assert answer_figures(due) == answer_figures(figures(10, 4, 2, 3))


def test_right_figures_stay() -> None:
    assert rebuild(figures(10, 4, 2, 3), SOURCES) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"entries": 2},
        {"first_version": 2},
        {"last_version": 4},
        {"last_on_hand": Decimal(11)},
        {"last_held": Decimal(5)},
        {"last_allocated": Decimal(0)},
        {"live_holds": Decimal(3)},
        {"open_allocations": Decimal(1)},
        {"on_hand": Decimal(5), "last_on_hand": Decimal(5)},
        {"held": Decimal(-1), "last_held": Decimal(-1), "live_holds": Decimal(-1)},
        {"allocated": Decimal(-1), "last_allocated": Decimal(-1), "open_allocations": Decimal(-1)},
    ],
)
def test_sources_that_differ_derive_nothing(changes: dict[str, Any]) -> None:
    assert rebuild(figures(0, 0, 0, 0), sources(**changes)) is None


def test_a_version_above_the_ledger_says_that_rows_are_missing() -> None:
    assert rebuild(figures(11, 4, 2, 4), SOURCES) is None


def test_an_unlimited_position_keeps_its_figures() -> None:
    counted = figures(0, 0, 0, 1, unlimited=True)
    due = rebuild(counted, sources(last_on_hand=Decimal(0)))
    assert due is not None
    assert answer_figures(due) == answer_figures(figures(0, 0, 0, 3))
    assert due.unlimited


def test_an_empty_position_has_nothing_to_derive() -> None:
    nothing = {name: Decimal(0) for name in ("on_hand", "held", "allocated")}
    empty = sources(
        entries=0,
        first_version=0,
        last_version=0,
        live_holds=Decimal(0),
        open_allocations=Decimal(0),
        **nothing,
        **{f"last_{name}": value for name, value in nothing.items()},
    )
    assert rebuild(figures(0, 0, 0, 0), empty) is None
    due = rebuild(figures(5, 0, 0, 0), empty)
    assert due is not None
    assert due.on_hand == 0
