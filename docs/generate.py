# ruff: noqa: INP001 - a script beside the pages that it writes, and no package
"""Writes the pages of docs/reference that say what the code says, so that they cannot drift.

`make docs` runs it; a test fails while a page differs from what this would write.
"""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.core import TyperGroup

from entrepot.apis.dfc import ROUTES as DFC_ROUTES
from entrepot.apis.graphql import open_schema
from entrepot.apis.rest import ROUTES
from entrepot.cli import app
from entrepot.cli.exit_codes import ExitCode
from entrepot.infra.checks import load_checks
from entrepot.infra.settings import DEFINITIONS
from entrepot.kernel.caller import Scope
from entrepot.portal import PAGES as PORTAL_PAGES

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
    ExitCode.PROBLEMS_FOUND: "a check or an import ran to its end and found problems",
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
    ("sales_sessions", "Sales sessions", "Sessions, what they sell, and their ends."),
    ("settlement", "Settlements", "Weeks, their documents, and how a partnership ends."),
    ("connectors.feed", "The feed", "What shops read of the numbers they can promise."),
    ("connectors.webhooks", "Webhooks", "Who is told what happened, and where."),
    ("apis.dfc", "DFC documents", "What is wrong with a document before anybody has acted on it."),
)

# Where invariants are declared, from the ground up.
CHECKING = (
    ("infra", "What happened"),
    ("identity", "Who works where"),
    ("partnerships", "What partners agreed on"),
    ("stock", "Stock"),
    ("orders", "Orders"),
    ("sales_sessions", "Sales sessions"),
    ("settlement", "Settlements"),
)


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
        "With `--dry-run` a command that writes does everything in one transaction and undoes it:",
        "what would be refused is refused, what would be printed is printed, and nothing is kept.",
        "",
        "`entrepot --install-completion` makes bash, zsh, fish or PowerShell complete commands and",
        "options; `entrepot --show-completion` prints what it would install. A command that is",
        "mistyped is answered with the ones that are meant most likely.",
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
        "It prints the names below; each is a statement among the checks of its room. What",
        "`entrepot doctor --repair` rebuilds, and what it leaves alone, is in",
        "[Look after an installation](../guides/look-after.md).",
    ]
    for room, title in CHECKING:
        lines += ["", f"## {title}", ""]
        lines += ["| invariant | says | where it is broken |", "|---|---|---|"]
        lines += [
            f"| `{each.name}` | {each.sentence} | {each.do} |"
            for each in load_checks(f"entrepot.{room}")
        ]
    return "\n".join(lines) + "\n"


def access_page() -> str:
    """Who may do what at each route, from the table that the tests of access try."""
    table = importlib.import_module("tests.access.table")
    topics = {f"{route.method} {route.path}": route.topic for route in ROUTES}
    by_topic: dict[str, list[str]] = {topic: [] for topic in topics.values()}
    for row in table.TABLE:
        if row.route in topics:
            by_topic[topics[row.route]].append(_access_line(row))
    lines = ["# Access", "", NOTICE]
    lines += [
        "Programs come in by a token, people by logging in. A token does what its scopes say, a",
        "person what their role says, both only in the name of their own organisation. Without the",
        "scope the answer is 403 `identity.scope_missing`; without a token or session that holds",
        "it is 401 `identity.token_not_valid`, whatever was asked.",
        "",
        "What belongs to somebody else answers exactly like what is not there. The last column",
        "says how, for each name that a route takes; *path*, *query* and *sheet* say where it",
        "stands, others are fields of the body. What a trading right opens to you is the",
        "exception: routes marked so let you see a seller's variants, and order them.",
        "",
        "## Roles",
        "",
        "| scope | " + " | ".join(table.ROLES) + " |",
        "|---|" + "---|" * len(table.ROLES),
    ]
    for scope in Scope:
        held = ("yes" if scope in scopes else "" for scopes in table.ROLES.values())
        lines.append(f"| `{scope.value}` | " + " | ".join(held) + " |")
    for topic, rows in by_topic.items():
        lines += ["", f"## {topic}", ""]
        lines += ["| route | who may | somebody else's |", "|---|---|---|", *rows]
    return "\n".join([*lines, *_dfc(), *_graphql(), *_pages()]) + "\n"


def _dfc() -> list[str]:
    """Who may do what at the DFC door, from the table that the tests of access try."""
    table = importlib.import_module("tests.access.dfc_table")
    summaries = {f"{route.method} {route.path}": route.summary for route in DFC_ROUTES}
    lines = [
        "",
        "## DFC, below `/api/dfc`",
        "",
        "Tokens are Entrepot's own, or those of an identity provider for whoever is bound to an",
        "organisation (`docs/guides/dfc.md`). What belongs to somebody else answers exactly like",
        "what is not there.",
        "",
        "| route | what for | who may |",
        "|---|---|---|",
    ]
    for row in table.DFC_TABLE:
        who = "any token that holds" if row.scope is None else f"`{row.scope.value}`"
        lines.append(f"| `{row.route}` | {summaries[row.route]} | {who} |")
    return lines


def _graphql() -> list[str]:
    """Who may ask what at the GraphQL door, from the table that the tests of access try."""
    table = importlib.import_module("tests.access.graphql_table")
    schema = open_schema()
    lines = [
        "",
        "## GraphQL, at `/graphql`",
        "",
        "A marketplace's key sees its own goods and those of sellers whose trading right of kind",
        "marketplace is active; a seller's key sees its own. What others have is answered exactly",
        "like what is not there.",
        "",
        "| field | what for | who may | a marketplace, of its sellers' | somebody else's |",
        "|---|---|---|---|---|",
    ]
    for row in table.GRAPHQL_TABLE:
        kind, _, name = row.field.partition(".")
        root = schema.query_type if kind == "Query" else schema.mutation_type
        assert root is not None, "the contract has both"
        says = root.fields[name].description
        who = ", ".join(f"`{scope.value}`" for scope in row.scopes) or "any key that holds"
        lines.append(f"| `{row.field}` | {says} | {who} | {row.operator} | {row.foreign.value} |")
    return lines


def _pages() -> list[str]:
    """Who may see each page and send each form, from the table that the tests of access try."""
    table = importlib.import_module("tests.access.pages_table")
    summaries = {f"{page.method} {page.path}": page.summary for page in PORTAL_PAGES}
    lines = [
        "",
        "## Pages",
        "",
        "People see pages and send forms after logging in; whoever has not is led to log-in, also",
        "with a program's token. Without the scope the page says so (403), and what belongs to",
        "somebody else looks like a page that is not there (404). A form is taken from a page of",
        "one's own session alone.",
        "",
        "| page | what for | who may |",
        "|---|---|---|",
    ]
    for row in table.PAGE_TABLE:
        who = f"`{row.who.value}`" if isinstance(row.who, Scope) else row.who.value
        lines.append(f"| `{row.page}` | {summaries[row.page]} | {who} |")
    return lines


def _access_line(row: Any) -> str:  # noqa: ANN401 - a row of the tests' table, which is no module of ours to import
    """One route of the table, in words."""
    who = f"`{row.who.value}`" if isinstance(row.who, Scope) else row.who.value
    if all(example.by_person for example in row.examples):
        who = "people, by a log-in session that holds"
    if row.hands_out:
        who += ", and every scope that it hands out"
    by_answer: dict[str, list[str]] = {}
    for field, answer in row.names.items():
        by_answer.setdefault(answer.value, []).append(_field_words(field))
    parts = [f"{', '.join(fields)}: {words}" for words, fields in by_answer.items()]
    if any(example.opened for example in row.examples):
        parts.append("*what a trading right opens to you is there*")
    return f"| `{row.route}` | {who} | {'; '.join(parts)} |"


def _field_words(field: str) -> str:
    where, _, name = field.partition(".")
    return f"`{name}`" if where == "body" else f"{where} `{name}`"


PAGES = {
    "access.md": access_page,
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
    # The table of access is the tests' own, and they are found from the root.
    sys.path.insert(0, str(HERE.parent))
    main()
