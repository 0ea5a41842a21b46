"""Sales sessions over REST: shapes, pages, keys, and orders in bulk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.world import session_times
from tests.factories.network import Network
from tests.factories.web import Asker, Web


class Place:
    """A hub and its producer with two products."""

    def __init__(self, hub: Asker, producer: Asker, variants: list[str]) -> None:
        self.hub = hub
        self.producer = producer
        self.variants = variants

    async def open(self, reference: str = "w1", **fields: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        products = [{"variant": each} for each in self.variants]
        body = {"name": "Week", "reference": reference, **session_times(), "products": products}
        return await self.hub.post("/sales-sessions", {**body, **fields})

    def basket(self, session: str, reference: str, **fields: object) -> dict[str, object]:
        line = {"variant": self.variants[0], "quantity": "1"}
        return {"reference": reference, "sales_session": session, "lines": [line], **fields}


@pytest.fixture
async def place(network: Network, web: Web) -> Place:
    hub, producer = [await network.organisation(name) for name in ("hub", "producer")]
    await network.right(producer, hub)
    variants = [f"var_{await network.variant(producer, name)}" for name in ("A", "B")]
    seller = await web.asker(producer)
    lines = [{"variant": each, "quantity": "5"} for each in variants]
    await seller.post("/stock/receipts", {"lines": lines})
    return Place(await web.asker(hub), seller, variants)


async def test_a_key_is_answered_once(place: Place) -> None:
    body = {"name": "Week", "reference": "w1", **session_times()}
    first = await place.hub.try_post("/sales-sessions", body, key="k")
    again = await place.hub.try_post("/sales-sessions", body, key="k")
    assert (first.status_code, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    session = first.json()["id"]
    closed = await place.hub.try_post(f"/sales-sessions/{session}/close", key="c")
    again = await place.hub.try_post(f"/sales-sessions/{session}/close", key="c")
    assert (closed.status_code, again.text) == (200, closed.text)
    assert again.headers["idempotent-replayed"] == "true"


async def test_bad_bodies_name_their_fields(place: Place) -> None:
    wrong = {"name": 1, "reference": "x", "opens_at": "2026-01-01T00:00:00", "closes_at": "soon"}
    refused = await place.hub.try_post("/sales-sessions", wrong)
    assert refused.status_code == 422
    assert {each["field"] for each in refused.json()["faults"]} == {
        "name",
        "opens_at",
        "closes_at",
    }
    session = (await place.open())["id"]
    both = {"products": [{"variant": place.variants[0], "sku": "A"}, {"seller": "x"}]}
    refused = await place.hub.put(f"/sales-sessions/{session}/products", both)
    assert refused.status_code == 422
    assert {each["field"].partition(".")[0] for each in refused.json()["faults"]} == {
        "products[0]",
        "products[1]",
    }
    unknown = {"products": [{"seller": "nobody", "sku": "CARROTS"}]}
    refused = await place.hub.put(f"/sales-sessions/{session}/products", unknown)
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (404, "products[0].sku")


async def test_pages_of_sessions_and_of_their_orders(place: Place) -> None:
    sessions = [(await place.open(f"w{number}"))["id"] for number in range(3)]
    await place.hub.post(f"/sales-sessions/{sessions[0]}/close")
    first = await place.hub.get("/sales-sessions", limit=2)
    rest = await place.hub.get("/sales-sessions", limit=2, cursor=first["next"])
    assert [row["id"] for row in first["data"] + rest["data"]] == sessions[::-1]
    for state, found in (("open", sessions[:0:-1]), ("complete", sessions[:1]), ("planned", [])):
        shown = await place.hub.get("/sales-sessions", state=state)
        assert [row["id"] for row in shown["data"]] == found
    past = await place.hub.get("/sales-sessions", until="2020-01-01T00:00:00Z")
    assert past["data"] == []
    for number in range(3):
        await place.hub.post("/orders", place.basket(sessions[1], f"c{number}", paid=number > 0))
    path = f"/sales-sessions/{sessions[1]}/orders"
    first = await place.hub.get(path, limit=2)
    rest = await place.hub.get(path, limit=2, cursor=first["next"])
    assert [row["reference"] for row in first["data"] + rest["data"]] == ["c2", "c1", "c0"]
    assert [row["would_miss"] for row in rest["data"]] == ["all"]


async def test_many_baskets_at_once_each_on_its_own(place: Place) -> None:
    session = (await place.open())["id"]
    orders = [
        *(place.basket(session, f"c{number}") for number in range(6)),
        place.basket("sal_nothing", "c6"),
        place.basket(session, "c7", kind="marketplace"),
    ]
    answers = (await place.hub.post("/orders/bulk", {"orders": orders}))["answers"]
    assert [each["status"] for each in answers] == [201] * 5 + [409, 404, 409]
    assert answers[0]["order"]["sales_session"] == session
    demand = (await place.producer.get("/session-demand"))["data"]
    assert [(row["quantity"], row["sales_session"]) for row in demand] == [("5", session)]


async def test_a_recount_says_who_would_miss_what(place: Place) -> None:
    session = (await place.open())["id"]
    for number in range(3):
        await place.hub.post("/orders", place.basket(session, f"c{number}", paid=True))
    (position,) = (await place.producer.get("/positions", variant=place.variants[0]))["data"]
    count = {
        "variant": place.variants[0],
        "on_hand": "2",
        "expected_version": position["version"],
    }
    await place.producer.post("/stock/counts", count)
    preview = await place.hub.get(f"/sales-sessions/{session}/preview")
    (line,) = preview["producers"][0]["lines"]
    assert (line["quantity"], line["short"]) == ("2", "1")
    missing = await place.hub.get(f"/sales-sessions/{session}/orders", would_miss="true")
    assert [(row["reference"], row["would_miss"]) for row in missing["data"]] == [("c2", "part")]
