"""The OpenAPI 3.1 document, made of the routes that are served."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from entrepot import __version__
from entrepot.apis.rest import errors
from entrepot.apis.rest.problems import OK, Problem, status_of, title_of
from entrepot.apis.rest.routes import KEY_DESCRIPTION, Route
from entrepot.apis.rest.wire import KEY_LENGTH_MAX
from entrepot.identity import SCOPE_MISSING, TOKEN_NOT_VALID

_REF: Final = "#/components/schemas/{name}"
_PROBLEM_TYPE: Final = "application/problem+json"
_DECIMAL: Final = {"type": "string", "format": "decimal"}
_DECIMAL_SENT: Final = {
    "type": ["string", "number"],
    "format": "decimal",
    "description": "An exact decimal, as text or as a number.",
    "examples": ["2.5", 3],
}
_EVERYWHERE: Final = (errors.TOO_BUSY, errors.STORE_UNAVAILABLE, errors.FAILED)
_WITH_BODY: Final = (
    errors.MALFORMED,
    errors.TOO_LARGE,
    errors.MEDIA_TYPE_NOT_SUPPORTED,
    errors.FIELD_UNKNOWN,
    errors.FIELD_MISSING,
    errors.FIELD_NOT_VALID,
)
_DESCRIPTION: Final = """\
Stock, holds and orders of companies that share one wholesale network.

Quantities are exact decimals: sent as text or numbers, answered as text. Every answer about stock
carries the `version` of the position. Every act takes an `Idempotency-Key`: sent again, it is
answered as before, with the header `Idempotent-Replayed: true`. Lists are read page by page: hand
`next` back as `cursor`. What is refused is answered as `application/problem+json` with a stable
`code` and every fault at once.
"""


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """Make the document of these routes."""
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Entrepot",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": topic} for topic in dict.fromkeys(route.topic for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": (
                        "A token of an organisation (`ent_app_...`, `ent_pat_...`), or the secret"
                        " of a person's log-in session (`ent_ses_...`)."
                    ),
                }
            },
        },
    }


class _Schemas:
    """The schemas of every type that the routes send and take."""

    def __init__(self, routes: Sequence[Route]) -> None:
        answers = [each for route in routes for each in _answers(route)]
        bodies = [route.body for route in routes if route.body is not None]
        queries = [route.query for route in routes]
        types = [*answers, *bodies, *queries, Problem]
        found, self.components = msgspec.json.schema_components(types, ref_template=_REF)
        self.components = {name: _sent_decimals(schema) for name, schema in self.components.items()}
        schemas = iter(found)
        self.answers = [[next(schemas) for _ in _answers(route)] for route in routes]
        bodied = [_sent_decimals(next(schemas)) for _ in bodies]
        self.queries = [next(schemas) for _ in queries]
        by_type = dict(zip([body.__name__ for body in bodies], bodied, strict=True))
        self.bodies = [
            None if each.body is None else by_type[each.body.__name__] for each in routes
        ]
        self._numbers = {id(route): number for number, route in enumerate(routes)}

    def answer(self, route: Route) -> Any:  # noqa: ANN401 - a JSON schema
        several = self.answers[self._numbers[id(route)]]
        return several[0] if len(several) == 1 else {"anyOf": several}

    def body(self, route: Route) -> Any:  # noqa: ANN401 - a JSON schema
        return self.bodies[self._numbers[id(route)]]

    def query_fields(self, route: Route) -> Iterator[tuple[str, Any, bool]]:
        """The name, schema and need of each field of a route's query."""
        schema: Any = self.queries[self._numbers[id(route)]]
        if "$ref" in schema:
            schema = self.components[schema["$ref"].rpartition("/")[2]]
        for name, field in schema.get("properties", {}).items():
            yield name, field, name in schema.get("required", ())


def _answers(route: Route) -> tuple[Any, ...]:
    return route.answer if isinstance(route.answer, tuple) else (route.answer,)


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.topic],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas)],
        "responses": _responses(route, schemas),
        "security": [{"token": []}] if route.needs_token else [],
    }
    if route.detail:
        operation["description"] = route.detail
    if route.scope is not None:
        operation["x-scope"] = route.scope.value
    if route.is_act:
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": not route.hot,
                "description": KEY_DESCRIPTION,
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": KEY_LENGTH_MAX,
                    "pattern": "^[ -~]+$",
                },
            }
        )
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.body_may_be_absent,
            "content": {route.takes: {"schema": schemas.body(route)}},
        }
    return operation


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            yield {
                "name": part.strip("{}"),
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
            }


def _query_parameters(route: Route, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    for name, schema, required in schemas.query_fields(route):
        yield {"name": name, "in": "query", "required": required, "schema": schema}


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    answered: dict[str, Any] = {
        "description": "Done." if route.is_act else "Found.",
        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
        "content": {route.media_type: {"schema": schemas.answer(route)}},
    }
    if route.is_act:
        answered["headers"]["Idempotent-Replayed"] = {
            "description": "`true` when the request had been answered before.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    responses = {str(route.status): answered}
    by_status: dict[int, list[str]] = {}
    for code in codes_of(route):
        by_status.setdefault(status_of(code), []).append(code)
    for status, codes in sorted(by_status.items()):
        if str(status) not in responses:
            responses[str(status)] = _refused(status, codes)
    return responses


def codes_of(route: Route) -> list[str]:
    """The codes that a route may refuse with, each once."""
    codes = [*route.refusals, *_EVERYWHERE]
    if route.needs_token:
        codes.append(TOKEN_NOT_VALID)
    if route.scope is not None:
        codes.append(SCOPE_MISSING)
    if route.body is not None:
        codes += _WITH_BODY
    if route.is_act:
        codes += [errors.KEY_NOT_VALID] if route.hot else [errors.KEY_MISSING, errors.KEY_NOT_VALID]
    codes += [errors.MALFORMED, errors.FIELD_UNKNOWN, errors.FIELD_NOT_VALID]
    if any(field.name == "cursor" for field in msgspec.structs.fields(route.query)):
        codes.append(errors.CURSOR_NOT_VALID)
    return list(dict.fromkeys(codes))


def _refused(status: int, codes: list[str]) -> dict[str, Any]:
    answered: dict[str, Any] = {
        "description": "; ".join(f"`{code}`: {title_of(code)}" for code in codes) + ".",
        "content": {_PROBLEM_TYPE: {"schema": {"$ref": _REF.format(name=Problem.__name__)}}},
    }
    assert status != OK, "a refusal is no success"
    return answered


def _sent_decimals(schema: Any) -> Any:  # noqa: ANN401 - a JSON schema
    """Say that decimals may be sent as numbers too; and trim what comes from docstrings."""
    if isinstance(schema, dict):
        if schema == _DECIMAL:
            return dict(_DECIMAL_SENT)
        return {
            name: inspect.cleandoc(value)
            if name == "description" and isinstance(value, str)
            else _sent_decimals(value)
            for name, value in schema.items()
        }
    if isinstance(schema, list):
        return [_sent_decimals(value) for value in schema]
    return schema
