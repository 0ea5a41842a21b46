"""Statement files are read by name, and badly written ones refused with the line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from entrepot.infra.statements import Statement, StatementsError, load_statements, read_statements

GOOD = """\
-- What this file is about; free text up to the first name.

-- name: lock_positions
-- Locks the positions named, in key order,
-- and reads their figures.
SELECT owner, variant -- the key
FROM positions
FOR UPDATE;

-- name:insert_hold
-- Opens a hold.
INSERT INTO holds (id)
VALUES ($1)
"""


def test_what_to_do_stands_behind_the_sentence() -> None:
    text = "-- name: sums\n-- Sums add\n-- up.\n-- do: Add them\n-- again.\nSELECT 1;\n"
    (statement,) = read_statements(text, "checks.sql")
    assert (statement.sentence, statement.do) == ("Sums add up.", "Add them again.")


def test_reads_names_sentences_and_sql() -> None:
    assert read_statements(GOOD, "queries.sql") == (
        Statement(
            name="lock_positions",
            sentence="Locks the positions named, in key order, and reads their figures.",
            sql="SELECT owner, variant -- the key\nFROM positions\nFOR UPDATE",
            line=3,
        ),
        Statement(
            name="insert_hold",
            sentence="Opens a hold.",
            sql="INSERT INTO holds (id)\nVALUES ($1)",
            line=10,
        ),
    )


def test_a_file_may_be_empty() -> None:
    assert read_statements("-- Nothing yet.\n", "queries.sql") == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT 1;\n-- name: a\n-- S.\nSELECT 1\n", "q.sql, line 1: SQL stands before"),
        ("-- name: Lock\n-- S.\nSELECT 1\n", "q.sql, line 1: 'Lock' is not a name"),
        ("-- name:\n-- S.\nSELECT 1\n", "q.sql, line 1: '' is not a name"),
        ("-- name: a\nSELECT 1\n", "q.sql, line 1: a has no sentence"),
        ("-- name: a\n--\nSELECT 1\n", "q.sql, line 1: a has no sentence"),
        ("-- name: a\n\n-- too late\nSELECT 1\n", "q.sql, line 1: a has no sentence"),
        ("-- name: a\n-- S.\n", "q.sql, line 1: a has no statement"),
        ("-- name: a\n-- S.\n;\n", "q.sql, line 1: a has no statement"),
        (
            "-- name: a\n-- S.\nSELECT 1\n-- name: a\n-- S.\nSELECT 2\n",
            "q.sql, line 4: the name a is used twice",
        ),
    ],
)
def test_refuses(text: str, fault: str) -> None:
    with pytest.raises(StatementsError) as caught:
        read_statements(text, "q.sql")
    assert str(caught.value).startswith(fault)


def test_loads_the_file_of_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "area_made_for_this_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "queries.sql").write_text(GOOD)
    monkeypatch.syspath_prepend(tmp_path)
    statements = load_statements("area_made_for_this_test")
    monkeypatch.delitem(sys.modules, "area_made_for_this_test")
    assert list(statements) == ["lock_positions", "insert_hold"]
    assert statements["insert_hold"] == "INSERT INTO holds (id)\nVALUES ($1)"
    with pytest.raises(TypeError):
        statements["insert_hold"] = ""  # type: ignore[index] # it is read-only, which is the point


def test_a_fault_in_a_package_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "area_with_a_fault"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "queries.sql").write_text("SELECT 1")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StatementsError, match=r"area_with_a_fault/queries\.sql, line 1"):
        load_statements("area_with_a_fault")
    monkeypatch.delitem(sys.modules, "area_with_a_fault")
