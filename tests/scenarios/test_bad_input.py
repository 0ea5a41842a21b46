"""What bad input gets: a refusal with a code, the facts and the field, and nothing has changed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg
import httpx
import msgspec
import pytest

from entrepot.catalogue import (
    NewProduct,
    NewVariant,
    VariantChanges,
    change_variant,
    create_products,
)
from entrepot.identity import revoke_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.web import Asker, Web

TABLES = (
    "audit",
    "holds",
    "idempotency_keys",
    "ledger",
    "notices",
    "order_lines",
    "orders",
    "outbox",
    "positions",
    "waiting_lines",
)


ROWS_OF = "SELECT * FROM {}"


class World(NamedTuple):
    """A hub that may order carrots and eggs from Jean, and may not order from Piet."""

    web: Web
    jean: Asker
    hub: Asker
    organisation: Id
    names: Mapping[str, str]

    def meant(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Put ids where a body names something in words."""
        if isinstance(value, dict):
            return {name: self.meant(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.meant(each) for each in value]
        return self.names.get(value, value) if isinstance(value, str) else value


@pytest.fixture
async def world(network: Network, web: Web) -> World:
    jean = await network.organisation("jean")
    piet = await network.organisation("piet")
    hub = await network.organisation("hub")
    await network.right(jean, hub, "session")
    made = await create_products(
        web.pool,
        new_id,
        caller_for(jean),
        [
            NewProduct(
                "Food",
                (
                    NewVariant("CARROTS", "Carrots", unit="kg"),
                    NewVariant(
                        "EGGS",
                        "Eggs",
                        whole_units=True,
                        order_quantity_min=Decimal(12),
                        order_quantity_multiple=Decimal(6),
                    ),
                    NewVariant("OLD", "Old carrots"),
                ),
            )
        ],
    )
    assert not isinstance(made, Refusal), made
    carrots, eggs, old = (each.id for each in made.answer.products[0].variants)
    await change_variant(
        web.pool,
        new_id,
        caller_for(jean),
        old.removeprefix("var_"),
        VariantChanges(state="deactivated"),
    )
    hidden = f"var_{await network.variant(piet, 'HIDDEN')}"
    seller, buyer = await web.asker(jean), await web.asker(hub)
    await seller.post(
        "/stock/receipts",
        {
            "lines": [
                {"variant": carrots, "quantity": "10"},
                {"variant": eggs, "quantity": "60"},
                {"variant": old, "quantity": "5"},
            ]
        },
    )
    held = await buyer.post("/orders", order({"variant": carrots, "quantity": "1"}), key="first")
    (location,) = (await seller.get("/locations"))["data"]
    names = {
        "carrots": carrots,
        "eggs": eggs,
        "old": old,
        "hidden": hidden,
        "absent": f"var_{new_id()}",
        "here": location["id"],
        "the held order": held["id"],
    }
    return World(web, seller, buyer, hub, names)


def order(*lines: Mapping[str, object], **fields: object) -> dict[str, object]:
    return {"reference": "first", "kind": "session", "lines": list(lines), **fields}


def another(*lines: Mapping[str, object], **fields: object) -> dict[str, object]:
    return order(*lines, **{"reference": "second", **fields})


ONE_KILO = {"variant": "carrots", "quantity": "1"}


async def everything(pool: Pool) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the business."""
    async with pool.acquire() as connection:
        return {
            table: sorted(
                (tuple(row) for row in await connection.fetch(ROWS_OF.format(table))), key=repr
            )
            for table in TABLES
        }


class Case(NamedTuple):
    """A bad order and what it gets."""

    body: object
    status: int
    faults: tuple[tuple[str, str | None], ...]


def fault(code: str, field: str | None) -> tuple[tuple[str, str | None], ...]:
    return ((code, field),)


QUANTITY = "lines[0].quantity"
CASES: Mapping[str, Case] = {
    "an unknown variant": Case(
        another({"variant": "absent", "quantity": "1"}),
        404,
        fault("orders.unknown_variant", "lines[0].variant"),
    ),
    "a variant that no right opens": Case(
        another({"variant": "hidden", "quantity": "1"}),
        404,
        fault("orders.unknown_variant", "lines[0].variant"),
    ),
    "no id at all": Case(
        another({"variant": "carrots please", "quantity": "1"}),
        404,
        fault("orders.unknown_variant", "lines[0].variant"),
    ),
    "an unknown sku": Case(
        another({"sku": "NIX", "seller": "nobody", "quantity": "1"}),
        404,
        fault("orders.unknown_variant", "lines[0].sku"),
    ),
    "a deactivated variant": Case(
        another({"variant": "old", "quantity": "1"}),
        422,
        fault("orders.variant_not_orderable", "lines[0].variant"),
    ),
    "a quantity of zero": Case(
        another({"variant": "carrots", "quantity": "0"}),
        422,
        fault("orders.quantity_not_positive", QUANTITY),
    ),
    "a negative quantity": Case(
        another({"variant": "carrots", "quantity": -2}),
        422,
        fault("orders.quantity_not_positive", QUANTITY),
    ),
    "a quantity that is no number": Case(
        another({"variant": "carrots", "quantity": "sNaN"}),
        422,
        fault("orders.quantity_not_positive", QUANTITY),
    ),
    "an endless quantity": Case(
        another({"variant": "carrots", "quantity": "Infinity"}),
        422,
        fault("orders.quantity_not_positive", QUANTITY),
    ),
    "too precise a quantity": Case(
        another({"variant": "carrots", "quantity": "1.0001"}),
        422,
        fault("orders.quantity_too_precise", QUANTITY),
    ),
    "too large a quantity": Case(
        another({"variant": "carrots", "quantity": "1e15"}),
        422,
        fault("orders.quantity_too_large", QUANTITY),
    ),
    "part of an egg": Case(
        another({"variant": "eggs", "quantity": 12.5}),
        422,
        fault("orders.quantity_not_whole", QUANTITY),
    ),
    "too few eggs": Case(
        another({"variant": "eggs", "quantity": 6}),
        422,
        fault("orders.quantity_below_min", QUANTITY),
    ),
    "eggs not by the half dozen": Case(
        another({"variant": "eggs", "quantity": 13}),
        422,
        fault("orders.quantity_not_multiple", QUANTITY),
    ),
    "more than there is": Case(
        another({"variant": "carrots", "quantity": "9.001"}),
        409,
        fault("stock.insufficient_available", QUANTITY),
    ),
    "every short line at once": Case(
        another({"variant": "carrots", "quantity": "99"}, {"variant": "eggs", "quantity": "66"}),
        409,
        (
            ("stock.insufficient_available", "lines[0].quantity"),
            ("stock.insufficient_available", "lines[1].quantity"),
        ),
    ),
    "every fault of every line at once": Case(
        another(
            {"variant": "eggs", "quantity": 13},
            {"variant": "hidden", "quantity": 1},
            {"variant": "carrots", "quantity": 0},
            hold_minutes=0,
            priority=100,
        ),
        404,
        (
            ("orders.unknown_variant", "lines[1].variant"),
            ("orders.quantity_not_positive", "lines[2].quantity"),
            ("orders.quantity_not_multiple", "lines[0].quantity"),
            ("orders.limit_not_valid", "hold_minutes"),
            ("orders.priority_not_valid", "priority"),
        ),
    ),
    "a known reference with other content": Case(
        order({"variant": "carrots", "quantity": "2"}),
        409,
        fault("orders.reference_taken", "reference"),
    ),
    "no lines": Case(another(), 422, fault("orders.no_lines", "lines")),
    "too many lines": Case(
        another(*[ONE_KILO] * 1001), 422, fault("orders.too_many_lines", "lines")
    ),
    "an empty reference": Case(
        another(ONE_KILO, reference=""), 422, fault("orders.reference_not_valid", "reference")
    ),
    "a reference with a line break": Case(
        another(ONE_KILO, reference="a\nb"),
        422,
        fault("orders.reference_not_valid", "reference"),
    ),
    "a reference with a NUL": Case(
        another(ONE_KILO, reference="a\0b"), 422, fault("request.field_not_valid", "reference")
    ),
    "a policy that makes others' goods wait": Case(
        another(ONE_KILO, policy="ship_complete"),
        422,
        fault("orders.policy_needs_own_stock", "policy"),
    ),
    "a negative price": Case(
        another({**ONE_KILO, "unit_price": "-1"}),
        422,
        fault("orders.price_not_valid", "lines[0].unit_price"),
    ),
    "unknown, missing and mistyped fields at once": Case(
        {
            "kind": "gift",
            "colour": "orange",
            "lines": [{"variant": "carrots"}, {"quantity": [], "variant": 5}, 7],
            "paid": "yes",
            "hold_minutes": 2**60,
        },
        422,
        (
            ("request.field_unknown", "colour"),
            ("request.field_missing", "reference"),
            ("request.field_missing", "lines[0].quantity"),
            ("request.field_not_valid", "lines[1].quantity"),
            ("request.field_not_valid", "lines[1].variant"),
            ("request.field_not_valid", "lines[2]"),
            ("request.field_not_valid", "kind"),
            ("request.field_not_valid", "paid"),
            ("request.field_not_valid", "hold_minutes"),
        ),
    ),
    "a line that names no variant, and one that names two": Case(
        another({"quantity": 1}, {"quantity": 1, "variant": "carrots", "sku": "CARROTS"}),
        422,
        (
            ("request.field_missing", "lines[0].variant"),
            ("request.field_not_valid", "lines[1].variant"),
        ),
    ),
    "a seller without a sku": Case(
        another({"quantity": 1, "seller": "jean"}),
        422,
        (
            ("request.field_missing", "lines[0].variant"),
            ("request.field_missing", "lines[0].sku"),
        ),
    ),
    "a list where an order should be": Case([], 422, fault("request.field_not_valid", None)),
}


async def test_a_bad_order_changes_nothing(world: World) -> None:
    before = await everything(world.web.pool)
    for name, case in CASES.items():
        response = await world.hub.send("POST", "/api/v1/orders", world.meant(case.body))
        assert found_in(response, case.status) == list(case.faults), name
        assert await everything(world.web.pool) == before, name


async def test_bad_orders_among_good_ones_fail_alone(world: World) -> None:
    cases = {
        name: case
        for name, case in CASES.items()
        if case.faults[0][0] != "stock.insufficient_available"
    }
    good = another({"variant": "carrots", "quantity": "0.1"})
    orders: list[object] = []
    for number, case in enumerate(cases.values()):
        bad = {**case.body, "key": f"bad {number}"} if isinstance(case.body, dict) else case.body
        orders += [{**good, "reference": f"good {number}"}, bad]
    response = await world.hub.send("POST", "/api/v1/orders/bulk", {"orders": world.meant(orders)})
    assert response.status_code == 200
    answers = response.json()["answers"]
    assert {each["status"] for each in answers[::2]} == {201}
    for answer, (name, case) in zip(answers[1::2], cases.items(), strict=True):
        assert answer["status"] == case.status, name
        faults = [(each["code"], each["field"]) for each in answer["problem"]["faults"]]
        assert faults == list(case.faults), name


def found_in(response: httpx.Response, status: int) -> list[tuple[str, str | None]]:
    """The code and field of each fault of a problem, which is well made."""
    problem = response.json()
    assert response.status_code == status == problem["status"], problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["instance"] == response.headers["x-request-id"]
    assert problem["code"] == problem["faults"][0]["code"]
    assert problem["type"].endswith(problem["code"])
    assert problem["title"]
    assert problem["detail"]
    return [(each["code"], each["field"]) for each in problem["faults"]]


RAW: Mapping[str, tuple[bytes, Mapping[str, str], int, str]] = {
    "nothing": (b"", {}, 400, "request.malformed"),
    "half an object": (b'{"reference": "a", ', {}, 400, "request.malformed"),
    "a trailing comma": (b'{"lines": [1,]}', {}, 400, "request.malformed"),
    "half a character": (b'{"reference": "\xff"}', {}, 400, "request.malformed"),
    "half a pair of surrogates": (b'{"reference": "\\ud800"}', {}, 400, "request.malformed"),
    "nesting without end": (b"[" * 200_000, {}, 400, "request.malformed"),
    "a body over the limit": (b" " * 5_242_881, {}, 413, "request.too_large"),
    "a form": (
        b"reference=a",
        {"Content-Type": "application/x-www-form-urlencoded"},
        415,
        "request.media_type_not_supported",
    ),
    "something compressed": (
        b"{}",
        {"Content-Encoding": "gzip", "Content-Type": "application/json; charset=utf-8"},
        415,
        "request.media_type_not_supported",
    ),
    "a key that cannot be read": (
        b"{}",
        {"Idempotency-Key": "k" * 256},
        400,
        "request.key_not_valid",
    ),
}


async def test_a_body_that_cannot_be_read_changes_nothing(world: World) -> None:
    before = await everything(world.web.pool)
    good = {"/orders": another(ONE_KILO), "/orders/bulk": {"orders": []}, "/stock/counts": {}}
    for path, body in good.items():
        asker = world.jean if path == "/stock/counts" else world.hub
        for name, (content, headers, status, code) in RAW.items():
            sent = {"Idempotency-Key": "k", **headers}
            read = msgspec.json.encode(body) if code == "request.key_not_valid" else content
            response = await asker.send("POST", f"/api/v1{path}", content=read, headers=sent)
            assert [each for each, _ in found_in(response, status)] == [code], (path, name)
    assert await everything(world.web.pool) == before


async def test_malformed_json_says_where(world: World) -> None:
    response = await world.hub.send("POST", "/api/v1/orders", content=b'{"lines": [1,]}')
    assert "byte 13" in response.json()["detail"]


STOCK_CASES: Mapping[str, tuple[str, object, int, str, str | None]] = {
    "counting against an old version": (
        "/stock/counts",
        {"variant": "carrots", "location": "here", "on_hand": "3", "expected_version": 1},
        409,
        "stock.version_changed",
        "expected_version",
    ),
    "counting without a version": (
        "/stock/counts",
        {"variant": "carrots", "location": "here", "on_hand": "3"},
        422,
        "request.field_missing",
        "expected_version",
    ),
    "counting by a sku of nobody": (
        "/stock/counts",
        {"sku": "NIX", "on_hand": "1", "expected_version": 2},
        404,
        "orders.unknown_variant",
        "sku",
    ),
    "counting less than nothing": (
        "/stock/counts",
        {"variant": "carrots", "on_hand": "-1", "expected_version": 2},
        422,
        "orders.quantity_not_positive",
        "on_hand",
    ),
    "counting what is no number": (
        "/stock/counts",
        {"variant": "carrots", "on_hand": "sNaN", "expected_version": 2},
        422,
        "orders.quantity_not_positive",
        "on_hand",
    ),
    "receiving another's goods": (
        "/stock/receipts",
        {"lines": [{"variant": "hidden", "quantity": "1"}]},
        404,
        "orders.unknown_variant",
        "lines[0].variant",
    ),
    "receiving by a sku with a NUL": (
        "/stock/receipts",
        {"lines": [{"sku": "NIX\0", "quantity": "1"}]},
        422,
        "request.field_not_valid",
        "lines[0].sku",
    ),
    "receiving by a sku of nobody": (
        "/stock/receipts",
        {"lines": [{"sku": "NIX\\u0000", "quantity": "1"}]},
        404,
        "orders.unknown_variant",
        "lines[0].sku",
    ),
    "receiving nothing": (
        "/stock/receipts",
        {"lines": [{"variant": "carrots", "quantity": "0"}]},
        422,
        "orders.quantity_not_positive",
        "lines[0].quantity",
    ),
    "receiving nowhere": (
        "/stock/receipts",
        {"lines": [{"variant": "carrots", "quantity": "1", "location": "the shed"}]},
        422,
        "request.field_not_valid",
        "lines[0].location",
    ),
    "adjusting below what is held": (
        "/stock/adjustments",
        {"lines": [{"variant": "carrots", "quantity": "-9.5"}]},
        409,
        "stock.insufficient_available",
        "lines[0].quantity",
    ),
}


async def test_a_bad_act_on_stock_changes_nothing(world: World) -> None:
    before = await everything(world.web.pool)
    for name, (path, body, status, code, field) in STOCK_CASES.items():
        response = await world.jean.try_post(path, world.meant(body))
        assert found_in(response, status) == [(code, field)], name
        assert await everything(world.web.pool) == before, name


async def test_what_no_right_opens_answers_like_what_is_not_there(world: World) -> None:
    bodies = []
    for name in ("absent", "hidden"):
        response = await world.hub.send(
            "POST",
            "/api/v1/orders",
            world.meant(another({"variant": name, "quantity": "1"})),
            headers={"X-Request-Id": "same"},
        )
        bodies.append(response.text.replace(world.names[name], "var_"))
    assert bodies[0] == bodies[1]


async def test_a_seller_without_a_right_answers_like_no_seller(world: World) -> None:
    piet = await world.web.pool.fetchval("SELECT slug FROM organisations WHERE name = 'piet'")
    sku = await world.web.pool.fetchval("SELECT sku FROM variants WHERE name LIKE 'HIDDEN%'")
    bodies = [
        (
            await world.hub.send(
                "POST",
                "/api/v1/orders",
                another({"sku": sku, "seller": seller, "quantity": "1"}),
                headers={"X-Request-Id": "same"},
            )
        ).text
        for seller in (piet, "no-such-seller")
    ]
    assert bodies[0] == bodies[1]


async def test_a_token_that_is_not_valid_gets_one_answer(world: World) -> None:
    good = (await world.web.token(world.organisation)).secret
    headers_sent = [
        f"Bearer ent_app_{'0' * 36}",
        f"Bearer {good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        f"Bearer {await ended_token(world, 'expired')}",
        f"Bearer {await ended_token(world, 'revoked')}",
        f"Basic {good}",
        f"Bearer {good} {good}",
        "Bearer ",
        "Bearer " + "x" * 5000,
    ]
    before = await everything(world.web.pool)
    for path in ("/api/v1/orders", "/api/v1/orders/bulk", "/api/v1/holds"):
        method = "GET" if path.endswith("holds") else "POST"
        body: object = None if method == "GET" else world.meant(another(ONE_KILO))
        same = {"X-Request-Id": "same"}
        nobody = await world.web.nobody().send(method, path, headers=same)
        for header in headers_sent:
            response = await world.web.nobody().send(
                method, path, body, headers={**same, "Authorization": header}
            )
            assert found_in(response, 401) == [("identity.token_not_valid", None)], header
            assert response.text == nobody.text
            assert response.headers["www-authenticate"].startswith("Bearer")
    assert await everything(world.web.pool) == before


async def ended_token(world: World, how: str) -> str:
    issued = await world.web.token(world.organisation)
    await end_token(world, issued.token.id, how)
    return issued.secret


@pytest.mark.parametrize("state", ["expired", "revoked"])
async def test_a_token_that_was_just_used_is_refused_at_once(world: World, state: str) -> None:
    issued = await world.web.token(world.organisation)
    asker = Asker(world.hub.http, issued.secret)
    await asker.post("/orders", world.meant(another(ONE_KILO)))
    await end_token(world, issued.token.id, state)
    before = await everything(world.web.pool)
    good = world.meant(another(ONE_KILO, reference="third"))
    bodies: list[object] = [good, {}, good, world.meant(another(ONE_KILO))]
    for body in bodies:
        response = await asker.send("POST", "/api/v1/orders", body)
        assert found_in(response, 401) == [("identity.token_not_valid", None)]
    bulk = await asker.send("POST", "/api/v1/orders/bulk", {"orders": [good]})
    assert found_in(bulk, 401) == [("identity.token_not_valid", None)]
    assert await everything(world.web.pool) == before


async def end_token(world: World, token: str, state: str) -> None:
    inner = token.removeprefix("tok_")
    if state == "revoked":
        done = await revoke_token(world.web.pool, new_id, caller_for(world.organisation), inner)
        assert not isinstance(done, Refusal), done
        return
    async with world.web.pool.acquire() as connection:
        await connection.execute(
            "UPDATE tokens SET expires_at = now() - interval '1 second' WHERE id = $1", inner
        )


async def test_a_repeated_body_is_answered_as_before(world: World) -> None:
    first = await world.hub.send("POST", "/api/v1/orders", world.meant(another(ONE_KILO)))
    before = await everything(world.web.pool)
    again = await world.hub.send("POST", "/api/v1/orders", world.meant(another(ONE_KILO)))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await everything(world.web.pool) == before


async def test_the_database_has_every_table_that_is_compared(database: str) -> None:
    connection = await asyncpg.connect(database)
    found = await connection.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.close()
    assert set(TABLES) <= {row[0] for row in found}
