"""`python -m benchmarks`: measure Entrepot beside hand-written SQL, in paired rounds.

Cells of a round run one after another, in reverse order every other round, so that whatever
changes on the machine meanwhile falls on both sides. Ratios are formed within a round.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from rich.console import Console

from benchmarks.cells import CELLS, CONSIGNMENT, USUAL, Cell
from benchmarks.consignment import FULL, QUICK, measure_consignment
from benchmarks.dfc import measure_dfc
from benchmarks.engine import open_bench
from benchmarks.marketplace import measure_marketplace
from benchmarks.measure import CellError, Figures, Window, measure
from benchmarks.report import (
    Result,
    machine,
    markdown,
    print_tables,
    promises_of,
    ratios_of,
    versions,
)
from benchmarks.rows import compare_rows

HERE: Final = Path(__file__).parent
QUICK_CELLS: Final = (
    "a-one-8",
    "a-hot-one-8",
    "b-1",
    "intake-64",
    "intake-256",
    "intake-hot-64",
    "rest-64",
    "rest-256",
    "rest-hot-64",
    "rest-bulk",
    "checkout-64",
    "checkout-256",
    "own-64",
    "transfer-64",
)
SUBJECTS: Final = {"orders": USUAL, "consignment": CONSIGNMENT, "dfc": (), "marketplace": ()}


class Plan(msgspec.Struct, frozen=True):
    """What to measure, how often and for how long."""

    cells: tuple[Cell, ...]
    rounds: int
    window: Window
    subjects: tuple[str, ...]
    """What to measure besides cells: the rows of an order, consignment, or a door."""
    quick: bool


def read_plan(arguments: list[str]) -> tuple[Plan, argparse.Namespace]:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="paired rounds (default: 5)")
    parser.add_argument("--seconds", type=float, default=10, help="counted per cell (default: 10)")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before (default: 2)")
    parser.add_argument("--only", choices=SUBJECTS, help="one subject (default: all)")
    parser.add_argument("--cells", help="names, separated by commas (default: all)")
    parser.add_argument("--quick", action="store_true", help="one short round of a few cells")
    parser.add_argument("--list", action="store_true", help="list the cells and end")
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    options = parser.parse_args(arguments)
    subjects = (options.only,) if options.only else tuple(SUBJECTS)
    names = [cell.name for subject in subjects for cell in SUBJECTS[subject]]
    if options.quick:
        names = [name for name in names if name in QUICK_CELLS]
    if options.cells:
        names = options.cells.split(",")
        subjects = ()
    unknown = [name for name in names if name not in CELLS]
    if unknown:
        parser.error(f"no such cells: {', '.join(unknown)}; see --list")
    quick = options.quick
    window = Window(
        warm_up=1.0 if quick else options.warm_up, counted=2.0 if quick else options.seconds
    )
    cells = tuple(CELLS[name] for name in names)
    return Plan(cells, 1 if quick else options.rounds, window, subjects, quick), options


async def run(plan: Plan) -> Result:
    """Measure everything in the plan."""
    console = Console(stderr=True, width=160)
    async with open_bench() as bench:
        rows = await compare_rows(bench) if "orders" in plan.subjects else {}
        found: dict[str, list[Figures]] = {cell.name: [] for cell in plan.cells}
        for number in range(plan.rounds):
            ordered = plan.cells if number % 2 == 0 else plan.cells[::-1]
            for cell in ordered:
                figures = await measure(bench, cell, plan.window, seed=number + 1)
                found[cell.name].append(figures)
                console.print(
                    f"round {number + 1}/{plan.rounds}  {cell.title:45}"
                    f"{figures.rate:8,.0f}/s  {figures.application_ms:.3f} +"
                    f" {figures.postgres_ms:.3f} = {figures.cpu_ms:.3f} ms",
                    highlight=False,
                )
        consignment: dict[str, list[float]] = {}
        if "consignment" in plan.subjects:
            size = QUICK if plan.quick else FULL
            consignment = await measure_consignment(bench, size, plan.rounds)
        if "dfc" in plan.subjects:
            consignment |= await measure_dfc(bench, plan.rounds)
        if "marketplace" in plan.subjects:
            consignment |= await measure_marketplace(bench, plan.rounds)
        return Result(
            at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            machine=machine(),
            versions=versions(bench.version),
            seconds=plan.window.counted,
            rounds=plan.rounds,
            rows=rows,
            cells=found,
            ratios=ratios_of(found),
            consignment=promises_of(consignment),
        )


def main() -> None:
    """Measure, print, keep."""
    plan, options = read_plan(sys.argv[1:])
    if options.list:
        for cell in CELLS.values():
            print(f"{cell.name:22} {cell.title}")
        return
    try:
        result = uvloop.run(run(plan))
    except CellError as error:
        sys.exit(f"benchmarks: {error}")
    print_tables(result)
    if not options.quick:
        with options.results.open("ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")
    if options.markdown is not None:
        options.markdown.write_text(markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
