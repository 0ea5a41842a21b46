"""Acts through the door: the life of an order, stock, and what a repeated request gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.network import Network
from tests.factories.web import Asker, Web


class Shop:
    """A shop with ten of one variant."""

    def __init__(self, asker: Asker, variant: str, sku: str, location: str) -> None:
        self.asker = asker
        self.variant = variant
        self.sku = sku
        self.location = location

    def lines(self, quantity: object) -> list[dict[str, object]]:
        return [{"variant": self.variant, "quantity": quantity}]

    async def place(self, reference: str, quantity: object, **fields: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        body = {"reference": reference, "lines": self.lines(quantity), **fields}
        return await self.asker.post("/orders", body)

    async def figures(self) -> tuple[str, str, int]:
        position = await self.asker.get(f"/positions/{self.variant}/{self.location}")
        return position["on_hand"], position["held"], position["version"]


@pytest.fixture
async def shop(network: Network, web: Web) -> Shop:
    ident = await network.organisation("shop")
    variant = f"var_{await network.variant(ident)}"
    asker = await web.asker(ident)
    (location,) = (await asker.get("/locations"))["data"]
    sku = (await asker.get(f"/variants/{variant}"))["sku"]
    made = Shop(asker, variant, sku, location["id"])
    await asker.post("/stock/receipts", {"lines": made.lines(10)})
    return made


async def test_an_order_from_draft_to_return(shop: Shop) -> None:
    draft = await shop.place("a", "4", draft=True)
    assert (draft["status"], await shop.figures()) == ("draft", ("10", "0", 1))
    path = f"/orders/{draft['id']}"
    changed = await shop.asker.put(path, {"lines": shop.lines("5")})
    assert changed.json()["lines"][0]["quantity"] == "5"
    placed = await shop.asker.post(f"{path}/place", {"hold_minutes": 60})
    assert (placed["status"], placed["holds"][0]["version"]) == ("held", 2)
    assert await shop.figures() == ("10", "5", 2)
    paid = await shop.asker.post(f"{path}/payment", {"succeeded": True})
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    part = await shop.asker.post(f"{path}/shipments", {"lines": [{"line": 1, "quantity": 2}]})
    assert part["fulfilment_status"] == "partly_fulfilled"
    rest = await shop.asker.post(f"{path}/shipments")
    assert rest["fulfilment_status"] == "fulfilled"
    assert (await shop.figures())[:2] == ("5", "0")
    back = await shop.asker.post(
        f"{path}/returns",
        {"lines": [{"line": 1, "quantity": "1"}], "location": shop.location},
    )
    assert back["lines"][0]["returned"] == "1"
    assert (await shop.figures())[:2] == ("6", "0")


async def test_waiting_orders_are_served_by_priority(shop: Shop) -> None:
    first = await shop.place("first", "12", paid=True, policy="ship_complete")
    second = await shop.place("second", "3", paid=True)
    assert (first["status"], second["status"]) == ("waiting", "waiting")
    moved = await shop.asker.post(f"/orders/{second['id']}/priority", {"priority": 99})
    assert moved["priority"] == 99
    await shop.asker.post("/stock/receipts", {"lines": shop.lines("3")})
    assert (await shop.asker.get(f"/orders/{second['id']}"))["status"] == "complete"
    assert (await shop.asker.get(f"/orders/{first['id']}"))["status"] == "waiting"


async def test_stock_is_adjusted_and_counted(shop: Shop) -> None:
    adjusted = await shop.asker.post(
        "/stock/adjustments", {"lines": [{"sku": shop.sku, "quantity": "-2.5"}], "reason": "mice"}
    )
    (position,) = adjusted["positions"]
    assert (position["on_hand"], position["version"]) == ("7.5", 2)
    counted = await shop.asker.post(
        "/stock/counts",
        {
            "sku": shop.sku,
            "location": shop.location,
            "on_hand": "8",
            "expected_version": position["version"],
        },
    )
    assert counted["positions"][0]["on_hand"] == "8"
    assert await shop.figures() == ("8", "0", 3)


ACTS: dict[str, Any] = {
    "/stock/receipts": {"lines": "lines"},
    "/stock/adjustments": {"lines": "lines"},
    "/stock/counts": {"variant": "variant", "on_hand": "9", "expected_version": 2},
    "/orders/{held}/payment": {"succeeded": True},
    "/orders/{draft}/place": {},
    "/orders/{held}": {"lines": "lines"},
    "/orders/{held}/cancel": {"lines": [{"line": 1, "quantity": "0.1"}]},
    "/orders/{paid}/shipments": {"lines": [{"line": 1, "quantity": "0.1"}]},
    "/orders/{shipped}/returns": {"lines": [{"line": 1, "quantity": "1"}]},
    "/orders/{waiting}/priority": {"priority": 5},
}


async def test_every_act_needs_a_key_and_is_answered_again_by_it(shop: Shop) -> None:
    for number, (path, body) in enumerate(ACTS.items()):
        orders = {
            "held": await shop.place(f"held {number}", "0.1"),
            "draft": await shop.place(f"draft {number}", "0.1", draft=True),
            "paid": await shop.place(f"paid {number}", "0.1", paid=True),
            "shipped": await shop.place(f"shipped {number}", "1", paid=True),
            "waiting": await shop.place(f"waiting {number}", "50"),
        }
        await shop.asker.post(f"/orders/{orders['shipped']['id']}/shipments")
        version = (await shop.figures())[2]
        meant = {"lines": shop.lines("0.2"), "variant": shop.variant}
        sent = {
            name: meant.get(value, value) if isinstance(value, str) else value
            for name, value in body.items()
        }
        if "expected_version" in sent:
            sent["expected_version"] = version
        filled = path.format(**{name: order["id"] for name, order in orders.items()})
        method = "PUT" if path == "/orders/{held}" else "POST"
        await check_repeats(shop, method, f"/api/v1{filled}", sent, f"key {number}")
        await shop.asker.post(f"/orders/{orders['waiting']['id']}/cancel")


async def check_repeats(shop: Shop, method: str, path: str, body: Any, key: str) -> None:  # noqa: ANN401 - any JSON
    """Send an act without a key, with one, again, and with other content."""
    without = await shop.asker.send(method, path, body)
    assert (without.status_code, without.json()["code"]) == (400, "request.key_missing"), path
    first = await shop.asker.send(method, path, body, key=key)
    assert first.status_code == 200, first.text
    assert "idempotent-replayed" not in first.headers
    before = await shop.figures()
    again = await shop.asker.send(method, path, body, key=key)
    assert (again.status_code, again.content) == (200, first.content), path
    assert again.headers["idempotent-replayed"] == "true"
    other = {**body, **other_content(body)}
    reused = await shop.asker.send(method, path, other, key=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "request.key_reused"), path
    assert await shop.figures() == before


def other_content(body: dict[str, Any]) -> dict[str, Any]:
    if "lines" in body:
        return {"lines": [{**body["lines"][0], "quantity": "0.3"}]}
    if "on_hand" in body:
        return {"on_hand": "8"}
    if "succeeded" in body:
        return {"succeeded": False}
    if "priority" in body:
        return {"priority": 6}
    return {"paid": True}


async def test_orders_take_a_key_or_their_reference(shop: Shop) -> None:
    body = {"reference": "once", "lines": shop.lines("1")}
    first = await shop.asker.send("POST", "/api/v1/orders", body, key="mine")
    again = await shop.asker.send("POST", "/api/v1/orders", body, key="mine")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    other_key = await shop.asker.send("POST", "/api/v1/orders", body, key="other")
    assert other_key.json()["code"] == "orders.reference_taken"
    other = await shop.asker.send("POST", "/api/v1/orders", {**body, "paid": True}, key="mine")
    assert other.json()["code"] == "request.key_reused"
    assert await shop.figures() == ("10", "1", 2)


async def test_a_refused_order_may_be_sent_again_after_restocking(shop: Shop) -> None:
    body = {"reference": "later", "lines": shop.lines("11"), "policy": "refuse_short"}
    refused = await shop.asker.send("POST", "/api/v1/orders", body)
    assert refused.status_code == 409
    await shop.asker.post("/stock/receipts", {"lines": shop.lines("1")})
    assert (await shop.asker.send("POST", "/api/v1/orders", body)).status_code == 201


async def test_quantities_are_exact_as_text_or_number(shop: Shop) -> None:
    for reference, quantity, said in [
        ("number", 1, "1"),
        ("fraction", 0.1, "0.1"),
        ("text", "0.100", "0.1"),
        ("long", "1.0000000", "1"),
        ("power", "1e0", "1"),
    ]:
        order = await shop.place(reference, quantity)
        assert order["lines"][0]["quantity"] == said
        assert order["lines"][0]["held"] == said
    assert (await shop.figures())[1] == "3.2"


async def test_many_orders_at_once_are_answered_in_order(shop: Shop) -> None:
    await shop.asker.post("/stock/receipts", {"lines": shop.lines("90")})
    orders = [
        {"reference": f"bulk {number}", "lines": shop.lines("1"), "policy": "refuse_short"}
        for number in range(120)
    ]
    answers = (await shop.asker.post("/orders/bulk", {"orders": orders}, key="load"))["answers"]
    assert len(answers) == 120
    done = [each for each in answers if each["status"] == 201]
    refused = [each for each in answers if each["status"] == 409]
    assert (len(done), len(refused)) == (100, 20)
    assert all(each["problem"]["code"] == "stock.insufficient_available" for each in refused)
    for number, each in enumerate(answers):
        if "order" in each:
            assert each["order"]["reference"] == f"bulk {number}"
    assert (await shop.figures())[:2] == ("100", "100")

    again = (await shop.asker.post("/orders/bulk", {"orders": orders}, key="load"))["answers"]
    replayed = [each for each in again if each["status"] == 201]
    assert all(each["replayed"] for each in replayed)
    assert [each["order"] for each in replayed] == [each["order"] for each in done]
    assert (await shop.figures())[:2] == ("100", "100")


async def test_orders_of_a_bulk_may_have_keys_of_their_own(shop: Shop) -> None:
    def order(reference: str, **fields: object) -> dict[str, object]:
        return {"reference": reference, "lines": shop.lines("1"), **fields}

    first = await shop.asker.send(
        "POST",
        "/api/v1/orders/bulk",
        {"orders": [order("a", key="k1"), order("b"), order("b"), order("c")]},
    )
    answers = first.json()["answers"]
    assert [each["status"] for each in answers] == [201, 201, 201, 201]
    assert answers[2] == {**answers[1], "replayed": True}
    second = await shop.asker.send(
        "POST",
        "/api/v1/orders/bulk",
        {"orders": [order("a", key="k1"), order("a"), order("b", paid=True)]},
    )
    assert [(each["status"], each.get("replayed")) for each in second.json()["answers"]] == [
        (201, True),
        (409, None),
        (409, None),
    ]
    assert await shop.figures() == ("10", "3", 4)


async def test_a_bulk_of_nothing_and_of_too_much(shop: Shop) -> None:
    assert await shop.asker.post("/orders/bulk", {"orders": []}) == {"answers": []}
    response = await shop.asker.send("POST", "/api/v1/orders/bulk", {"orders": [{}] * 10_001})
    assert response.status_code == 422
    assert response.json()["code"] == "request.too_many_orders"


async def test_skus_of_a_bulk_are_looked_up_together(shop: Shop) -> None:
    orders = [
        {"reference": f"sku {number}", "lines": [{"sku": shop.sku, "quantity": "1"}]}
        for number in range(3)
    ]
    orders.append({"reference": "bad", "lines": [{"sku": "NIX", "quantity": "1"}]})
    orders.append({"reference": "worse", "lines": [{"quantity": "1"}]})
    answers = (await shop.asker.post("/orders/bulk", {"orders": orders}))["answers"]
    assert [each["status"] for each in answers] == [201, 201, 201, 404, 422]
    assert answers[3]["problem"]["faults"][0]["facts"] == {"sku": "NIX"}
