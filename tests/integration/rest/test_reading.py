"""Lists page by page, figures as they are and as they were, and the truth before it is swept."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from tests.factories.network import Network
from tests.factories.web import Asker, Web


class Shop:
    """A shop with a few variants at two locations."""

    def __init__(self, ident: Id, asker: Asker, variants: list[str], locations: list[str]) -> None:
        self.ident = ident
        self.asker = asker
        self.variants = variants
        self.locations = locations

    async def order(self, reference: str, quantity: str = "1", **fields: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        lines = [{"variant": self.variants[0], "quantity": quantity}]
        return await self.asker.post("/orders", {"reference": reference, "lines": lines, **fields})


@pytest.fixture
async def shop(network: Network, web: Web) -> Shop:
    ident = await network.organisation("shop")
    await network.location(ident, "back", rank=1)
    variants = [f"var_{await network.variant(ident, f'V{number}')}" for number in range(3)]
    asker = await web.asker(ident)
    locations = [each["id"] for each in (await asker.get("/locations"))["data"]]
    lines = [
        {"variant": variant, "quantity": "10", "location": location}
        for variant in variants
        for location in locations
    ]
    await asker.post("/stock/receipts", {"lines": lines})
    return Shop(ident, asker, variants, locations)


async def all_pages(asker: Asker, path: str, limit: int, **query: object) -> list[Any]:
    """Every row of a list, read page by page."""
    rows: list[Any] = []
    page = await asker.get(path, limit=limit, **query)
    while True:
        assert len(page["data"]) <= limit
        rows += page["data"]
        if page["next"] is None:
            return rows
        assert len(page["data"]) == limit
        page = await asker.get(path, limit=limit, cursor=page["next"], **query)


async def test_pages_show_each_row_once(shop: Shop, network: Network) -> None:
    for number in range(5):
        other = await network.organisation(f"partner-{number}")
        await network.right(shop.ident, other, "session")
        await network.right(other, shop.ident, "marketplace")
        await network.location(shop.ident, f"shed-{number}", rank=number % 2)
        await shop.order(f"order {number}", "1.5")
    lists: list[tuple[str, dict[str, object]]] = [
        ("/organisations", {}),
        ("/variants", {}),
        ("/locations", {}),
        ("/positions", {}),
        ("/positions", {"location": shop.locations[0]}),
        ("/positions", {"variant": shop.variants[0]}),
        ("/positions", {"variant": shop.variants[0], "location": shop.locations[0]}),
        ("/ledger", {"variant": shop.variants[0], "location": shop.locations[0]}),
        ("/holds", {}),
        ("/holds", {"variant": shop.variants[0]}),
        ("/orders", {}),
        ("/orders", {"status": "held"}),
        ("/orders", {"reference": "order 1"}),
        ("/orders", {"status": "cancelled"}),
        ("/notices", {}),
    ]
    for path, query in lists:
        whole = (await shop.asker.get(path, limit=200, **query))["data"]
        assert len({str(row) for row in whole}) == len(whole), path
        for limit in (1, 2, 5):
            assert await all_pages(shop.asker, path, limit, **query) == whole, (path, limit)


async def test_lists_come_in_their_order(shop: Shop) -> None:
    for number in range(3):
        await shop.order(f"order {number}")
    orders = (await shop.asker.get("/orders"))["data"]
    assert [each["reference"] for each in orders] == ["order 2", "order 1", "order 0"]
    skus = [each["sku"] for each in (await shop.asker.get("/variants"))["data"]]
    assert skus == sorted(skus)


async def test_limits_and_cursors_are_checked(shop: Shop) -> None:
    cases: list[tuple[dict[str, object], str, str]] = [
        ({"limit": 0}, "request.field_not_valid", "limit"),
        ({"limit": 201}, "request.field_not_valid", "limit"),
        ({"limit": "many"}, "request.field_not_valid", "limit"),
        ({"colour": "orange"}, "request.field_unknown", "colour"),
        ({"cursor": "rubbish"}, "request.cursor_not_valid", "cursor"),
        ({"cursor": "x" * 2000}, "request.cursor_not_valid", "cursor"),
        ({"cursor": "WyJhIl0"}, "request.cursor_not_valid", "cursor"),
        ({"cursor": ""}, "request.cursor_not_valid", "cursor"),
    ]
    for query, code, field in cases:
        response = await shop.asker.send("GET", "/api/v1/orders", query=query)
        assert response.status_code == 422, response.text
        (fault,) = response.json()["faults"]
        assert (fault["code"], fault["field"]) == (code, field)
    twice = await shop.asker.send("GET", "/api/v1/orders?limit=1&limit=2&status=lost")
    faults = [(each["code"], each["field"]) for each in twice.json()["faults"]]
    assert faults == [
        ("request.field_not_valid", "limit"),
        ("request.field_not_valid", "status"),
    ]
    needed = await shop.asker.send("GET", "/api/v1/ledger?state=x&limit=y")
    faults = [(each["code"], each["field"]) for each in needed.json()["faults"]]
    assert faults == [
        ("request.field_unknown", "state"),
        ("request.field_missing", "variant"),
        ("request.field_missing", "location"),
        ("request.field_not_valid", "limit"),
    ]


async def test_stock_as_of_every_moment(shop: Shop) -> None:
    for number in range(4):
        await shop.order(f"order {number}", str(number + 1))
    key = {"variant": shop.variants[0], "location": shop.locations[0]}
    path = f"/positions/{key['variant']}/{key['location']}"
    rows = (await shop.asker.get("/ledger", **key))["data"]
    assert [row["version"] for row in rows] == [5, 4, 3, 2, 1]
    for row in rows:
        then = await shop.asker.get(path, as_of=row["at"])
        assert {name: then[name] for name in ("on_hand", "held", "version")} == {
            name: row[name] for name in ("on_hand", "held", "version")
        }
    before = await shop.asker.get(path, as_of="2020-02-29T12:00:00+01:00")
    assert (before["on_hand"], before["version"]) == ("0", 0)
    later = await shop.asker.get(path, as_of="9999-12-31T23:59:59Z")
    assert later == await shop.asker.get(path)


@pytest.mark.parametrize(
    "as_of",
    ["yesterday", "2026-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"],
)
async def test_a_moment_is_a_time_with_its_zone(shop: Shop, as_of: str) -> None:
    response = await shop.asker.send(
        "GET",
        f"/api/v1/positions/{shop.variants[0]}/{shop.locations[0]}",
        query={"as_of": as_of},
    )
    assert response.status_code == 422
    assert response.json()["faults"][0]["field"] == "as_of"


async def test_readers_see_that_a_limit_has_passed_before_the_sweep(
    shop: Shop, network: Network
) -> None:
    stays = await shop.order("stays", "1")
    gone = await shop.order("gone", "4")
    waits = await shop.order("waits", "50")
    assert waits["status"] == "waiting"
    for order in (gone, waits):
        await network.set_clock_past(order["id"].removeprefix("ord_"))

    shown = await shop.asker.get(f"/orders/{gone['id']}")
    assert (shown["status"], shown["fulfilment_status"], shown["payment_status"]) == (
        "cancelled",
        "cancelled",
        "cancelled",
    )
    assert "holds" not in shown
    assert shown["lines"][0]["held"] == "0"
    for status, references in {
        "held": ["stays"],
        "waiting": [],
        "cancelled": ["waits", "gone"],
        "complete": [],
    }.items():
        found = (await shop.asker.get("/orders", status=status))["data"]
        assert [each["reference"] for each in found] == references, status
        assert all(each["status"] == status for each in found)
    listed = (await shop.asker.get("/orders"))["data"]
    assert [each["status"] for each in listed] == ["cancelled", "cancelled", "held"]
    one = (await shop.asker.get("/orders", reference="gone", status="cancelled"))["data"]
    assert [each["id"] for each in one] == [gone["id"]]
    assert (await shop.asker.get("/orders", reference="gone", status="held"))["data"] == []

    positions = (await shop.asker.get("/positions", variant=shop.variants[0]))["data"]
    assert sum(float(each["held"]) for each in positions) == 1
    for each in positions:
        path = f"/positions/{each['variant']}/{each['location']}"
        assert await shop.asker.get(path) == each
        assert float(each["available"]) == float(each["on_hand"]) - float(each["held"])
    at_location = (await shop.asker.get("/positions", location=shop.locations[0]))["data"]
    assert [each for each in at_location if each["variant"] == shop.variants[0]] == [
        each for each in positions if each["location"] == shop.locations[0]
    ]

    holds = (await shop.asker.get("/holds"))["data"]
    assert [each["order"] for each in holds] == [stays["id"]]
    ended = (await shop.asker.get("/holds", order=gone["id"]))["data"]
    assert {each["state"] for each in ended} == {"expired"}
    assert (await shop.asker.get("/holds", order=gone["id"], state="live"))["data"] == []
    assert (await shop.asker.get("/holds", order=gone["id"], state="expired"))["data"] == ended


async def test_holds_that_ended_are_listed_by_their_order(shop: Shop) -> None:
    order = await shop.order("shipped", "3", paid=True)
    await shop.asker.post(
        f"/orders/{order['id']}/shipments", {"lines": [{"line": 1, "quantity": "2"}]}
    )
    holds = (await shop.asker.get("/holds", order=order["id"]))["data"]
    assert [(each["hold"], each["state"], each["quantity"]) for each in holds] == [
        (1, "converted", "3"),
        (2, "live", "1"),
    ]
    assert holds[0]["ended_quantity"] == "2"
    assert (await shop.asker.get("/holds", order=order["id"], variant=shop.variants[1]))[
        "data"
    ] == []
    refused = await shop.asker.send("GET", "/api/v1/holds", query={"state": "converted"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "stock.order_needed"


async def test_an_order_shows_its_lines_holds_and_successor(shop: Shop) -> None:
    placed = await shop.order("split", "25", paid=True, policy="allow_split")
    shown = await shop.asker.get(f"/orders/{placed['id']}")
    assert shown["status"] == "complete"
    assert shown["lines"] == placed["lines"]
    assert sorted(each["quantity"] for each in shown["holds"]) == ["10", "10"]
    assert all(each["version"] == 2 for each in shown["holds"])
    successor = await shop.asker.get(f"/orders/{shown['followed_by']}")
    assert successor["status"] == "waiting"
    assert successor["follows"] == placed["id"]
    assert successor["lines"][0]["waiting"] == "5"


async def test_the_ledger_of_a_position_without_rows(shop: Shop, network: Network) -> None:
    variant = f"var_{await network.variant(shop.ident, 'NEW')}"
    response = await shop.asker.send(
        "GET", "/api/v1/ledger", query={"variant": variant, "location": shop.locations[0]}
    )
    assert response.status_code == 404
    assert response.json()["code"] == "stock.unknown_position"
    assert (await shop.asker.get("/positions", variant=f"var_{new_id()}"))["data"] == []


async def test_notices_name_what_a_count_cut_short(shop: Shop) -> None:
    order = await shop.order("short", "10", paid=True)
    (position,) = [
        each
        for each in (await shop.asker.get("/positions", variant=shop.variants[0]))["data"]
        if each["held"] == "10"
    ]
    await shop.asker.post(
        "/stock/counts",
        {
            "variant": position["variant"],
            "location": position["location"],
            "on_hand": "7",
            "expected_version": position["version"],
        },
    )
    (notice,) = (await shop.asker.get("/notices"))["data"]
    assert (notice["kind"], notice["subject"]) == ("orders.line_short", order["id"])
    assert notice["facts"]["quantity"] == "3"


async def test_variants_by_sku_and_of_a_seller(shop: Shop, network: Network, web: Web) -> None:
    sku = (await shop.asker.get(f"/variants/{shop.variants[1]}"))["sku"]
    assert [each["id"] for each in (await shop.asker.get("/variants", sku=sku))["data"]] == [
        shop.variants[1]
    ]
    buyer_id = await network.organisation("buyer")
    await network.right(shop.ident, buyer_id, "session")
    buyer = await web.asker(buyer_id)
    slug = (await shop.asker.get(f"/organisations/org_{shop.ident}"))["slug"]
    for seller in (slug, f"org_{shop.ident}"):
        opened = (await buyer.get("/variants", seller=seller))["data"]
        assert [each["id"] for each in opened] == shop.variants
        assert len(await all_pages(buyer, "/variants", 2, seller=seller)) == 3
        (one,) = (await buyer.get("/variants", seller=seller, sku=sku))["data"]
        assert one["id"] == shop.variants[1]
        order = await buyer.post(
            "/orders",
            {
                "reference": f"of {seller}",
                "kind": "session",
                "lines": [{"sku": sku, "seller": seller, "quantity": "2"}],
            },
        )
        assert order["lines"][0]["variant"] == shop.variants[1]
