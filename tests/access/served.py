"""What is served, and what its document says a caller can put into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from entrepot.apis.rest import ROUTES
from entrepot.apis.rest.openapi import describe
from entrepot.apis.rest.pages import make_routes
from entrepot.apis.rest.problems import JSON
from entrepot.apis.rest.routes import Route
from entrepot.catalogue.actions.import_products import PRODUCTS
from entrepot.catalogue.actions.import_suppliers import SUPPLIERS
from entrepot.orders.actions.import_stock import STOCK

SERVED: dict[str, Route] = {
    f"{route.method} {route.path}": route for route in (*ROUTES, *make_routes(ROUTES))
}
"""Every route by its method and path, the pages that show the document included."""

DOCUMENT: dict[str, Any] = describe(tuple(SERVED.values()))

SHEETS = {f"POST /api/v1/imports/{kind.name}": kind for kind in (PRODUCTS, SUPPLIERS, STOCK)}
"""The sheets that are taken, by the route that takes each."""

PLAIN_FORMATS = frozenset({"date-time", "date", "decimal", "time"})

NAMING_CELLS = frozenset({"text", "whole"})


def fields_of(route: str) -> dict[str, bool]:
    """The fields of a route that could name something, and whether each is needed.

    Text and whole numbers could; what is one of a few words, a time, an amount or a truth cannot.
    """
    served = SERVED[route]
    operation = DOCUMENT["paths"][served.path][served.method.lower()]
    fields = {}
    for parameter in operation["parameters"]:
        where, name = parameter["in"], parameter["name"]
        if where in {"path", "query"} and any(True for _ in _leaves(parameter["schema"], "")):
            fields[f"{where}.{name}"] = bool(parameter["required"])
    if served.body is not None and served.takes != JSON.decode():
        columns = [each for each in SHEETS[route].columns if each.is_read]
        fields |= {f"sheet.{each.name}": False for each in columns if each.kind in NAMING_CELLS}
    elif "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        fields |= dict.fromkeys(_leaves(schema, "body"), False)
    return fields


def words_of(route: str, name: str) -> list[str]:
    """The words that a field of a query may be, if it is one of a few."""
    served = SERVED[route]
    for parameter in DOCUMENT["paths"][served.path][served.method.lower()]["parameters"]:
        if (parameter["in"], parameter["name"]) == ("query", name):
            schema = parameter["schema"]
            for inner in (schema, *schema.get("anyOf", ())):
                if "enum" in inner:
                    words: list[str] = inner["enum"]
                    return words
    return []


def _leaves(schema: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a JSON schema
    """The paths of a schema's fields that hold text or whole numbers."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = DOCUMENT["components"]["schemas"][name]
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _leaves(inner, path)
    for name, inner in schema.get("properties", {}).items():
        yield from _leaves(inner, f"{path}.{name}")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _leaves(schema["additionalProperties"], f"{path}.*")
    if isinstance(schema.get("items"), dict):
        yield from _leaves(schema["items"], f"{path}[]")
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    could_name = kinds & {"string", "integer"} and "enum" not in schema
    if could_name and schema.get("format") not in PLAIN_FORMATS:
        yield path
