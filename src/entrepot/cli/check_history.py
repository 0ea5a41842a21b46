"""`entrepot check-history`: whether recorded answers agree with each other and with the ledger."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from entrepot import stock
from entrepot.cli.examples import examples
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.printing import JsonOption, print_json, say
from entrepot.stock import Breach, History, Record

LINES_A_REPORT = 100_000


class Report(msgspec.Struct):
    """What a check found. A breach names operations by their lines."""

    operations: int
    positions: int
    breaches: list[Breach]
    kinds: dict[str, int]


@examples(
    "entrepot check-history history.jsonl",
    "entrepot check-history history.jsonl --ledger ledger.jsonl --json",
)
def check_history(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The history, one JSON object a line.")
    ],
    *,
    ledger: Annotated[
        Path | None,
        typer.Option(help="More lines, such as the ledger's rows that were read at the end."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a recorded history of stock; every breach is told in a sentence, with its lines."""
    history = History([], {})
    lines = _read(file, history, 0)
    if ledger is not None:
        _read(ledger, history, lines)
    looked_at: list[str] = []

    def watch(position: str) -> None:
        looked_at.append(position)
        if lines >= LINES_A_REPORT:
            say(f"Checking {position} ...")

    breaches = stock.check_history(history, watch)
    report = Report(
        len(history.operations),
        len(looked_at),
        breaches,
        dict(Counter(each.kind.value for each in breaches)),
    )
    if json:
        print_json(report)
    else:
        _print(report)
    if breaches:
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _print(report: Report) -> None:
    for each in report.breaches:
        where = f" [lines {', '.join(str(line) for line in each.lines)}]" if each.lines else ""
        typer.echo(f"{each.kind.value}: {each.sentence}{where}")
    checked = f"{report.operations} operations, {report.positions} positions"
    if report.breaches:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.kinds.items()))
        say(f"Checked {checked}: {kinds}.")
    else:
        say(f"Checked {checked}: all is well.")


def _read(path: Path, history: History, before: int) -> int:
    """Read a file's lines into the history, numbered on from those before; return the last."""
    decoder = msgspec.json.Decoder[Record](Record)
    number = before
    try:
        with path.open("rb") as opened:
            for number, text in enumerate(opened, start=before + 1):
                if text.strip():
                    history.add(number, decoder.decode(text))
                if number % LINES_A_REPORT == 0:
                    say(f"Read {number} lines ...")
    except FileNotFoundError as error:
        say(f"There is no file {path}.")
        raise typer.Exit(ExitCode.NOT_FOUND) from error
    except OSError as error:
        say(f"{path} cannot be read: {error.strerror}.")
        raise typer.Exit(ExitCode.USAGE) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        say(f"{path}, line {number - before}, is no record of a history: {error}")
        raise typer.Exit(ExitCode.USAGE) from error
    return number
