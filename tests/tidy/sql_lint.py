"""The SQL lint: what no statement and no table of this project may do.

Run by the tidy tests, or alone with `python -m tests.tidy.sql_lint`. The lists of exceptions are
short, and every entry says why it is one; directory tables are listed in `sql_schema`.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.tidy.house import ROOT, Finding
from tests.tidy.sql_locks import stale_facts, wide_locks
from tests.tidy.sql_reading import Node, Statement, last_name, nodes_in, read_everything
from tests.tidy.sql_schema import (
    KEY_CONSTRAINTS,
    Column,
    Constraint,
    Schema,
    Table,
    schema_of,
    type_name,
    type_sizes,
)

# Numeric columns that are neither a quantity nor a unit price, by name.
OTHER_DECIMALS: Mapping[str, tuple[tuple[int, int], str]] = MappingProxyType(
    {
        "vat_rate": ((5, 2), "a percentage: 21.00"),
        "tax_rate": ((7, 4), "a percentage, as a marketplace said it: 7.7000"),
        "postage_tax_rate": ((7, 4), "a percentage, as a marketplace said it: 7.7000"),
        "price_percentage": ((7, 4), "a percentage of a price: 92.5000"),
    }
)

QUANTITY = (15, 3)
UNIT_PRICE = (15, 4)
QUANTITY_WORDS = re.compile(r"(^|_)quantity(_|$)")
QUANTITY_NAMES = frozenset({"on_hand", "held", "allocated", "incoming", "available", "shipped"})
PRICE_WORDS = re.compile(r"(^|_)price(_|$)")
WHOLE_NUMBERS = frozenset({"int2", "int4", "int8"})

FORBIDDEN_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "float4": "not exact; use numeric(15,3) or numeric(15,4)",
        "float8": "not exact; use numeric(15,3) or numeric(15,4)",
        "money": "depends on the server's locale; use integer minor units with a currency",
        "serial": "ids are made by the application",
        "serial2": "ids are made by the application",
        "serial4": "ids are made by the application",
        "serial8": "ids are made by the application",
        "smallserial": "ids are made by the application",
        "bigserial": "ids are made by the application",
        "timestamp": "says no zone; use timestamptz",
        "timetz": "a zone without a date means nothing; use timestamptz",
    }
)

VOLATILE = frozenset(
    {
        "clock_timestamp",
        "currval",
        "gen_random_bytes",
        "gen_random_uuid",
        "lastval",
        "nextval",
        "now",
        "pg_current_xact_id",
        "random",
        "random_normal",
        "setseed",
        "setval",
        "statement_timestamp",
        "timeofday",
        "transaction_timestamp",
        "txid_current",
        "uuid_generate_v1",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
    }
)

FORBIDDEN_STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "CreateEventTrigStmt": "no triggers",
        "CreateFunctionStmt": "no functions in the database: this lint cannot see into them",
        "CreateTrigStmt": "no triggers",
        "DiscardStmt": "changes the session, which a pooler hands to others",
        "DoStmt": "no DO blocks: this lint cannot see into them",
        "ListenStmt": "no LISTEN: it does not pass a pooler",
        "LockStmt": "no LOCK TABLE: it locks every owner's rows",
        "MergeStmt": "no MERGE: it cannot be spread over several databases",
        "NotifyStmt": "no NOTIFY: commits would queue behind one lock",
        "RuleStmt": "no rules",
        "TransactionStmt": "the edge begins and commits, not a statement",
        "UnlistenStmt": "no LISTEN: it does not pass a pooler",
    }
)

# What happened is added to and never edited (docs/decisions/0008).
HISTORY_TABLES = frozenset({"audit", "ledger"})

WRITES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt", "TruncateStmt")


def lint(root: Path = ROOT) -> list[Finding]:
    """Every offence in the tree's SQL."""
    reading = read_everything(root)
    schema = schema_of(reading.statements)
    found = list(reading.findings)
    for table in schema.tables.values():
        found += table_owner(table)
        found += table_keys(schema, table)
        found += table_names(table)
        for column in table.columns:
            found += column_decimals(table, column)
    found += indexes(schema)
    for statement in reading.statements:
        found += forbidden_statements(statement)
        found += edited_history(statement)
        found += session_settings(statement)
        found += forbidden_functions(statement)
        found += volatile_writes(statement)
        found += select_stars(statement)
        found += values_with_subselects(statement)
        found += forbidden_types(statement)
        found += stale_facts(statement)
    found += wide_locks(schema, reading.statements)
    found += mixed_migrations(reading.statements)
    return sorted(set(found))


# Tables


def table_owner(table: Table) -> Iterator[Finding]:
    """A business table says whose rows it has and begins its key with that."""
    if table.is_directory or table.is_partition:
        return
    if table.owner is None:
        yield table.statement.finding(f"{table.name}: no owner's column, and no directory table")
    elif not table.primary_key:
        yield table.statement.finding(f"{table.name}: no primary key")


def table_keys(schema: Schema, table: Table) -> Iterator[Finding]:
    """The owner's column comes first in every key; foreign keys stay on the owner's side."""
    for constraint in table.constraints:
        what = KEY_CONSTRAINTS.get(constraint.kind)
        if what is None:
            continue
        called = f"{table.name}: {what} {constraint.name}"
        if table.owner is not None and constraint.columns[:1] != (table.owner,):
            yield constraint.statement.finding(f"{called} does not begin with {table.owner}")
        if constraint.kind == "CONSTR_FOREIGN":
            yield from _foreign_key(schema, table, constraint, called)


def _foreign_key(
    schema: Schema, table: Table, constraint: Constraint, called: str
) -> Iterator[Finding]:
    target = schema.tables.get(constraint.target)
    if target is None:
        yield constraint.statement.finding(f"{called} refers to the unknown {constraint.target}")
    elif target.owner is not None:
        pointed_at = constraint.target_columns or target.primary_key
        if table.is_directory:
            yield constraint.statement.finding(f"{called} leads from a directory into business")
        elif pointed_at[:1] != (target.owner,):
            yield constraint.statement.finding(f"{called} does not point at {target.owner} first")


def table_names(table: Table) -> Iterator[Finding]:
    """Every constraint has a name of ours, since refusals and messages go by it."""
    named = {*KEY_CONSTRAINTS, "CONSTR_CHECK"}
    for constraint in table.constraints:
        if constraint.kind in named and not constraint.name:
            what = KEY_CONSTRAINTS.get(constraint.kind, "check")
            on = ", ".join(constraint.columns)
            yield constraint.statement.finding(f"{table.name}: a {what} ({on}) has no name")


def indexes(schema: Schema) -> Iterator[Finding]:
    """Indexes have names, and unique ones begin with the owner's column."""
    for index in schema.indexes:
        table = schema.tables.get(index.table)
        if not index.name:
            yield index.statement.finding(f"an index on {index.table} has no name")
        if table is None:
            yield index.statement.finding(f"{index.name}: no table {index.table} is made here")
        elif index.is_unique and table.owner is not None and index.first != table.owner:
            yield index.statement.finding(
                f"{table.name}: unique index {index.name} does not begin with {table.owner}"
            )


def column_decimals(table: Table, column: Column) -> Iterator[Finding]:
    """Quantities have three places, unit prices four; nothing else is a decimal."""
    kind, sizes = type_name(column.type), type_sizes(column.type)
    called = f"{table.name}.{column.name}"
    is_quantity = bool(QUANTITY_WORDS.search(column.name)) or column.name in QUANTITY_NAMES
    if is_quantity and kind in WHOLE_NUMBERS:
        yield column.statement.finding(f"{called}: a quantity is numeric(15,3)")
    if kind != "numeric":
        return
    if column.name in OTHER_DECIMALS:
        wanted = OTHER_DECIMALS[column.name][0]
    else:
        wanted = UNIT_PRICE if PRICE_WORDS.search(column.name) else QUANTITY
    if sizes != wanted:
        yield column.statement.finding(f"{called}: must be numeric({wanted[0]},{wanted[1]})")


# Statements


def forbidden_types(statement: Statement) -> Iterator[Finding]:
    """No inexact numbers, no ids made by the database, no times without a zone; casts included."""
    for kind, body in statement.nodes():
        if kind == "TypeName" and type_name(body) in FORBIDDEN_TYPES:
            name = type_name(body)
            yield statement.finding(f"type {name}: {FORBIDDEN_TYPES[name]}")


def forbidden_statements(statement: Statement) -> Iterator[Finding]:
    for kind, _ in statement.nodes():
        if kind in FORBIDDEN_STATEMENTS:
            yield statement.finding(FORBIDDEN_STATEMENTS[kind])


def edited_history(statement: Statement) -> Iterator[Finding]:
    """Rows of audit and ledger stay as they were written, and nobody is allowed otherwise."""
    for kind, body in statement.nodes():
        tables: list[str] = []
        if kind in ("UpdateStmt", "DeleteStmt"):
            tables = [body["relation"]["relname"]]
        elif kind == "TruncateStmt":
            tables = [each["RangeVar"]["relname"] for each in body["relations"]]
        elif kind == "InsertStmt" and body.get("onConflictClause", {}).get("action") == (
            "ONCONFLICT_UPDATE"
        ):
            tables = [body["relation"]["relname"]]
        elif kind == "GrantStmt" and body.get("is_grant"):
            tables = [each["RangeVar"]["relname"] for each in body.get("objects", [])]
        for table in HISTORY_TABLES.intersection(tables):
            yield statement.finding(f"{table}: what happened is added to, never edited")


def session_settings(statement: Statement) -> Iterator[Finding]:
    """Settings last for the transaction only, so that a pooler may hand the session on."""
    for kind, body in statement.nodes():
        if kind == "VariableSetStmt":
            if not body.get("is_local") and body.get("name") != "TRANSACTION":
                yield statement.finding("SET for the session; write SET LOCAL")
        elif kind == "FuncCall" and last_name(body.get("funcname")) == "set_config":
            last = body.get("args", [{}])[-1]
            if not last.get("A_Const", {}).get("boolval", {}).get("boolval"):
                yield statement.finding("set_config for the session; its last argument is true")


def forbidden_functions(statement: Statement) -> Iterator[Finding]:
    for kind, body in statement.nodes():
        if kind != "FuncCall":
            continue
        name = last_name(body.get("funcname"))
        if name == "pg_notify":
            yield statement.finding("no NOTIFY: commits would queue behind one lock")
        # The one advisory lock is the migrator's, in infra, not in a query file.
        if name.startswith(("pg_advisory_", "pg_try_advisory_")):
            yield statement.finding(f"{name}: only the migrator takes an advisory lock")


def volatile_writes(statement: Statement) -> Iterator[Finding]:
    """A statement that updates or deletes gets time, chance and ids as parameters.

    The whole statement counts, not only its UPDATE part: a value may come out of a WITH.
    """
    if not statement.has("UpdateStmt", "DeleteStmt") and not _updates_on_conflict(statement):
        return
    for kind, body in statement.nodes():
        name = last_name(body.get("funcname")) if kind == "FuncCall" else ""
        if name in VOLATILE:
            yield statement.finding(f"{name}() beside UPDATE or DELETE; pass it as a parameter")
        if kind == "SQLValueFunction" and "CURRENT_" in _time_function(body):
            yield statement.finding(f"{_time_function(body)} beside UPDATE or DELETE")


def _updates_on_conflict(statement: Statement) -> bool:
    return any(
        kind == "OnConflictClause" and body.get("action") == "ONCONFLICT_UPDATE"
        for kind, body in statement.nodes()
    )


def _time_function(body: Node) -> str:
    op = str(body.get("op", "")).removeprefix("SVFOP_").removesuffix("_N")
    of_time = {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"}
    renamed = {"LOCALTIME": "CURRENT_TIME", "LOCALTIMESTAMP": "CURRENT_TIMESTAMP"}
    name = renamed.get(op, op)
    return name if name in of_time else ""


def select_stars(statement: Statement) -> Iterator[Finding]:
    """Columns are named, so that a new one cannot change what an old query returns.

    A star over `unnest` alone is let through: it stands for the statement's own parameters.
    """
    over_parameters = sum(
        1
        for kind, body in statement.nodes()
        if kind == "SelectStmt" and _reads_only_parameters(body) and _is_bare_star(body)
    )
    stars = sum("A_Star" in element for element in _elements(statement.body))
    if stars > over_parameters:
        yield statement.finding("name the columns instead of *")


def _reads_only_parameters(select: Node) -> bool:
    sources = select.get("fromClause", [])
    return bool(sources) and all(
        last_name(call["List"]["items"][0].get("FuncCall", {}).get("funcname")) == "unnest"
        for source in sources
        for call in source.get("RangeFunction", {}).get("functions", [{"List": {"items": [{}]}}])
    )


def _is_bare_star(select: Node) -> bool:
    targets = select.get("targetList", [])
    first = targets[0]["ResTarget"].get("val", {}) if len(targets) == 1 else {}
    return bool(first.get("ColumnRef", {}).get("fields") == [{"A_Star": {}}])


def _elements(tree: object) -> Iterator[Node]:
    """Every mapping inside a list: where a star stands."""
    if isinstance(tree, list):
        for element in tree:
            if isinstance(element, dict):
                yield element
            yield from _elements(element)
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _elements(value)


def values_with_subselects(statement: Statement) -> Iterator[Finding]:
    for kind, body in statement.nodes():
        if kind != "InsertStmt":
            continue
        values = body.get("selectStmt", {}).get("SelectStmt", {}).get("valuesLists", [])
        if any(kind == "SubLink" for kind, _ in nodes_in(values)):
            yield statement.finding("INSERT .. VALUES with a subselect; write INSERT .. SELECT")


def mixed_migrations(statements: list[Statement]) -> Iterator[Finding]:
    """A migration changes the schema or the data, never both in its one transaction."""
    by_path: dict[Path, list[Statement]] = {}
    for statement in statements:
        if statement.is_migration:
            by_path.setdefault(statement.path, []).append(statement)
    for together in by_path.values():
        writes = [statement for statement in together if statement.kind in WRITES]
        if writes and len(writes) < len(together):
            yield writes[0].finding("changes data in a migration that changes the schema")


def main() -> int:
    """Print what is wrong; the exit code says whether anything is."""
    found = lint()
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
