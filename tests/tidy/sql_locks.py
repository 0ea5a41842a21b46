"""Row locks stay with one owner, but for the few statements named here; and they read no more.

A lock over several owners is taken in one known order in one place each, or two transactions
would wait for one another; and a database spread over machines cannot take it at all.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tests.tidy.house import AREAS, Finding
from tests.tidy.sql_reading import Node, Statement, nodes_in, strings
from tests.tidy.sql_schema import OWNER_COLUMNS, Schema

# `area.statement`: why it may lock the rows of several owners in one go.
WIDE_LOCKS: Mapping[str, str] = MappingProxyType(
    {
        "stock.lock_positions": (
            "an order over several owners is decided whole; keys are locked in ascending order"
        ),
        "orders.lock_orders": (
            "a batch acts on the orders of several organisations; locked by (organisation, id)"
        ),
        "orders.lock_partnerships": (
            "a batch may draw on several wholesalers; locked by (wholesaler, id), shared"
        ),
        "orders.lock_windows": (
            "a batch places in sessions of several traders; locked by (organisation, id), shared"
        ),
        "orders.lock_windows_alone": (
            "a batch makes session orders of several traders; locked by (organisation, id)"
        ),
    }
)


def wide_locks(schema: Schema, statements: list[Statement]) -> Iterator[Finding]:
    """Locks that no equality with a parameter keeps to one owner, and list entries nobody uses."""
    used = set()
    read = set()
    for statement in statements:
        room = _area(statement)
        read.add(room)
        allowed = f"{room}.{statement.name}" in WIDE_LOCKS
        for locked in _locked_freely(schema, statement):
            if allowed:
                used.add(f"{room}.{statement.name}")
            else:
                says = f"locks {locked} of more than one owner; compare its owner with a parameter"
                yield statement.finding(says)
    for name in WIDE_LOCKS:
        room = name.partition(".")[0]
        if room in read and room in AREAS and name not in used:
            says = f"{name} is in WIDE_LOCKS but locks nothing widely; take it out"
            yield Finding("tests/tidy/sql_locks.py", 1, says)


def _area(statement: Statement) -> str:
    """The area whose statement it is; a store may be a folder of its own."""
    folder = statement.path.parent
    return folder.parent.name if folder.name == "store" else folder.name


def stale_facts(statement: Statement) -> Iterator[Finding]:
    """A statement that locks rows reads nothing but them.

    When it has waited for a lock it sees the locked rows as they are, but every other row as it
    was before the wait. So facts are read by the next statement.
    """
    common = _common_names(statement)
    locked: set[str] = set()
    read: set[str] = set()
    for kind, body in statement.nodes():
        if kind in ("SelectStmt", "UpdateStmt", "DeleteStmt"):
            relations = dict(
                _relations([*body.get("fromClause", []), *body.get("usingClause", [])])
            )
            read.update(relations.values())
            if "lockingClause" in body:
                aliases = _locked_aliases(body, relations)
                locked.update(relations.get(alias, alias) for alias in aliases)
    if locked:
        for table in sorted(read - locked - common):
            yield statement.finding(f"reads {table} while it locks; read it in a later statement")


def _common_names(statement: Statement) -> set[str]:
    return {body["ctename"] for kind, body in statement.nodes() if kind == "CommonTableExpr"}


def _locked_freely(schema: Schema, statement: Statement) -> Iterator[str]:
    common = _common_names(statement)
    for kind, body in statement.nodes():
        if kind != "SelectStmt" or "lockingClause" not in body:
            continue
        relations = dict(_relations(body.get("fromClause", [])))
        pinned = set(_pinned(body))
        for alias in _locked_aliases(body, relations):
            table = relations.get(alias, alias)
            if table not in common and not _keeps_to_one(schema, table, alias, pinned, relations):
                yield table


def _relations(from_clause: object) -> Iterator[tuple[str, str]]:
    """Alias and table of every relation named in FROM, joins included but not subselects."""
    if isinstance(from_clause, list):
        for element in from_clause:
            yield from _relations(element)
    elif isinstance(from_clause, dict):
        if "RangeVar" in from_clause:
            relation = from_clause["RangeVar"]
            name = relation["relname"]
            yield relation.get("alias", {}).get("aliasname", name), name
        if "JoinExpr" in from_clause:
            yield from _relations([from_clause["JoinExpr"][side] for side in ("larg", "rarg")])


def _locked_aliases(select: Node, relations: Mapping[str, str]) -> Iterator[str]:
    for wrapped in select["lockingClause"]:
        named = wrapped["LockingClause"].get("lockedRels")
        if named is None:
            yield from relations
        else:
            yield from (relation["RangeVar"]["relname"] for relation in named)


def _pinned(select: Node) -> Iterator[tuple[str, str]]:
    """Alias (or nothing) and column of each equality with a parameter that must hold."""
    conditions = [select.get("whereClause")]
    conditions += [
        body.get("quals")
        for kind, body in nodes_in(select.get("fromClause", []))
        if kind == "JoinExpr" and body.get("jointype") == "JOIN_INNER"
    ]
    while conditions:
        condition = conditions.pop()
        if not condition:
            continue
        if condition.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
            conditions += condition["BoolExpr"]["args"]
        comparison = condition.get("A_Expr", {})
        if comparison.get("kind") == "AEXPR_OP" and strings(comparison.get("name")) == ["="]:
            yield from _pinned_side(comparison.get("lexpr", {}), comparison.get("rexpr", {}))
            yield from _pinned_side(comparison.get("rexpr", {}), comparison.get("lexpr", {}))


def _pinned_side(column: Node, value: Node) -> Iterator[tuple[str, str]]:
    while "TypeCast" in value:
        value = value["TypeCast"]["arg"]
    if "ColumnRef" in column and ("ParamRef" in value or "A_Const" in value):
        names = strings(column["ColumnRef"].get("fields"))
        if names:
            yield (names[-2] if len(names) > 1 else "", names[-1])


def _keeps_to_one(
    schema: Schema,
    table_name: str,
    alias: str,
    pinned: set[tuple[str, str]],
    relations: Mapping[str, str],
) -> bool:
    """One owner of a business table, or one row of a directory table."""
    table = schema.tables.get(table_name)
    if table is None:
        wanted = set(OWNER_COLUMNS)
    elif table.is_directory:
        wanted = set(table.primary_key)
        return bool(wanted) and all(_is_pinned(c, alias, pinned, relations) for c in wanted)
    else:
        wanted = {table.owner or ""}
    return any(_is_pinned(column, alias, pinned, relations) for column in wanted)


def _is_pinned(
    column: str, alias: str, pinned: set[tuple[str, str]], relations: Mapping[str, str]
) -> bool:
    return (alias, column) in pinned or (len(relations) == 1 and ("", column) in pinned)
