"""Every named statement fits the migrated schema, and its rows fit the type declared for them.

A store may say what comes back: `ROWS: Mapping[str, type]`, from a statement's name to the type of
its rows (a `msgspec.Struct` or a `NamedTuple`) whose fields are the columns, in their order. Rows
are built by position, so a column that moved would otherwise end up in the wrong field.
"""

import importlib
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec
import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.statements import read_statements
from tests.tidy.house import PACKAGE, ROOT, files, source

# What the pool hands out for a column; other types are compared by name only.
PYTHON_TYPES: Mapping[str, type] = {
    "bool": bool,
    "bytea": bytes,
    "date": date,
    "int2": int,
    "int4": int,
    "int8": int,
    "json": bytes,
    "jsonb": bytes,
    "numeric": Decimal,
    "text": str,
    "timestamptz": datetime,
    "uuid": str,
}
PLAIN_TYPES = frozenset(PYTHON_TYPES.values())

QUERY_FILES = [path for path in files(".sql", PACKAGE) if "migrations" not in path.parts]


def mismatches(columns: Sequence[tuple[str, str]], row_type: type) -> list[str]:
    """How the columns of a statement (name and PostgreSQL type) differ from its row type."""
    fields = typing.get_type_hints(row_type)
    names = [name for name, _ in columns]
    if names != list(fields):
        return [f"columns {names} are not the fields {list(fields)}"]
    return [
        f"{name} is {kind}, which is no {fields[name]}"
        for name, kind in columns
        if kind in PYTHON_TYPES and not _may_hold(fields[name], PYTHON_TYPES[kind])
    ]


def _may_hold(hint: object, value_type: type) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_may_hold(part, value_type) for part in typing.get_args(hint))
    # Enumerations and other types of ours are converted on purpose.
    return hint is value_type or (hint is not type(None) and hint not in PLAIN_TYPES)


def declared_rows(path: Path) -> Mapping[str, type]:
    package, name = ".".join(path.parent.relative_to("src").parts), "ROWS"
    if path.parent.name == "store":
        module = f"{package}.{path.stem}"
    elif path.stem in {"queries", "views"} and (ROOT / path.parent / "store.py").exists():
        module = f"{package}.store"
        name = "VIEW_ROWS" if path.stem == "views" else name
    else:
        return {}
    rows: Mapping[str, type] = getattr(importlib.import_module(module), name, {})
    return rows


@pytest.mark.parametrize("path", QUERY_FILES, ids=lambda path: path.parent.name)
async def test_statements_fit_the_schema(pool: Pool, path: Path) -> None:
    rows = declared_rows(path)
    statements = read_statements(source(path), where=str(path))
    faults = [f"ROWS names {name}" for name in rows if name not in {s.name for s in statements}]
    async with pool.acquire() as connection:
        for statement in statements:
            try:
                prepared = await connection.prepare(statement.sql)
            except asyncpg.PostgresError as error:
                faults.append(f"{statement.name} (line {statement.line}): {error}")
                continue
            columns = [(column.name, column.type.name) for column in prepared.get_attributes()]
            if statement.name in rows:
                found = mismatches(columns, rows[statement.name])
                faults += [f"{statement.name} (line {statement.line}): {fault}" for fault in found]
    assert not faults, "\n" + "\n".join(faults)


class Row(msgspec.Struct):
    """What a planted statement returns."""

    id: str
    quantity: Decimal
    ended_at: datetime | None


class RowTuple(NamedTuple):
    """The same, as a tuple."""

    id: str
    quantity: Decimal
    ended_at: datetime | None


@pytest.mark.parametrize("row_type", [Row, RowTuple])
@pytest.mark.parametrize(
    ("columns", "count"),
    [
        ([("id", "uuid"), ("quantity", "numeric"), ("ended_at", "timestamptz")], 0),
        ([("id", "uuid"), ("ended_at", "timestamptz"), ("quantity", "numeric")], 1),
        ([("id", "uuid"), ("quantity", "numeric")], 1),
        ([("id", "uuid"), ("qty", "numeric"), ("ended_at", "timestamptz")], 1),
        ([("id", "uuid"), ("quantity", "int8"), ("ended_at", "text")], 2),
    ],
)
def test_rows_that_do_not_fit_are_found(
    row_type: type, columns: list[tuple[str, str]], count: int
) -> None:
    assert len(mismatches(columns, row_type)) == count


async def test_a_statement_that_does_not_fit_is_refused(pool: Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.prepare("SELECT id FROM no_such_table")
