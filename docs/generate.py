# ruff: noqa: INP001 - a script beside the pages that it writes, and no package
"""Writes the pages of docs/reference that say what the code says, so that they cannot drift.

`make docs` runs it; a test fails while a page differs from what this would write.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.core import TyperGroup

from entrepot.cli import app
from entrepot.cli.exit_codes import ExitCode
from entrepot.infra.settings import DEFINITIONS
from entrepot.infra.statements import read_statements

HERE = Path(__file__).parent
REFERENCE = HERE / "reference"
NOTICE = "<!-- Written by `make docs`; change the code instead. -->\n"
HELP_WIDTH = 88

EXIT_CODE_SENTENCES = {
    ExitCode.OK: "it was done",
    ExitCode.FAILED: "a fault in Entrepot itself, or the command was stopped",
    ExitCode.USAGE: "the command or a setting was written wrongly",
    ExitCode.NOT_FOUND: "what was named does not exist",
    ExitCode.REFUSED: "understood, and not to be done as things stand",
    ExitCode.NOT_REACHABLE: "the database or a server does not answer",
    ExitCode.PROBLEMS_FOUND: "a check ran to its end and found problems",
}

# Where refusals are declared, in the order in which a request meets them.
REFUSING = (
    ("apis.rest", "The request itself", "What is wrong before anybody has looked at its meaning."),
    ("infra", "Writing", "What any act may meet, whatever it is about."),
    ("identity", "Who asks", "Organisations, tokens and what a token may do."),
    ("catalogue", "Goods", "Locations, products and variants."),
    ("partnerships", "Agreements", "Who may order whose variants."),
    ("orders", "Orders", "Orders, and acts on stock, which pass through the same batch."),
    ("stock", "Stock", "What the ledger itself refuses."),
)

# Where invariants are declared, from the ground up.
CHECKING = (("infra", "What happened"), ("stock", "Stock"), ("orders", "Orders"))


def settings_page() -> str:
    """Every setting, from the table that the program itself reads."""
    lines = ["# Settings", "", NOTICE, "All settings are environment variables.", ""]
    for definition in DEFINITIONS:
        default = definition.default_text or "none"
        lines += [
            f"## {definition.variable}",
            "",
            definition.sentence,
            "",
            f"Expected: {definition.expected}. Default: {default}.",
            "",
        ]
    return "\n".join(lines)


def cli_page() -> str:
    """Every command, as the program's own help shows it."""
    lines = ["# Commands", "", NOTICE]
    lines += [
        "Data goes to standard output, everything else to standard error, and the outcome into the",
        "exit code. With `--json` a command prints JSON of a shape that stays. A command uses the",
        "database of a running server, or starts Entrepot's own for as long as it needs it.",
        "`entrepot --install-completion` makes the shell complete commands.",
        "",
        "## Exit codes",
        "",
        "| code | meaning |",
        "|---|---|",
    ]
    lines += [f"| {code.value} | {EXIT_CODE_SENTENCES[code]} |" for code in ExitCode]
    for name, text in _commands(typer.main.get_command(app), "entrepot"):
        lines += ["", f"## {name}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def _commands(command: Any, name: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of the command library, which names no public type
    """The help of each command that does something, in the order of their names."""
    if isinstance(command, TyperGroup):
        for inner in sorted(command.commands):
            yield from _commands(command.commands[inner], f"{name} {inner}")
    else:
        context = typer.Context(command, info_name=name, terminal_width=HELP_WIDTH)
        shown = command.get_help(context).splitlines()
        yield name, "\n".join(line.rstrip() for line in shown)


def refusals_page() -> str:
    """Every refusal code in order of precedence, with what it means and what to do."""
    words = tomllib.loads((HERE / "refusals.toml").read_text(encoding="utf-8"))
    lines = ["# Refusals", "", NOTICE]
    lines += [
        "Entrepot answers what it cannot do with a code that stays, the facts, and the field they",
        "are about. All faults of a request are named at once, the weightiest first: the codes",
        "below stand in that order. What was refused changed nothing.",
    ]
    for room, title, sentence in REFUSING:
        module = importlib.import_module(f"entrepot.{room}.errors")
        lines += ["", f"## {title}", "", sentence, ""]
        lines += ["| code | means | what to do |", "|---|---|---|"]
        for code in module.PRECEDENCE:
            assert code in words, f"docs/refusals.toml lacks {code}"
            word = words.pop(code)
            lines.append(f"| `{code}` | {word['means']} | {word['do']} |")
    assert not words, f"nothing declares {', '.join(words)}"
    return "\n".join(lines) + "\n"


def invariants_page() -> str:
    """Every invariant, by the room that keeps it, with the sentence of its statement."""
    lines = ["# Invariants", "", NOTICE]
    lines += [
        "What always holds, whatever happened. `entrepot doctor` checks it, changes nothing,",
        f"and ends with exit code {ExitCode.PROBLEMS_FOUND.value} when something does not hold.",
        "It prints the names below; each is a statement in the `checks.sql` of its room.",
    ]
    for room, title in CHECKING:
        path = HERE.parent / "src" / "entrepot" / room / "checks.sql"
        lines += ["", f"## {title}", "", "| invariant | says |", "|---|---|"]
        text = path.read_text(encoding="utf-8")
        lines += [
            f"| `{each.name}` | {each.sentence} |" for each in read_statements(text, str(path))
        ]
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "refusals.md": refusals_page,
    "invariants.md": invariants_page,
}


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
