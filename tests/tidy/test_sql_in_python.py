"""SQL lives in `.sql` files; the little that `infra` keeps in strings is held to the same lint.

Strings are what no other tool looks into, so a session setting or an advisory lock could hide
there.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.tidy.house import PACKAGE, ROOT, Finding, files, plant, report, source, tree_of
from tests.tidy.sql_lint import (
    forbidden_functions,
    forbidden_statements,
    forbidden_types,
    select_stars,
    session_settings,
    volatile_writes,
)
from tests.tidy.sql_reading import read_text

SQL_ALLOWED_IN = PACKAGE / "infra"

# Written in capitals, as all SQL here is; so a sentence that begins with "Select" is none.
OPENING = re.compile(
    r"^\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+|DELETE\s+FROM\s|MERGE\s+INTO\s|WITH\s+\w+.*\sAS\s"
    r"|(?:CREATE|ALTER|DROP|TRUNCATE|LOCK)\s+[A-Z]|(?:SET|RESET|LISTEN|NOTIFY|DISCARD)\s+\w)"
)
# What opens none of them has no SQL; most modules are told apart by that, without being parsed.
VERB = re.compile(
    r"SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|CREATE|ALTER|DROP|TRUNCATE|LOCK|SET|LISTEN|NOTIFY"
    r"|DISCARD"
)

# `file: function or statement` -> why it may stand there.
ALLOWED: Mapping[str, str] = MappingProxyType(
    {
        f"{PACKAGE}/infra/migrate.py: pg_advisory_xact_lock": (
            "one process migrates at a time; the lock ends with its transaction"
        ),
    }
)


def offences(root: Path) -> list[Finding]:
    found = []
    for path in files(".py", PACKAGE, root):
        if not VERB.search(source(path, root)):
            continue
        for line, text in _texts(tree_of(path, root)):
            if not OPENING.match(text):
                continue
            if SQL_ALLOWED_IN not in path.parents:
                found.append(Finding(str(path), line, "SQL in a string; it lives in a .sql file"))
            else:
                found += _linted(path, line, text)
    return [finding for finding in found if not _is_allowed(finding)]


def _linted(path: Path, line: int, text: str) -> Iterator[Finding]:
    for statement in read_text(path, line, text):
        yield from forbidden_statements(statement)
        yield from session_settings(statement)
        yield from forbidden_functions(statement)
        yield from volatile_writes(statement)
        yield from select_stars(statement)
        yield from forbidden_types(statement)


def _is_allowed(finding: Finding) -> bool:
    return f"{finding.path}: {finding.says.partition(':')[0]}" in ALLOWED


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string; what an f-string fills in reads as the number 1."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr():
                parts = (
                    part.value if isinstance(part, ast.Constant) else "1" for part in node.values
                )
                yield node.lineno, "".join(str(part) for part in parts)
            case ast.Constant(value=str(text)) if id(node) not in inside:
                yield node.lineno, text
            case _:
                pass


def test_sql_is_where_it_can_be_checked() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "text",
    [
        'x = "SELECT 1"',
        'x = f"SELECT id FROM {table}"',
        'x = """\n    UPDATE positions SET held = 0\n"""',
        'x = "DELETE FROM holds"',
        'x = "WITH a AS (SELECT 1) SELECT 2"',
        'x = "SET LOCAL lock_timeout = 1"',
    ],
)
def test_sql_in_an_area_or_door_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"src/entrepot/stock/store.py": text, "src/entrepot/cli/demo.py": text})
    assert len(offences(tmp_path)) == 2


@pytest.mark.parametrize(
    "text",
    [
        'x = "SET lock_timeout = 1"',
        "x = f\"SET lock_timeout = '{seconds}s'\"",
        'x = "LISTEN orders"',
        'x = f"SELECT pg_advisory_lock({number})"',
        'x = "SELECT pg_advisory_xact_lock(1)"',
        'x = "SELECT * FROM positions"',
        'x = "CREATE TABLE t (id serial)"',
    ],
)
def test_forbidden_sql_in_infra_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"src/entrepot/infra/pool.py": text})
    assert len(offences(tmp_path)) == 1


def test_plain_sql_in_infra_and_prose_pass(tmp_path: Path) -> None:
    infra = 'x = "SELECT 1"\ny = f"SET LOCAL lock_timeout = {seconds}"\n'
    plant(tmp_path, {"src/entrepot/infra/pool.py": infra})
    lock = 'x = f"SELECT pg_advisory_xact_lock({number})"\n'
    plant(tmp_path, {"src/entrepot/infra/migrate.py": lock})
    prose = 'x = "Select a variant"\ny = "Update the order"\nz = "with the order as it stands"\n'
    plant(tmp_path, {"src/entrepot/orders/model.py": prose})
    assert offences(tmp_path) == []
