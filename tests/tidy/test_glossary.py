"""One word for each idea: names in Python and SQL do not use another word for something of ours.

Only names that this project gives are looked at; a call into a library uses the library's. The
edges speak the words of the standards they meet and are left out. Words that are also ordinary
programming (item, state, lock, token, level) cannot be told apart by a program and are not listed.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.tidy.house import EDGES, PACKAGE, ROOT, Finding, files, plant, report, source, tree_of
from tests.tidy.sql_reading import Statement, read_everything

# A word or words_in_a_row, in the singular -> what we say.
INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "advert": "product",
        "aggregate_order": "session_order",
        "alert": "notice",
        "article": "product",
        "backorder_limit": "backorder_threshold",
        "barcode": "gtin",
        "cart": "order",
        "commitment": "hold",
        "company": "organisation",
        "ean": "gtin",
        "end_user": "customer",
        "free_stock": "available",
        "fulfilment_state": "fulfilment_status",
        "inventory_level": "position",
        "invite_code": "invite_key",
        "invite_token": "invite_key",
        "invoice_run": "settlement",
        "line_item": "order_line",
        "lineitem": "order_line",
        "lot_size": "order_quantity_multiple",
        "merchant": "seller",
        "moq": "order_quantity_min",
        "order_cycle": "sales_session",
        "order_state": "order_status",
        "pack_size": "units_per_case",
        "payment_state": "payment_status",
        "payout": "settlement",
        "pending_order": "backorder",
        "price_type": "pricing_model",
        "producer_order": "session_order",
        "product_code": "sku",
        "qty": "quantity",
        "quota": "allocation",
        "reseller": "retailer",
        "reservation": "hold",
        "reserve": "hold",
        "reserved": "held",
        "reserving": "holding",
        "sellable": "available",
        "shared_stock": "available_to_promise",
        "sharing_mode": "sharing_policy",
        "sharing_type": "sharing_policy",
        "shipping_state": "fulfilment_status",
        "stock_level": "position",
        "sub_order": "seller_invoice",
        "suborder": "seller_invoice",
        "tariff": "price_list",
        "tenant": "organisation",
        "vendor": "wholesaler (or seller, of a marketplace)",
        "virtual_stock": "available_to_promise",
        # American spellings
        "behavior": "behaviour",
        "canceled": "cancelled",
        "canceling": "cancelling",
        "cancelation": "cancellation",
        "catalog": "catalogue",
        "center": "centre",
        "color": "colour",
        "favorite": "favourite",
        "fulfill": "fulfil",
        "fulfillment": "fulfilment",
        "labeled": "labelled",
        "neighbor": "neighbour",
        "organization": "organisation",
    }
)

# `path: name` -> why this one name may stay.
ALLOWED: Mapping[str, str] = MappingProxyType({})

WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
LONGEST = max(phrase.count("_") for phrase in INSTEAD) + 1


def offences(root: Path) -> list[Finding]:
    found = set()
    for path, line, name in [*_python_names(root), *_sql_names(root)]:
        if any(edge in path.parents for edge in EDGES) or f"{path}: {name}" in ALLOWED:
            continue
        for phrase in _others(name):
            says = f"{name}: the glossary says {INSTEAD[phrase]}, not {phrase}"
            found.add(Finding(str(path), line, says))
    return sorted(found)


@cache
def _others(name: str) -> tuple[str, ...]:
    """The phrases of a name for which we say something else; the same names come back often."""
    return tuple(phrase for phrase in _phrases(name) if phrase in INSTEAD)


def _phrases(name: str) -> Iterator[str]:
    words = [word.lower() for word in WORDS.findall(name)]
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            phrase = "_".join(words[start:end])
            yield phrase
            if phrase.endswith("ies"):
                yield phrase.removesuffix("ies") + "y"
            elif phrase.endswith("s"):
                yield phrase.removesuffix("s")


def _python_names(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in files(".py", PACKAGE, root):
        yield path, 1, path.stem
        # Names are words of the text: where none of these offends, no name does.
        if not any(_others(word) for word in set(re.findall(r"\w+", source(path, root)))):
            continue
        for node in ast.walk(tree_of(path, root)):
            for line, name in _names_given(node):
                yield path, line, name


def _names_given(node: ast.AST) -> Iterator[tuple[int, str]]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.lineno, node.name
        case ast.arg():
            yield node.lineno, node.arg
        case ast.Name(ctx=ast.Store()):
            yield node.lineno, node.id
        case ast.Attribute(ctx=ast.Store()):
            yield node.lineno, node.attr
        case ast.Import() | ast.ImportFrom():
            yield from ((node.lineno, alias.asname) for alias in node.names if alias.asname)
        case ast.ExceptHandler(name=str(name)):
            yield node.lineno, name
        case _:
            pass


def _sql_names(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in files(".sql", PACKAGE, root):
        yield path, 1, path.stem
    for statement in read_everything(root).statements:
        for name in _names_in(statement):
            yield statement.path, statement.line, name


def _names_in(statement: Statement) -> Iterator[str]:
    yield statement.name
    for kind, body in statement.nodes():
        if kind == "CreateStmt":
            yield body["relation"]["relname"]
        fields = ("colname", "conname", "idxname", "ctename", "newname")
        yield from (str(body[field]) for field in fields if field in body)
        if kind == "ResTarget" and "name" in body:
            yield str(body["name"])
        if "alias" in body:
            yield str(body["alias"].get("aliasname", ""))


def test_names_keep_to_the_glossary() -> None:
    assert not (found := offences(ROOT)), report(found)


@pytest.mark.parametrize(
    "text",
    [
        "def make_reservation() -> None: ...",
        "class TenantSettings: ...",
        "vendors = []",
        "companies: list[int] = []",
        "def f(order_qty: int) -> None: ...",
        "for line_item in []: pass",
        "class X:\n    def f(self) -> None:\n        self.canceled_at = 1",
        "import decimal as catalog",
        "isCanceled = True",
        "class HTTPMerchantAPI: ...",
        "async def fulfill_order() -> None: ...",
        "COMPANY_ID = 1",
    ],
)
def test_another_word_is_found_in_python(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {"src/entrepot/orders/model.py": text})
    assert len(offences(tmp_path)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE reservations (owner uuid);",
        "CREATE TABLE holds (company uuid);",
        "CREATE TABLE holds (owner uuid CONSTRAINT tenant_known NOT NULL);",
        "CREATE INDEX holds_by_vendor ON holds (owner);",
        "ALTER TABLE holds RENAME COLUMN owner TO merchant;",
    ],
)
def test_another_word_is_found_in_the_schema(tmp_path: Path, sql: str) -> None:
    text = f"-- deploy: before\n-- Makes it.\n{sql}\n"
    plant(tmp_path, {"src/entrepot/migrations/0001_ground.sql": text})
    assert len(offences(tmp_path)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "-- name: lock_reservations\n-- Locks.\nSELECT 1;\n",
        "-- name: f\n-- Finds.\nSELECT held AS reserved FROM positions;\n",
        "-- name: f\n-- Finds.\nWITH carts AS (SELECT 1 AS x) SELECT x FROM carts;\n",
        "-- name: f\n-- Finds.\nSELECT tenant.id FROM organisations AS tenant;\n",
    ],
)
def test_another_word_is_found_in_queries(tmp_path: Path, query: str) -> None:
    plant(tmp_path, {"src/entrepot/orders/queries.sql": query})
    assert len(offences(tmp_path)) == 1


def test_our_words_libraries_and_edges_pass(tmp_path: Path) -> None:
    ours = (
        "from rich import color\n"
        "def hold_stock(catalogue: object, organisation: object) -> None:\n"
        "    print(color=catalogue.reserved_names, tenant=1)\n"
        "scarted = European = alerted = 1\n"
    )
    plant(tmp_path, {"src/entrepot/orders/model.py": ours})
    theirs = "class Catalog: ...\nreservation = vendor = 1\n"
    plant(tmp_path, {"src/entrepot/apis/dfc/readers.py": theirs})
    plant(tmp_path, {"src/entrepot/connectors/optiply/client.py": theirs})
    assert offences(tmp_path) == []
