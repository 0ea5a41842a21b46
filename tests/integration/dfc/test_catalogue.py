"""What a producer supplies, as platforms read it over the DFC door."""

from __future__ import annotations

import tracemalloc

from entrepot.kernel.caller import Scope
from tests.factories.dfc import Node, nodes, only
from tests.factories.farm import Farm


def stocks(document: Node) -> dict[str, object]:
    """What is left of each product, by its address."""
    return {
        node["dfc-b:references"]["@id"]: node["dfc-b:stockLimitation"]
        for node in nodes(document, "CatalogItem")
    }


async def test_the_catalogue_is_one_document_with_what_is_left(farm: Farm) -> None:
    herbs = await farm.network.variant(farm.jean, "HERBS", unlimited=True)
    await farm.network.variant(farm.jean, "GONE", state="deactivated")
    document = await farm.hub.get(f"{farm.basket.here}/SuppliedProducts")
    assert stocks(document) == {
        farm.carrot: 10,
        farm.bean: 20,
        farm.case: 3,  # whole cases of six
        farm.basket.product(herbs): -1,  # what makes a platform switch to unlimited
    }
    prices = {
        node["dfc-b:offeredItem"]["@id"]: node["dfc-b:hasPrice"]["dfc-b:value"]
        for node in nodes(document, "Offer")
    }
    assert (prices[farm.carrot], prices[farm.bean], prices[farm.case]) == (2, 2.5, 15)
    # One client reads this direction alone.
    items = {node["@id"] for node in nodes(document, "CatalogItem")}
    assert all(
        node["dfc-b:referencedBy"]["@id"] in items for node in nodes(document, "SuppliedProduct")
    )
    await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.case: 1}))
    after = await farm.hub.get(f"{farm.basket.here}/SuppliedProducts")
    assert (stocks(after)[farm.bean], stocks(after)[farm.case]) == (14, 2)


async def test_a_producer_without_products_has_a_graph_all_the_same(farm: Farm) -> None:
    """An empty graph would crash a client's import."""
    empty = await farm.network.organisation("empty")
    await farm.network.right(empty, farm.hub_id)
    slug = await farm.dfc.slug(empty)
    document = await farm.hub.get(f"/api/dfc/Enterprises/{slug}/SuppliedProducts")
    assert only(document, "Enterprise")["dfc-b:name"] == "empty"
    assert only(document, "Catalog")["@id"].endswith("/Catalogs/main")


async def test_a_catalogue_that_has_not_changed_is_not_sent_again(farm: Farm) -> None:
    path = f"{farm.basket.here}/SuppliedProducts"
    first = await farm.hub.send("GET", path)
    tag = {"If-None-Match": first.headers["etag"]}
    same = await farm.hub.send("GET", path, headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    assert (await farm.hub.send("GET", path, headers=tag)).status_code == 200


async def test_one_product_by_each_of_its_addresses(farm: Farm) -> None:
    for place in ("SuppliedProducts", "CatalogItems", "Offers"):
        document = await farm.hub.get(farm.carrot.replace("SuppliedProducts", place))
        assert only(document, "SuppliedProduct")["@id"] == farm.carrot
        assert only(document, "CatalogItem")["dfc-b:stockLimitation"] == 10
    case = await farm.hub.get(farm.case)
    assert {node["@id"] for node in nodes(case, "SuppliedProduct")} == {farm.bean, farm.case}
    none = await farm.hub.send("GET", farm.basket.product(farm.carrots, is_case=True))
    assert (none.status_code, none.json()["code"]) == (404, "orders.unknown_variant")


async def test_the_catalogue_is_the_sellers_to_change_elsewhere(farm: Farm) -> None:
    seller = await farm.dfc.platform(farm.jean)
    for place in ("CatalogItems", "Offers"):
        path = farm.carrot.replace("SuppliedProducts", place)
        refused = await seller.send("PUT", path, {"@id": path})
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert await seller.get(f"{farm.basket.here}/SuppliedProducts") == await farm.hub.get(
        f"{farm.basket.here}/SuppliedProducts"
    )


async def test_enterprises_are_those_one_may_order_from(farm: Farm) -> None:
    document = await farm.hub.get("/api/dfc/Enterprises")
    own = await farm.dfc.slug(farm.hub_id)
    assert [node["@id"].rpartition("/")[2] for node in nodes(document, "Enterprise")] == sorted(
        [own, farm.slug]
    )
    one = await farm.hub.get(farm.basket.here)
    assert only(one, "Enterprise")["dfc-b:name"] == "jean"
    paged = await farm.hub.send("GET", "/api/dfc/Enterprises?first=1")
    assert len(nodes(paged.json(), "Enterprise")) == 1
    assert 'rel="next"' in paged.headers["link"]


async def test_a_long_catalogue_takes_no_more_memory(farm: Farm) -> None:
    """Many pages of products are written as they are read, each gone before the next is there."""
    many = 1_200
    async with farm.dfc.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO products (organisation, id, name, created_at)"
            " SELECT $1, gen_random_uuid(), 'LEEK', now() FROM generate_series(1, $2)",
            farm.jean,
            many,
        )
        await connection.execute(
            "INSERT INTO variants (organisation, id, product, sku, name, unlimited, created_at)"
            " SELECT organisation, gen_random_uuid(), id, id::text, 'Leek', true, now()"
            " FROM products WHERE organisation = $1 AND name = 'LEEK'",
            farm.jean,
        )
    platform = await farm.dfc.platform(farm.hub_id, Scope.CATALOGUE_READ)
    received, largest = 0, 0

    async def receive() -> object:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        nonlocal received, largest
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        received, largest = received + len(body), max(largest, len(body))

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/api/dfc/Enterprises/{farm.slug}/SuppliedProducts",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {platform.secret}".encode())],
    }
    tracemalloc.start()
    await farm.dfc.door(scope, receive, send)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert received > 1_000_000
    assert largest < received / 4
    assert peak < 2 * received
