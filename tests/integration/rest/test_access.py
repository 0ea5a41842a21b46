"""Who may do what, route by route, taken from the served document: a new route needs a row here.

One's own token without the scope gets 403; no token, or one that is not valid, gets 401 with one
body; another organisation's object answers exactly like one that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.factories.network import Network
from tests.factories.web import Asker, Web

EMPTY = "empty"
"""A list in which a stranger finds nothing."""
OWN = "own"
"""A list in which a stranger finds only what is its own."""
ABSENT = "absent"
"""An object that a stranger cannot tell from one that is not there."""
REFUSED = "refused"
"""An act that names others' goods in its body, refused as if they were not there."""
PUBLIC = "public"
"""No token needed, and nothing of anybody's business in the answer."""


class Row(NamedTuple):
    """What a stranger gets at a route, and with what the route is tried."""

    stranger: str
    query: Mapping[str, str] = {}
    body: object = None


LINES = [{"variant": "{variant}", "quantity": "1"}]
MATRIX: Mapping[str, Row] = {
    "GET /api/v1/organisations": Row(OWN),
    "GET /api/v1/organisations/{organisation}": Row(ABSENT),
    "GET /api/v1/variants": Row(EMPTY),
    "GET /api/v1/variants/{variant}": Row(ABSENT),
    "GET /api/v1/locations": Row(OWN),
    "POST /api/v1/orders": Row(REFUSED, body={"reference": "a", "lines": LINES}),
    "POST /api/v1/orders/bulk": Row(
        OWN, body={"orders": [{"reference": "a", "lines": LINES, "kind": "session"}]}
    ),
    "GET /api/v1/orders": Row(EMPTY),
    "GET /api/v1/orders/{order}": Row(ABSENT),
    "PUT /api/v1/orders/{order}": Row(ABSENT, body={"lines": LINES}),
    "POST /api/v1/orders/{order}/place": Row(ABSENT, body={}),
    "POST /api/v1/orders/{order}/payment": Row(ABSENT, body={"succeeded": True}),
    "POST /api/v1/orders/{order}/cancel": Row(ABSENT, body={}),
    "POST /api/v1/orders/{order}/shipments": Row(ABSENT, body={}),
    "POST /api/v1/orders/{order}/returns": Row(
        ABSENT, body={"lines": [{"line": 1, "quantity": "1"}]}
    ),
    "POST /api/v1/orders/{order}/priority": Row(ABSENT, body={"priority": 5}),
    "GET /api/v1/positions": Row(EMPTY),
    "GET /api/v1/positions/{variant}/{location}": Row(ABSENT),
    "GET /api/v1/ledger": Row(ABSENT, query={"variant": "{variant}", "location": "{location}"}),
    "GET /api/v1/holds": Row(EMPTY),
    "POST /api/v1/stock/receipts": Row(REFUSED, body={"lines": LINES}),
    "POST /api/v1/stock/adjustments": Row(REFUSED, body={"lines": LINES}),
    "POST /api/v1/stock/counts": Row(
        REFUSED, body={"variant": "{variant}", "on_hand": "1", "expected_version": 1}
    ),
    "GET /api/v1/notices": Row(EMPTY),
    "GET /healthz": Row(PUBLIC),
    "GET /readyz": Row(PUBLIC),
    "GET /metrics": Row(PUBLIC),
}


class World(NamedTuple):
    """Ann with goods and an order; Bob, who may order from her; and a stranger."""

    web: Web
    ann: Id
    bob: Id
    stranger: Asker
    names: Mapping[str, str]
    absent: Mapping[str, str]


@pytest.fixture
async def world(network: Network, web: Web) -> World:
    ann, bob, stranger = [await network.organisation(name) for name in ("ann", "bob", "eve")]
    await network.right(ann, bob, "session")
    variant = f"var_{await network.variant(ann)}"
    owner = await web.asker(ann)
    await owner.post("/stock/receipts", {"lines": [{"variant": variant, "quantity": "10"}]})
    order = await owner.post(
        "/orders", {"reference": "own", "lines": [{"variant": variant, "quantity": "2"}]}
    )
    (location,) = (await owner.get("/locations"))["data"]
    names = {
        "organisation": f"org_{ann}",
        "variant": variant,
        "location": location["id"],
        "order": order["id"],
    }
    absent = {name: f"{text[:4]}{new_id()}" for name, text in names.items()}
    return World(web, ann, bob, await web.asker(stranger), names, absent)


async def try_route(
    asker: Asker, route: str, names: Mapping[str, str], key: str = "key"
) -> httpx.Response:
    """Ask at a route of the matrix, with ids where it says so."""
    method, _, path = route.partition(" ")
    row = MATRIX[route]
    return await asker.send(
        method,
        filled(path, names),
        filled(row.body, names),
        key=key if method != "GET" else None,
        query=filled(dict(row.query), names),
        headers={"X-Request-Id": "same"},
    )


def filled(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {name: filled(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
    return value


async def test_every_served_route_has_a_row(web: Web) -> None:
    document = (await web.nobody().send("GET", "/openapi.json")).json()
    served = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert served == set(MATRIX)


async def test_without_a_valid_token_all_routes_give_one_answer(world: World) -> None:
    expired = await world.web.token(world.ann)
    revoked = await world.web.token(world.ann)
    async with world.web.pool.acquire() as connection:
        await connection.execute(
            "UPDATE tokens SET expires_at = now() WHERE id = $1",
            expired.token.id.removeprefix("tok_"),
        )
        await connection.execute(
            "UPDATE tokens SET revoked_at = now() WHERE id = $1",
            revoked.token.id.removeprefix("tok_"),
        )
    secrets = [None, f"ent_app_{'A' * 36}", expired.secret, revoked.secret]
    answers = set()
    for route, row in MATRIX.items():
        for secret in secrets:
            response = await try_route(world.web.nobody(secret), route, world.names)
            if row.stranger == PUBLIC:
                assert response.status_code == 200, route
            else:
                answers.add((response.status_code, response.text))
    assert len(answers) == 1
    assert answers.pop()[0] == 401


async def test_each_route_needs_its_scope_and_no_other(world: World) -> None:
    document = (await world.web.nobody().send("GET", "/openapi.json")).json()
    for route, row in MATRIX.items():
        if row.stranger == PUBLIC:
            continue
        method, _, path = route.partition(" ")
        needed = Scope(document["paths"][path][method.lower()]["x-scope"])
        others = [scope for scope in Scope if scope != needed]
        without = await try_route(await world.web.asker(world.ann, *others), route, world.names)
        assert without.status_code == 403, route
        assert without.json()["code"] == "identity.scope_missing", route
        assert without.json()["faults"][0]["facts"] == {"scope": needed.value}, route
        alone = await try_route(
            await world.web.asker(world.ann, needed), route, world.names, key=new_id()
        )
        assert alone.status_code not in {401, 403}, (route, alone.text)


async def test_a_stranger_finds_nothing_of_others(world: World) -> None:
    before = await state_of(world)
    for route, row in MATRIX.items():
        response = await try_route(world.stranger, route, world.names)
        absent = await try_route(world.stranger, route, world.absent)
        if row.stranger in {ABSENT, REFUSED}:
            assert response.status_code == 404, (route, response.text)
            assert ".unknown_" in response.json()["code"], route
            assert neutral(response.text, world.names) == neutral(absent.text, world.absent), route
        elif row.stranger == EMPTY:
            assert response.json() == {"data": [], "next": None}, route
        elif row.stranger == OWN:
            assert response.status_code == 200, route
            told = [name for name, text in world.names.items() if text in response.text]
            assert told in ([], ["variant"]), route
            assert told == [] or world.names["variant"] in str(filled(row.body, world.names)), route
    assert await state_of(world) == before


async def test_filters_reveal_nothing_of_others(world: World) -> None:
    for path, fields in {
        "/positions": ("variant", "location"),
        "/holds": ("variant", "order"),
        "/variants": ("organisation",),
    }.items():
        for field in fields:
            for names in (world.names, world.absent, {field: "nonsense"}):
                query = {"seller" if field == "organisation" else field: names[field]}
                assert await world.stranger.get(path, **query) == {"data": [], "next": None}


async def test_a_cursor_of_another_shows_only_ones_own(world: World) -> None:
    owner = await world.web.asker(world.ann)
    variants = []
    for number in range(3):
        made = await owner.post(
            "/orders",
            {
                "reference": f"order {number}",
                "lines": [{"variant": world.names["variant"], "quantity": "1"}],
            },
        )
        variants.append(made["id"])
    cursor = (await owner.get("/orders", limit=2))["next"]
    assert cursor is not None
    assert await world.stranger.get("/orders", cursor=cursor) == {"data": [], "next": None}


async def test_a_partner_sees_what_is_opened_and_no_figures(world: World) -> None:
    bob = await world.web.asker(world.bob)
    variant = await bob.get(f"/variants/{world.names['variant']}")
    assert variant["seller"] == world.names["organisation"]
    assert not {"retail_price", "unlimited", "on_hand", "product"} & variant.keys()
    assert (await bob.get("/positions"))["data"] == []
    for path in (
        f"/positions/{world.names['variant']}/{world.names['location']}",
        f"/orders/{world.names['order']}",
    ):
        response = await bob.send("GET", f"/api/v1{path}")
        assert response.status_code == 404, path
    order = await bob.post(
        "/orders",
        {
            "reference": "b",
            "kind": "session",
            "lines": [{"variant": world.names["variant"], "quantity": "1"}],
        },
    )
    owner = await world.web.asker(world.ann)
    for path in ("", "/cancel", "/payment", "/shipments"):
        body = {"succeeded": True} if path == "/payment" else None
        method = "GET" if path == "" else "POST"
        response = await owner.send(
            method, f"/api/v1/orders/{order['id']}{path}", body, key=new_id()
        )
        assert response.status_code == 404, path
    (hold,) = (await owner.get("/holds", order=order["id"]))["data"]
    assert (hold["organisation"], hold["quantity"]) == (f"org_{world.bob}", "1")


async def state_of(world: World) -> list[tuple[object, ...]]:
    """What acts would change, of everybody."""
    async with world.web.pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT 'p', p.version::text, p.held::text FROM positions AS p"
            " UNION ALL SELECT 'o', o.status, o.payment_status FROM orders AS o"
            " UNION ALL SELECT 'k', k.key, '' FROM idempotency_keys AS k ORDER BY 1, 2, 3"
        )
    return [tuple(row) for row in rows]


def neutral(text: str, names: Mapping[str, str]) -> str:
    for name in names.values():
        text = text.replace(name, "...")
    return text
