"""Reads the project's SQL into statements that the lint can walk.

Query files are lists of named statements, migrations plain lists. It parses with PostgreSQL's own
grammar and judges nothing.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pglast.parser import ParseError, parse_sql_json

from tests.tidy.house import PACKAGE, ROOT, Finding, files, source

Node: TypeAlias = dict[str, Any]

MIGRATIONS = PACKAGE / "migrations"

HEADER = re.compile(r"^--\s*name:\s*(?P<name>.*?)\s*$")
NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
SENTENCE = re.compile(r"^[A-Z`].*\.$", re.DOTALL)

# Fields that hold a node without saying its kind.
KIND_OF_FIELD = {
    "relation": "RangeVar",
    "pktable": "RangeVar",
    "typeName": "TypeName",
    "onConflictClause": "OnConflictClause",
    "intoClause": "IntoClause",
}


class Statement(NamedTuple):
    """One statement: where it stands, what it is called (migrations have no names), its tree."""

    path: Path
    line: int
    name: str
    kind: str
    body: Node

    def finding(self, says: str) -> Finding:
        called = f"{self.name}: " if self.name else ""
        return Finding(str(self.path), self.line, called + says)

    @property
    def is_migration(self) -> bool:
        return not self.name

    def nodes(self) -> Iterator[tuple[str, Node]]:
        """Every node of the statement, itself first."""
        yield self.kind, self.body
        yield from nodes_in(self.body)

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self.nodes())


class Reading(NamedTuple):
    """What was read, and what could not be."""

    statements: list[Statement]
    findings: list[Finding]


def nodes_in(tree: object) -> Iterator[tuple[str, Node]]:
    """Every node below this one with its kind, also those whose kind only the field tells."""
    if isinstance(tree, list):
        for element in tree:
            yield from nodes_in(element)
    elif isinstance(tree, dict):
        for field, value in tree.items():
            if isinstance(value, dict):
                kind = _kind(field, value)
                if kind is not None:
                    yield kind, value
            yield from nodes_in(value)


def _kind(field: str, value: Node) -> str | None:
    if field[:1].isupper():
        return field
    if field in ("larg", "rarg") and "limitOption" in value:
        return "SelectStmt"
    return KIND_OF_FIELD.get(field)


def strings(names: object) -> list[str]:
    """The texts of a list of String nodes, such as the parts of a dotted name."""
    if not isinstance(names, list):
        return []
    return [str(name["String"].get("sval", "")) for name in names if "String" in name]


def last_name(names: object) -> str:
    """The name itself, without the schema before it."""
    parts = strings(names)
    return parts[-1] if parts else ""


def read_everything(root: Path = ROOT) -> Reading:
    """Every statement of every SQL file, migrations first and in their order."""
    reading = Reading([], [])
    paths = files(".sql", PACKAGE, root)
    for path in sorted(paths, key=lambda path: (path.parent != MIGRATIONS, str(path))):
        text = source(path, root)
        part = (read_migration if path.parent == MIGRATIONS else read_queries)(path, text)
        reading.statements.extend(part.statements)
        reading.findings.extend(part.findings)
    return reading


def read_migration(path: Path, text: str) -> Reading:
    """A migration says when it is deployed, then in a sentence what it makes."""
    lines = text.splitlines()
    findings = []
    if not lines or lines[0] not in ("-- deploy: before", "-- deploy: after"):
        says = "a migration opens with `-- deploy: before` or `-- deploy: after`"
        findings.append(Finding(str(path), 1, says))
    if not SENTENCE.match(_comment_block(lines[1:])):
        findings.append(Finding(str(path), 2, "a migration says in a sentence what it makes"))
    statements, faults = _parsed(path, text, first_line=1, name="")
    return Reading(statements, findings + faults)


def read_queries(path: Path, text: str) -> Reading:
    """A query file is a list of named statements, each with a sentence."""
    reading = Reading([], [])
    seen: set[str] = set()
    for line, name, block in _blocks(text):
        where = str(path)
        if not name:
            if any(row.strip() and not row.startswith("--") for row in block):
                reading.findings.append(Finding(where, line, "SQL before the first name"))
            continue
        if not NAME.match(name):
            says = f"{name!r} is no name; write words_with_lines"
            reading.findings.append(Finding(where, line, says))
        if name in seen:
            reading.findings.append(Finding(where, line, f"{name}: the name is used twice"))
        seen.add(name)
        if not SENTENCE.match(_comment_block(block)):
            says = f"{name}: needs a sentence on what it is for, with a capital and a full stop"
            reading.findings.append(Finding(where, line, says))
        statements, faults = _parsed(path, "\n".join(block), first_line=line + 1, name=name)
        if len(statements) != 1 and not faults:
            says = f"{name}: holds {len(statements)} statements; a name has exactly one"
            reading.findings.append(Finding(where, line, says))
        reading.statements.extend(statements)
        reading.findings.extend(faults)
    return reading


def read_text(path: Path, line: int, text: str) -> list[Statement]:
    """The statements of a string in a program; none when it is no whole SQL."""
    return _parsed(path, text, first_line=line, name="")[0]


def _blocks(text: str) -> list[tuple[int, str, list[str]]]:
    """Line and name of each header with the lines below it; what stands before has no name."""
    blocks: list[tuple[int, str, list[str]]] = [(1, "", [])]
    for number, line in enumerate(text.splitlines(), start=1):
        header = HEADER.match(line)
        if header:
            blocks.append((number, header["name"] or "?", []))
        else:
            blocks[-1][2].append(line)
    return blocks


def _comment_block(lines: list[str]) -> str:
    """The comment lines at the top, as one text."""
    rows = []
    for line in lines:
        if not line.startswith("--"):
            break
        rows.append(line.removeprefix("--").strip())
    return " ".join(rows).strip()


def _parsed(
    path: Path, text: str, *, first_line: int, name: str
) -> tuple[list[Statement], list[Finding]]:
    try:
        parsed = json.loads(parse_sql_json(text))
    except ParseError as error:
        called = f"{name}: " if name else ""
        return [], [Finding(str(path), first_line, f"{called}{error}")]
    statements = []
    encoded = text.encode()
    for raw in parsed.get("stmts", []):
        ((kind, body),) = raw["stmt"].items()
        start = _first_code(encoded, raw.get("stmt_location", 0))
        line = first_line + encoded[:start].count(b"\n")
        statements.append(Statement(path, line, name, kind, body))
    return statements, []


def _first_code(text: bytes, start: int) -> int:
    """Where a statement's own text starts, behind blank lines and comments."""
    opening = re.compile(rb"(?:\s+|--[^\n]*\n?|/\*.*?\*/)*", re.DOTALL).match(text, start)
    return opening.end() if opening else start
