"""The tables that the migrations make, as the lint needs to know them.

Here stands which tables are directories, which column names an owner, and which decimals are
neither quantities nor prices. A new entry says why.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.tidy.sql_reading import Node, Statement, last_name, strings

# Tables that are looked up by something other than their owner, which no owner's column can lead.
DIRECTORY_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "organisations": "the list of owners itself; a slug is unique on the whole network",
        "people": "a person logs in by an e-mail address before any organisation is known",
        "log_in_sessions": "found by the secret that a browser sends",
        "log_in_tries": "wrong passwords are counted before any organisation is known",
        "password_resets": "found by the one-time key that a person enters",
        "tokens": "found by the hash of what a program sends",
        "invite_keys": "found by the secret that a retailer enters",
        "jwt_issuers": "found by the issuer's address",
        "legacy_ids": "numbers are given out per type, across owners",
        "followers": "the sequencer and its followers count for the whole network",
        "pgqueuer": "the job queue's own table, made as that library wants it",
        "pgqueuer_log": "the job queue's own table, made as that library wants it",
        "pgqueuer_statistics": "the job queue's own table, made as that library wants it",
        "schema_migrations": "about the schema, not about anybody's business",
    }
)

OWNER_COLUMNS = ("owner", "organisation")

# Business tables whose owner goes by a name of its own.
OWNER_BY_TABLE: Mapping[str, str] = MappingProxyType(
    {
        "trading_rights": "seller",
        "partnerships": "wholesaler",
        "partnership_invitations": "wholesaler",
        "fixed_prices": "wholesaler",
        "transfers": "wholesaler",
        "transfer_legs": "wholesaler",
        "product_matches": "retailer",
        "feed_touched": "retailer",
        "feed_numbers": "retailer",
    }
)

KEY_CONSTRAINTS: Mapping[str, str] = MappingProxyType(
    {
        "CONSTR_PRIMARY": "primary key",
        "CONSTR_UNIQUE": "unique constraint",
        "CONSTR_EXCLUSION": "exclusion constraint",
        "CONSTR_FOREIGN": "foreign key",
    }
)


class Constraint(NamedTuple):
    """A constraint of a table and its columns; the target is what a foreign key points at."""

    statement: Statement
    kind: str
    name: str
    columns: tuple[str, ...]
    target: str = ""
    target_columns: tuple[str, ...] = ()


class Column(NamedTuple):
    """A column and its type as written."""

    statement: Statement
    name: str
    type: Node


class Table:
    """A table as all migrations together leave it."""

    def __init__(self, name: str, statement: Statement) -> None:
        self.name = name
        self.statement = statement
        self.columns: list[Column] = []
        self.constraints: list[Constraint] = []
        self.is_partition = False

    @property
    def is_directory(self) -> bool:
        return self.name in DIRECTORY_TABLES

    @property
    def owner(self) -> str | None:
        """The column that says whose rows these are; None for directories and for mistakes."""
        if self.is_directory:
            return None
        wanted = (OWNER_BY_TABLE[self.name],) if self.name in OWNER_BY_TABLE else OWNER_COLUMNS
        return next((column.name for column in self.columns if column.name in wanted), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        keys = [c.columns for c in self.constraints if c.kind == "CONSTR_PRIMARY"]
        return keys[0] if keys else ()


class Index(NamedTuple):
    """An index; `first` is its first column, empty for an expression."""

    statement: Statement
    name: str
    table: str
    first: str
    is_unique: bool


class Schema(NamedTuple):
    """What the migrations make."""

    tables: dict[str, Table]
    indexes: list[Index]


def schema_of(statements: list[Statement]) -> Schema:
    schema = Schema({}, [])
    for statement in statements:
        if not statement.is_migration:
            continue
        body = statement.body
        if statement.kind == "CreateStmt":
            _create(schema, statement)
        elif statement.kind == "AlterTableStmt":
            _alter(schema, statement)
        elif statement.kind == "IndexStmt":
            first = body["indexParams"][0]["IndexElem"].get("name", "")
            name, table = body.get("idxname", ""), body["relation"]["relname"]
            unique = bool(body.get("unique"))
            schema.indexes.append(Index(statement, name, table, first, unique))
    return schema


def _create(schema: Schema, statement: Statement) -> None:
    relation = statement.body["relation"]
    table = Table(relation["relname"], statement)
    table.is_partition = "partbound" in statement.body
    schema.tables[table.name] = table
    for element in statement.body.get("tableElts", []):
        _add(table, statement, element)


def _alter(schema: Schema, statement: Statement) -> None:
    name = statement.body["relation"]["relname"]
    table = schema.tables.setdefault(name, Table(name, statement))
    for wrapped in statement.body.get("cmds", []):
        command = wrapped["AlterTableCmd"]
        if command["subtype"] in ("AT_AddConstraint", "AT_AddColumn"):
            _add(table, statement, command["def"])
        elif command["subtype"] == "AT_DropConstraint":
            dropped = command["name"]
            table.constraints = [c for c in table.constraints if c.name != dropped]
        elif command["subtype"] == "AT_DropColumn":
            table.columns = [c for c in table.columns if c.name != command["name"]]
        elif command["subtype"] == "AT_AlterColumnType":
            retyped = Column(statement, command["name"], command["def"]["ColumnDef"]["typeName"])
            table.columns = [retyped if c.name == retyped.name else c for c in table.columns]


def _add(table: Table, statement: Statement, element: Node) -> None:
    if "ColumnDef" in element:
        column = element["ColumnDef"]
        name = column["colname"]
        table.columns.append(Column(statement, name, column.get("typeName", {})))
        for constraint in column.get("constraints", []):
            table.constraints.append(_constraint(statement, constraint["Constraint"], name))
    elif "Constraint" in element:
        table.constraints.append(_constraint(statement, element["Constraint"], ""))


def _constraint(statement: Statement, body: Node, column: str) -> Constraint:
    kind = body["contype"]
    own = body.get("fk_attrs") if kind == "CONSTR_FOREIGN" else body.get("keys")
    columns = tuple(strings(own)) or tuple(_excluded(body)) or ((column,) if column else ())
    return Constraint(
        statement,
        kind,
        body.get("conname", ""),
        columns,
        body.get("pktable", {}).get("relname", ""),
        tuple(strings(body.get("pk_attrs"))),
    )


def _excluded(body: Node) -> Iterator[str]:
    for exclusion in body.get("exclusions", []):
        element = exclusion["List"]["items"][0].get("IndexElem", {})
        yield element.get("name", "")


def type_name(type_node: Node) -> str:
    return last_name(type_node.get("names"))


def type_sizes(type_node: Node) -> tuple[int, ...]:
    """The numbers in brackets behind a type, such as 15 and 3."""
    return tuple(
        size["A_Const"].get("ival", {}).get("ival", 0)
        for size in type_node.get("typmods", [])
        if "A_Const" in size
    )
