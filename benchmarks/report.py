"""Tells what was measured: tables for a reader, one line of JSON for the results file."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.cells import BARS, CELLS, Bar
from benchmarks.consignment import PROMISES, Promise
from benchmarks.dfc import DFC_PROMISES
from benchmarks.marketplace import MARKETPLACE_PROMISES
from benchmarks.measure import Figures
from benchmarks.rows import Written

PACKAGES: Final = ("asyncpg", "httptools", "litestar", "msgspec", "uvicorn", "uvloop")
Rounds = Mapping[str, Sequence[Figures]]
"""The figures of every round, by cell."""


class Spread(msgspec.Struct, frozen=True):
    """A figure over the rounds."""

    median: float
    least: float
    most: float


class Ratio(msgspec.Struct, frozen=True):
    """What became of a promise: the ratio of each round, and whether the median meets the bar."""

    bar: Bar
    spread: Spread

    @property
    def is_met(self) -> bool:
        return self.bar.is_met(self.spread.median)


class Kept(msgspec.Struct, frozen=True):
    """What became of a promise about consignment: its figure over the rounds."""

    promise: Promise
    spread: Spread

    @property
    def word(self) -> str:
        """Whether the median is within the bound, where there is one."""
        if self.promise.bound is None:
            return ""
        return "met" if self.spread.median <= self.promise.bound else "MISSED"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one run, as it goes to the results file."""

    at: str
    machine: dict[str, str]
    versions: dict[str, str]
    seconds: float
    rounds: int
    rows: dict[str, Written]
    cells: dict[str, list[Figures]]
    ratios: list[Ratio]
    consignment: list[Kept] = []


def spread_of(values: Sequence[float]) -> Spread:
    """The median of some values, and the least and the most of them."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios_of(rounds: Rounds) -> list[Ratio]:
    """Form each promised ratio within each round, against the best of its floor's cells there."""
    found = []
    for bar in BARS:
        floors = [rounds[name] for name in bar.floor if rounds.get(name)]
        ours = rounds.get(bar.cell, ())
        if not floors or not ours:
            continue
        read = _reader(bar)
        best = max if bar.figure == "rate" else min
        values = [
            read(each) / best(read(floor) for floor in beside)
            for each, *beside in zip(ours, *floors, strict=True)
        ]
        found.append(Ratio(bar, spread_of(values)))
    return found


def promises_of(found: Mapping[str, Sequence[float]]) -> list[Kept]:
    """Hold the figures of each promise about consignment and the other doors together."""
    promises = {**PROMISES, **DFC_PROMISES, **MARKETPLACE_PROMISES}
    return [Kept(promises[name], spread_of(figures)) for name, figures in found.items() if figures]


def _reader(bar: Bar) -> Callable[[Figures], float]:
    readers: dict[str, Callable[[Figures], float]] = {
        "rate": lambda figures: figures.rate,
        "cpu": lambda figures: figures.cpu_ms,
        "application": lambda figures: figures.application_ms,
        "postgres": lambda figures: figures.postgres_ms,
    }
    return readers[bar.figure]


def machine() -> dict[str, str]:
    """What this ran on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": model,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_gib": f"{memory:.0f}",
        "system": f"{platform.system()} {platform.release()}",
    }


def versions(postgres: str) -> dict[str, str]:
    """The versions of what matters for speed."""
    return {
        "entrepot": version("entrepot"),
        "python": platform.python_version(),
        "postgresql": postgres,
        **{name: version(name) for name in PACKAGES},
    }


ROW_HEADS: Final = ("one order writes", "rows", "updates", "index entries", "log bytes")
CELL_HEADS: Final = (
    "cell",
    "orders/s",
    "p50 ms",
    "p99 ms",
    "CPU application",
    "CPU PostgreSQL",
    "sum",
    "client",
)
RATIO_HEADS: Final = ("promise", "against", "bar", "ratio", "range", "")


def row_rows(rows: Mapping[str, Written]) -> list[tuple[str, ...]]:
    """What one order writes on each side."""
    return [
        (
            title,
            " + ".join(f"{count:g} {table}" for table, count in written.inserted.items()),
            " + ".join(f"{count:g} {table}" for table, count in written.updated.items()),
            f"{written.index_entries:g}",
            f"{written.log_bytes:.0f}",
        )
        for title, written in rows.items()
    ]


def cell_rows(rounds: Rounds) -> list[tuple[str, ...]]:
    """The figures of each cell: medians, and the range of rate and CPU."""
    rows: list[tuple[str, ...]] = []
    for name, figures in rounds.items():
        rate = spread_of([each.rate for each in figures])
        cpu = spread_of([each.cpu_ms for each in figures])
        client = statistics.median(each.client_ms for each in figures)
        rows.append(
            (
                CELLS[name].title,
                f"{rate.median:,.0f} ({rate.least:,.0f}-{rate.most:,.0f})",
                f"{statistics.median(each.p50_ms for each in figures):.1f}",
                f"{statistics.median(each.p99_ms for each in figures):.1f}",
                f"{statistics.median(each.application_ms for each in figures):.3f}",
                f"{statistics.median(each.postgres_ms for each in figures):.3f}",
                f"{cpu.median:.3f} ({cpu.least:.3f}-{cpu.most:.3f})",
                f"{client:.3f}" if client else "",
            )
        )
    return rows


def ratio_rows(ratios: Sequence[Ratio]) -> list[tuple[str, ...]]:
    """Each promise, what came of it, and whether it is kept."""
    return [
        (
            f"{CELLS[ratio.bar.cell].title}: {ratio.bar.title}",
            ratio.bar.floor_title,
            f"{'>=' if ratio.bar.figure == 'rate' else '<='} {ratio.bar.bound:g}",
            f"{ratio.spread.median:.2f}",
            f"{ratio.spread.least:.2f}-{ratio.spread.most:.2f}",
            "met" if ratio.is_met else "MISSED",
        )
        for ratio in ratios
    ]


def promise_rows(kept: Sequence[Kept]) -> list[tuple[str, ...]]:
    """Each promise about consignment, what came of it, and whether it is kept."""
    return [
        (
            each.promise.title,
            each.promise.against,
            "" if each.promise.bound is None else f"<= {each.promise.bound:g}",
            f"{each.spread.median:.2f}",
            f"{each.spread.least:.2f}-{each.spread.most:.2f}",
            each.word,
        )
        for each in kept
    ]


def print_tables(result: Result) -> None:
    """Print everything for a reader."""
    console = Console(width=None if os.isatty(1) else 160)
    print_table(console, ROW_HEADS, row_rows(result.rows))
    print_table(console, CELL_HEADS, cell_rows(result.cells))
    ratios = [*ratio_rows(result.ratios), *promise_rows(result.consignment)]
    print_table(console, RATIO_HEADS, ratios)


def print_table(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table; figures stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print()


def markdown(result: Result) -> str:
    """The same tables for a page of the documentation."""
    about = ", ".join(f"{name} {value}" for name, value in result.versions.items())
    where = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    parts = [
        f"Measured {result.at}, {result.rounds} rounds of {result.seconds:g} s. {where}. {about}.",
        "CPU is milliseconds an order. Medians; ranges in brackets.",
        _markdown_table(ROW_HEADS, row_rows(result.rows)),
        _markdown_table(CELL_HEADS, cell_rows(result.cells)),
        _markdown_table(
            RATIO_HEADS, [*ratio_rows(result.ratios), *promise_rows(result.consignment)]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
