"""Charts: figures become lines, bars and ticks in proportion, and say the same as a table."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.portal.charts import (
    Bar,
    Line,
    Points,
    Series,
    Spot,
    TableRow,
    draw_bars,
    draw_gauge,
    draw_steps,
)
from entrepot.portal.words import NOTHING, Words

DAYS = Points("Day", ("mon", "tue", "wed"))
DUTCH = Words("nl")


def series(name: str, *values: object) -> Series:
    """Figures on hand at each point; None where there were none."""
    known = [None if each is None else Decimal(str(each)) for each in values]
    return Series(name, "in" if name == "a" else "held", tuple(known))


def test_a_step_goes_level_through_each_point_and_breaks_where_nothing_is_known() -> None:
    chart = draw_steps("t", DAYS, [series("a", None, 5, 20), series("b", 10, None, 0)], DUTCH)
    assert chart.lines == (
        Line("in", "M100 750H200V0H300"),
        Line("held", "M0 500H100M200 1000H300"),
    )
    assert (chart.ticks, chart.grid) == (
        ("20", "15", "10", "5", "0"),
        (0, 250, 500, 750, 1000),
    )
    assert chart.width == 300


def test_the_table_of_steps_leaves_out_what_stayed_as_it_was() -> None:
    chart = draw_steps("t", DAYS, [series("a", 5, 5, "6.5")], DUTCH)
    assert chart.rows == (TableRow("mon", ("5",)), TableRow("wed", ("6,5",)))
    assert chart.spots[1] == Spot(100, "tue: a 5")


def test_a_point_of_which_nothing_is_known_says_nothing() -> None:
    chart = draw_steps("t", DAYS, [series("a", None, None, 1)], DUTCH)
    assert [spot.x for spot in chart.spots] == [200]


def test_bars_stand_side_by_side_from_the_ground() -> None:
    chart = draw_bars("t", DAYS, [series("a", 5, 0, 10), series("b", None, 10, 0)], DUTCH)
    assert chart.bars == (
        Bar("in", 14, 500, 36, 500),
        Bar("in", 214, 0, 36, 1000),
        Bar("held", 150, 0, 36, 1000),
    )
    assert [row.figures for row in chart.rows] == [("5", NOTHING), ("0", "10"), ("10", "0")]


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        ("0", ("1", "0")),
        ("1", ("1", "0")),
        ("5", ("5", "4", "3", "2", "1", "0")),
        ("6", ("6", "4", "2", "0")),
        ("0.003", ("0,003", "0,002", "0,001", "0")),
        ("12345", ("15.000", "10.000", "5.000", "0")),
    ],
)
def test_ticks_are_round_and_few(highest: str, ticks: tuple[str, ...]) -> None:
    chart = draw_bars("t", Points("Day", ("mon",)), [series("a", highest)], DUTCH)
    assert chart.ticks == ticks


def test_labels_stand_under_every_so_many_points() -> None:
    points = Points("Day", tuple("abcdefg"), every=3)
    assert draw_bars("t", points, [series("a", *range(7))], DUTCH).labels == ("a", "d", "g")


def test_parts_of_a_gauge_fill_it_whole() -> None:
    """Nothing overlaps, nothing is left out for rounding, and what is not there is not drawn."""
    drawn = draw_gauge([("held", Decimal(1)), ("in", Decimal(0)), ("lack", Decimal(2))])
    assert [(part.kind, part.x, part.width) for part in drawn] == [
        ("held", 0, 333),
        ("lack", 333, 667),
    ]
    assert draw_gauge([("held", Decimal(0)), ("in", Decimal(-1))]) == ()
