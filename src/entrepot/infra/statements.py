"""Loads named SQL statements from the `.sql` file beside the code that runs them.

A file is a list of statements, each opened by `-- name: lock_positions` and, on the comment lines
that follow, a sentence on what the statement is for. A statement that looks for something wrong
goes on with a line that begins `-- do:` and says what to do about it. This module only reads; it
never runs SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

import msgspec

_HEADER = re.compile(r"^--\s*name:\s*(?P<name>.*?)\s*$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_DO = " do: "


class StatementsError(Exception):
    """A statements file that breaks the rules; the message names the file and the line."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a file."""

    name: str
    sentence: str
    """What the statement is for, on one line."""
    sql: str
    """The text to run: exactly one statement, without a closing semicolon."""
    line: int
    """The line of its header, counted from 1."""
    do: str = ""
    """What to do about what it finds, on one line; empty for most statements."""


def load_statements(package: str, file_name: str = "queries.sql") -> Mapping[str, str]:
    """The statements of `file_name` inside `package`, as a read-only mapping from name to SQL.

    Refuses with StatementsError what `read_statements` refuses.
    """
    text = resources.files(package).joinpath(file_name).read_text(encoding="utf-8")
    statements = read_statements(text, where=f"{package}/{file_name}")
    return MappingProxyType({statement.name: statement.sql for statement in statements})


def read_statements(text: str, where: str) -> tuple[Statement, ...]:
    """The statements in `text`, in their order; `where` names the file in messages.

    Refuses with StatementsError: SQL before the first name, a name that is not lower_snake_case,
    a name used twice, a missing sentence, a missing statement.
    """
    statements: list[Statement] = []
    seen: set[str] = set()
    for line, name, body in _sections(text, where):
        place = f"{where}, line {line}"
        if not _NAME.match(name):
            raise StatementsError(f"{place}: {name!r} is not a name in lower_snake_case.")
        if name in seen:
            raise StatementsError(f"{place}: the name {name} is used twice.")
        seen.add(name)
        statements.append(_statement(name, body, line, place))
    return tuple(statements)


def _sections(text: str, where: str) -> list[tuple[int, str, list[str]]]:
    """Cut the text at its headers: line of the header, name, the lines below it."""
    sections: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            sections.append((number, header["name"], []))
        elif sections:
            sections[-1][2].append(line)
        elif line.strip() and not line.startswith("--"):
            raise StatementsError(f"{where}, line {number}: SQL stands before the first name.")
    return sections


def _statement(name: str, body: list[str], line: int, place: str) -> Statement:
    """Split a section into its sentence and its SQL."""
    count = 0
    while count < len(body) and body[count].startswith("--"):
        count += 1
    comment = " ".join(row.removeprefix("--").strip() for row in body[:count])
    sentence, _, do = (part.strip() for part in comment.partition(_DO))
    if not sentence:
        raise StatementsError(f"{place}: {name} has no sentence on what it is for.")
    sql = "\n".join(body[count:]).strip().removesuffix(";").rstrip()
    if not sql:
        raise StatementsError(f"{place}: {name} has no statement.")
    return Statement(name=name, sentence=sentence, sql=sql, line=line, do=do)
