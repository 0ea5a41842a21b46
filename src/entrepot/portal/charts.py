"""Draws charts: from figures to the lines, bars and ticks of a picture, in whole hundredths.

A picture is stretched to the room it has, so nothing in it is text: labels stand around it, in the
size of all other text, and a table beside it says the same to whoever cannot see it. The macros of
`charts.html.jinja` put one on a page. Pure: figures and words in, coordinates out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot.portal.words import Words

Tone: TypeAlias = Literal["in", "held", "moved", "sold"]
"""What a series looks like: the colours that the style sheet has for stock."""

HEIGHT: Final = 1_000
"""How high a picture is, in its own units; the highest tick is at the top."""
STEP: Final = 100
"""How wide one point is, in the picture's own units."""
TICKS_MAX: Final = 5
WIDE: Final = 1_000
"""How wide a gauge is, in its own units."""
_GAP: Final = 14
"""What stays free at either side of a point's bars."""
_STEPS: Final = (1, 2, 5, 10)


class Series(msgspec.Struct, frozen=True):
    """Figures of one kind at each point, none below zero; None where there were none.

    `name` is what they are called, as shown.
    """

    name: str
    tone: Tone
    values: tuple[Decimal | None, ...]


class Bar(msgspec.Struct, frozen=True):
    """One bar: where it stands, from its upper left corner."""

    tone: Tone
    x: int
    y: int
    width: int
    height: int


class Spot(msgspec.Struct, frozen=True):
    """One point of a chart, and what it says to whoever points at it."""

    x: int
    says: str


class Line(msgspec.Struct, frozen=True):
    """One line of a step chart, as the `d` of a path."""

    tone: Tone
    path: str


class TableRow(msgspec.Struct, frozen=True):
    """One row of the table beside a chart: its point, and each series' figure as shown."""

    label: str
    figures: tuple[str, ...]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart, ready to be drawn and to be read.

    `labels` stand under it, each under as many points as the others. `ticks` stand beside it,
    highest first; `grid` are their heights.
    """

    title: str
    points_title: str
    series: tuple[Series, ...]
    width: int
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    spots: tuple[Spot, ...]
    labels: tuple[str, ...]
    ticks: tuple[str, ...]
    grid: tuple[int, ...]
    rows: tuple[TableRow, ...]
    height: int = HEIGHT
    step: int = STEP


class Part(msgspec.Struct, frozen=True):
    """One part of a gauge: what it is of, how much, and where it is drawn."""

    kind: str
    quantity: Decimal
    x: int
    width: int


class Points(msgspec.Struct, frozen=True):
    """What a chart goes over: what its points are called (days, weeks), and each one's label.

    Of `every` points only the first has its label under the chart; the table has them all.
    """

    title: str
    labels: tuple[str, ...]
    every: int = 1


def draw_steps(title: str, points: Points, series: Sequence[Series], words: Words) -> Chart:
    """Draw figures that stay as they are until they change, such as what is on hand.

    The table leaves out points at which nothing differs from the one before.
    """
    top, tick = _scale(_known(series))
    lines = [Line(each.tone, _path(each.values, top)) for each in series]
    return _chart(title, points, series, words, (top, tick), lines=tuple(lines))


def draw_bars(title: str, points: Points, series: Sequence[Series], words: Words) -> Chart:
    """Draw figures side by side for each point, such as what came in and went out in a week."""
    top, tick = _scale(_known(series))
    wide = (STEP - 2 * _GAP) // max(1, len(series))
    bars = [
        _bar(each.tone, place * STEP + _GAP + number * wide, wide, _y(value, top))
        for number, each in enumerate(series)
        for place, value in enumerate(each.values)
        if value
    ]
    return _chart(title, points, series, words, (top, tick), bars=tuple(bars))


def draw_gauge(parts: Sequence[tuple[str, Decimal]]) -> tuple[Part, ...]:
    """Draw parts of one whole beside one another; together they are as wide as the gauge."""
    whole = sum((quantity for _, quantity in parts if quantity > 0), Decimal(0))
    drawn: list[Part] = []
    reached = Decimal(0)
    for kind, quantity in parts:
        if quantity > 0:
            x = int(reached * WIDE / whole)
            reached += quantity
            drawn.append(Part(kind, quantity, x, int(reached * WIDE / whole) - x))
    return tuple(drawn)


def _chart(
    title: str,
    points: Points,
    series: Sequence[Series],
    words: Words,
    scale: tuple[Decimal, Decimal],
    *,
    lines: tuple[Line, ...] = (),
    bars: tuple[Bar, ...] = (),
) -> Chart:
    top, tick = scale
    rows = _rows(points, series, words)
    # Lines stay level where nothing happens; there a table would only repeat itself.
    told = [
        row
        for place, row in enumerate(rows)
        if not lines or not place or row.figures != rows[place - 1].figures
    ]
    known = [any(each.values[place] is not None for each in series) for place in range(len(rows))]
    ticks = [tick * number for number in range(int(top / tick), -1, -1)]
    return Chart(
        title=title,
        points_title=points.title,
        series=tuple(series),
        width=STEP * max(1, len(points.labels)),
        lines=lines,
        bars=bars,
        spots=tuple(
            [
                Spot(place * STEP, _say(row, series))
                for place, row in enumerate(rows)
                if known[place]
            ]
        ),
        labels=points.labels[:: points.every],
        ticks=tuple([words.quantity(each) for each in ticks]),
        grid=tuple([_y(each, top) for each in ticks]),
        rows=tuple(told),
    )


def _known(series: Sequence[Series]) -> list[Decimal]:
    return [value for each in series for value in each.values if value is not None]


def _scale(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The highest tick, and how far ticks are apart: 1, 2 or 5 of some power of ten."""
    highest = max([*values, Decimal(0)])
    if not highest:
        return Decimal(1), Decimal(1)
    power = Decimal(1).scaleb((highest / TICKS_MAX).adjusted())
    tick = next(step * power for step in _STEPS if step * power * TICKS_MAX >= highest)
    if all(value == value.to_integral_value() for value in values):
        tick = max(tick, Decimal(1))
    return (highest / tick).to_integral_value(ROUND_CEILING) * tick, tick


def _y(value: Decimal, top: Decimal) -> int:
    return HEIGHT - int(value * HEIGHT / top)


def _bar(tone: Tone, x: int, width: int, y: int) -> Bar:
    return Bar(tone, x, y, width, HEIGHT - y)


def _path(values: Sequence[Decimal | None], top: Decimal) -> str:
    """A line that goes level through each point, and up or down between two."""
    parts: list[str] = []
    is_drawn = False
    for place, value in enumerate(values):
        if value is not None:
            y = _y(value, top)
            parts.append(f"V{y}" if is_drawn else f"M{place * STEP} {y}")
            parts.append(f"H{(place + 1) * STEP}")
        is_drawn = value is not None
    return "".join(parts)


def _rows(points: Points, series: Sequence[Series], words: Words) -> tuple[TableRow, ...]:
    return tuple(
        [
            TableRow(label, tuple([words.quantity(each.values[place]) for each in series]))
            for place, label in enumerate(points.labels)
        ]
    )


def _say(row: TableRow, series: Sequence[Series]) -> str:
    figures = ", ".join(
        f"{each.name} {figure}" for each, figure in zip(series, row.figures, strict=True)
    )
    return f"{row.label}: {figures}"
