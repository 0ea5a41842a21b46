"""Prints what commands answer: data to stdout, as a table or as JSON; talk to stderr.

What draws tables is loaded for the first one: scripts ask for JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
import typer

from entrepot.kernel.refusal import Refusal

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON, in a shape that stays.")
]

# Wider than any row, so that a pipe gets every row on one line.
_PIPE_WIDTH = 10_000


def say(text: str) -> None:
    """Talk to the person at the terminal."""
    typer.echo(text, err=True)


def print_json(data: object) -> None:
    """Print data as JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(data), indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table; what is None or empty shows as a dash."""
    from rich.console import Console  # noqa: PLC0415 - see above: for tables only
    from rich.table import Table  # noqa: PLC0415 - see above: for tables only

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def say_refusal(refusal: Refusal, *, json_wanted: bool) -> None:
    """Say why a command was refused: every fault, with its code and field."""
    if json_wanted:
        said = msgspec.json.encode({"code": refusal.code, "faults": refusal.faults})
        say(msgspec.json.format(said, indent=2).decode())
        return
    for fault in refusal.faults:
        where = f" [{fault.field}]" if fault.field else ""
        say(f"entrepot: {fault.message} ({fault.code}{where})")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
