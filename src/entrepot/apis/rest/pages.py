"""The document for programs, and the same for people: no scripts, no outside addresses."""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup, escape

from entrepot.apis.rest import errors
from entrepot.apis.rest.openapi import codes_of, describe
from entrepot.apis.rest.problems import JSON, OK, Reply, status_of, title_of
from entrepot.apis.rest.routes import Call, Handler, Route

_CSP: Final = b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_ASSETS: Final = resources.files("entrepot.apis.rest") / "assets"


@cache
def make_routes(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Make the routes that show the document of others; once for each table of routes."""
    document = describe(routes)
    encoded = msgspec.json.encode(document)
    page = _render(document, routes).encode("utf-8")
    style = (_ASSETS / "docs.css").read_bytes()
    return (
        _shown("/openapi.json", Reply(OK, encoded, JSON)),
        _shown(
            "/docs",
            Reply(OK, page, b"text/html", ((b"content-security-policy", _CSP),)),
        ),
        _shown("/docs/style.css", Reply(OK, style, b"text/css")),
    )


def _shown(path: str, reply: Reply) -> Route:
    async def handler(call: Call[Any, None]) -> Reply:
        del call
        return reply

    made: Handler = handler
    return Route(
        method="GET",
        path=path,
        topic="Care",
        summary=f"Show {path}",
        handler=made,
        answer=str,
        scope=None,
    )


def _render(document: dict[str, Any], routes: Sequence[Route]) -> str:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["schema"] = _schema_text
    environment.filters["prose"] = _prose
    template = environment.from_string((_ASSETS / "docs.html.jinja").read_text(encoding="utf-8"))
    by_topic: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for route in routes:
        operation = document["paths"][route.path][route.method.lower()]
        by_topic.setdefault(route.topic, []).append((route.method, route.path, operation))
    codes = sorted({code for route in routes for code in codes_of(route)} | set(errors.PRECEDENCE))
    return template.render(
        document=document,
        topics=by_topic,
        schemas=document["components"]["schemas"],
        refusals=[(code, status_of(code), title_of(code)) for code in codes],
    )


def _prose(text: str) -> Markup:
    """Show what stands between backticks as code; everything else is escaped."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def _schema_text(schema: dict[str, Any]) -> str:
    """Say a schema in a few words: `OrderAnswer`, `list of text`, `held, waiting or complete`."""
    if "$ref" in schema:
        name: str = schema["$ref"].rpartition("/")[2]
        return name
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_schema_text(each) for each in schema["anyOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_schema_text(schema.get('items', {}))}"
    if isinstance(kind, list):
        kind = " or ".join(kind)
    form = schema.get("format")
    return f"{kind} ({form})" if form else str(kind)
