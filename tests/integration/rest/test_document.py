"""The document says what is served, and its page can be read by anybody, without scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from entrepot import catalogue, identity, orders, partnerships, sales_sessions, settlement
from entrepot.apis.rest import errors as door_errors
from entrepot.apis.rest.problems import STATUSES, status_of
from entrepot.connectors import feed, webhooks
from entrepot.infra import errors as ground_errors
from entrepot.stock import errors as stock_errors
from tests.factories.web import Web


@pytest.fixture
async def document(web: Web) -> Any:  # noqa: ANN401 - JSON, as it is read
    response = await web.nobody().send("GET", "/openapi.json")
    assert response.headers["content-type"] == "application/json"
    return response.json()


async def test_every_reference_leads_somewhere(document: Any) -> None:  # noqa: ANN401 - JSON, as it is read
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    for reference in re.findall(r"'\$ref': '#/components/schemas/(.*?)'", str(document)):
        assert reference in schemas
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(set(names)) == len(names)


async def test_the_hot_routes_are_described_like_the_others(document: Any) -> None:  # noqa: ANN401 - JSON, as it is read
    placing = document["paths"]["/api/v1/orders"]["post"]
    body = placing["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/OrderBody"}
    assert set(placing["responses"]) >= {"201", "400", "401", "403", "404", "409", "413", "422"}
    (key,) = [each for each in placing["parameters"] if each["name"] == "Idempotency-Key"]
    assert key["required"] is False
    quantity = document["components"]["schemas"]["OrderLineBody"]["properties"]["quantity"]
    assert quantity["type"] == ["string", "number"]


async def test_bodies_refuse_unknown_fields(document: Any) -> None:  # noqa: ANN401 - JSON, as it is read
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Body"):
            assert schema["additionalProperties"] is False, name


def test_every_code_of_every_area_has_the_status_it_should() -> None:
    codes = [
        *door_errors.PRECEDENCE,
        *ground_errors.PRECEDENCE,
        *identity.PRECEDENCE,
        *catalogue.PRECEDENCE,
        *stock_errors.PRECEDENCE,
        *orders.PRECEDENCE,
        *partnerships.PRECEDENCE,
        *sales_sessions.PRECEDENCE,
        *settlement.PRECEDENCE,
        *feed.PRECEDENCE,
        *webhooks.PRECEDENCE,
    ]
    assert set(STATUSES) <= set(codes), "a status for a code that is gone"
    for code in codes:
        reason = code.partition(".")[2]
        status = status_of(code)
        if reason.startswith("unknown_"):
            assert status == 404, code
        elif reason.endswith("_not_valid") and code not in STATUSES:
            assert status == 422, code


class Page(HTMLParser):
    """What matters of a page: its elements, ids and links, and whether all is closed."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id" and value is not None:
                self.ids.append(value)
            if name in {"href", "src"} and value is not None:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_the_page_shows_every_route_without_scripts_or_outside_addresses(
    web: Web,
    document: Any,  # noqa: ANN401 - JSON, as it is read
) -> None:
    response = await web.nobody().send("GET", "/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src" not in response.headers["content-security-policy"]
    assert "style-src 'self'" in response.headers["content-security-policy"]
    page = Page()
    page.feed(response.text)
    assert page.open == []
    assert "script" not in page.elements
    assert "style" not in page.attributes
    assert not [name for name in page.attributes if name.startswith("on")]
    assert {"main", "nav", "h1"} <= set(page.elements)
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        assert link.startswith(("/", "#")), link
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        else:
            assert (await web.nobody().send("GET", link)).status_code == 200
    for path, operations in document["paths"].items():
        assert path in response.text
        for operation in operations.values():
            assert operation["operationId"] in page.ids


async def test_a_problem_leads_to_its_code_on_the_page(web: Web) -> None:
    problem = (await web.nobody().send("GET", "/api/v1/orders")).json()
    path, _, anchor = problem["type"].partition("#")
    page = Page()
    page.feed((await web.nobody().send("GET", path)).text)
    assert anchor in page.ids
