"""The catalogue by REST: made, shown, changed, and every fault named at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from entrepot.kernel.caller import Scope
from tests.factories.network import Network
from tests.factories.web import Asker, Web

MUG = {"sku": "MUG", "name": "Mug"}


@pytest.fixture
async def asker(network: Network, web: Web) -> Asker:
    return await web.asker(await network.organisation("pottery"))


async def make(asker: Asker, *variants: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON, as it is read
    made = await asker.post("/products", {"products": [{"name": "Mug", "variants": variants}]})
    return made["products"][0]


async def test_a_product_is_made_shown_and_changed(asker: Asker) -> None:
    supplier = await asker.post("/suppliers", {"name": "Aardewerk", "email": "a@aardewerk.example"})
    body = {
        **MUG,
        "gtin": "4006381333931",
        "retail_price": "12.10",
        "wholesale_price": 6.05,
        "vat_rate": 21,
        "prices_include_vat": True,
        "units_per_case": 6,
        "supplier": supplier["id"],
        "supplier_sku": "AW-1",
    }
    response = await asker.try_post(
        "/products", {"products": [{"name": "Mug", "variants": [body]}]}
    )
    assert response.status_code == 201
    (product,) = response.json()["products"]
    (variant,) = product["variants"]
    assert (variant["retail_price"], variant["wholesale_price"]) == ("10", "5")
    assert (variant["prices_include_vat"], variant["vat_rate"]) == (False, "21")
    assert variant["legacy_id"] >= 10_000_000
    assert variant["purchase_price"] is None
    assert await asker.get(f"/products/{product['id']}") == product
    assert await asker.get("/products") == {"data": [product], "next": None}
    assert await asker.get(f"/variants/{variant['id']}") == variant
    renamed = await asker.patch(f"/products/{product['id']}", {"name": "Beaker"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Beaker")
    added = await asker.post(
        f"/products/{product['id']}/variants", {"variants": [{"sku": "A", "name": "A"}]}
    )
    assert [each["sku"] for each in added["variants"]] == ["A", "MUG"]
    changes = {"gtin": None, "retail_price": "11", "supplier": None, "state": "deactivated"}
    changed = await asker.patch(f"/variants/{variant['id']}", changes)
    assert changed.status_code == 200
    shown = changed.json()
    affected = shown.pop("affected")
    assert shown == variant | changes
    assert (affected["matches"], affected["waiting_orders"]) == (0, 0)
    assert (await asker.get("/products"))["data"][0]["name"] == "Beaker"


async def test_products_are_read_page_by_page(asker: Asker) -> None:
    made = [(await make(asker, {"sku": f"M{number}", "name": "M"}))["id"] for number in range(5)]
    found, cursor = [], ""
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await asker.get("/products", **query)
        found += [each["id"] for each in page["data"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert found == made


async def test_variants_are_filtered(asker: Asker) -> None:
    supplier = await asker.post("/suppliers", {"name": "Aardewerk"})
    product = await make(
        asker,
        {**MUG, "gtin": "036000291452", "supplier": supplier["id"]},
        {"sku": "CUP", "name": "Cup", "supplier": supplier["id"], "state": "deactivated"},
        {"sku": "POT", "name": "Pot"},
    )

    async def skus(**query: object) -> list[str]:
        return [each["sku"] for each in (await asker.get("/variants", **query))["data"]]

    assert await skus() == ["CUP", "MUG", "POT"]
    assert await skus(gtin="0036000291452") == ["MUG"]
    assert await skus(gtin="0036000291452", state="deactivated") == []
    assert await skus(supplier=supplier["id"]) == ["CUP", "MUG"]
    assert await skus(supplier=supplier["id"], state="active") == ["MUG"]
    assert await skus(supplier="nonsense") == []
    assert await skus(state="deactivated", sku="CUP") == ["CUP"]
    page = await asker.get("/variants", supplier=supplier["id"], limit=1)
    assert await skus(supplier=supplier["id"], cursor=page["next"]) == ["MUG"]
    pot = next(each for each in product["variants"] if each["sku"] == "POT")
    await asker.patch(f"/variants/{pot['id']}", {"state": "deleted"})
    assert await skus(state="deleted") == ["POT"]
    assert await skus() == ["CUP", "MUG"]
    both = await asker.send(
        "GET", "/api/v1/variants", query={"seller": "x", "gtin": "1", "state": "active"}
    )
    assert both.status_code == 422
    assert [each["field"] for each in both.json()["faults"]] == ["gtin", "state"]


async def test_every_wrong_field_is_named_at_once(asker: Asker) -> None:
    wrong = {
        "sku": "",
        "name": " ",
        "gtin": "123",
        "unit": "",
        "pricing_model": "retail",
        "retail_price": "-1",
        "wholesale_price": "0.00001",
        "purchase_price": "1E+30",
        "vat_rate": "101",
        "order_quantity_min": "-1",
        "order_quantity_multiple": "0.0001",
        "units_per_case": 0,
        "supplier_sku": "",
        "state": "gone",
    }
    response = await asker.try_post(
        "/products", {"products": [{"name": "", "variants": [MUG, wrong]}]}
    )
    assert response.status_code == 422
    fields = {each["field"] for each in response.json()["faults"]}
    before = "products[0].variants[1]."
    assert fields == {"products[0].name", *[before + name for name in wrong]}
    product = await make(asker, MUG)
    changed = await asker.patch(f"/variants/{product['variants'][0]['id']}", wrong)
    assert changed.status_code == 422
    assert {each["field"] for each in changed.json()["faults"]} == set(wrong)


async def test_every_badly_formed_field_is_named_at_once(asker: Asker) -> None:
    product = await make(asker, MUG)
    path = f"/variants/{product['variants'][0]['id']}"
    wrong: dict[str, Any] = {
        "name": None,
        "gtin": 5,
        "retail_price": [],
        "units_per_case": "6",
        "colour": "x",
    }
    response = await asker.patch(path, wrong)
    assert response.status_code == 422
    faults = {each["field"]: each["message"] for each in response.json()["faults"]}
    assert set(faults) == set(wrong)
    assert faults["name"] == "name must be text of at most 200 characters."
    assert faults["retail_price"] == "retail_price must be a number, or a number as text."
    for method, where, body in (
        ("POST", "/products", {"products": [{"name": "x"}]}),
        ("POST", "/suppliers", {"name": "x", "backorder_threshold": "1"}),
        ("POST", "/locations", {"code": "x", "name": "y", "rank": 1.5}),
        ("PATCH", f"/products/{product['id']}", {}),
    ):
        refused = await asker.send(method, f"/api/v1{where}", body, key="k")
        assert refused.status_code == 422, refused.text


async def test_foreign_ids_are_answered_like_absent_ones(
    asker: Asker, network: Network, web: Web
) -> None:
    other = await web.asker(await network.organisation("other"))
    supplier = await other.post("/suppliers", {"name": "Aardewerk"})
    product = await make(asker, MUG)
    variant = product["variants"][0]
    refused = await asker.patch(f"/variants/{variant['id']}", {"supplier": supplier["id"]})
    assert (refused.status_code, refused.json()["code"]) == (404, "catalogue.unknown_supplier")
    for path in (f"/products/{product['id']}", f"/suppliers/{supplier['id']}"):
        stranger = asker if path.startswith("/suppliers") else other
        for asked in (path, path[:-4] + "0000", path.rpartition("/")[0] + "/nonsense"):
            shown = await stranger.send("GET", f"/api/v1{asked}")
            changed = await stranger.patch(asked, {"name": "mine"})
            assert shown.status_code == changed.status_code == 404
            assert shown.json()["detail"] == changed.json()["detail"]


async def test_sent_twice_it_happens_once(asker: Asker) -> None:
    body = {"products": [{"name": "Mug", "variants": [MUG]}]}
    first = await asker.try_post("/products", body, key="one")
    again = await asker.try_post("/products", body, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    path = f"/variants/{first.json()['products'][0]['variants'][0]['id']}"
    for name in ("Beaker", "Cup"):
        await asker.patch(path, {"name": name}, key=name)
    replayed = await asker.patch(path, {"name": "Beaker"}, key="Beaker")
    assert replayed.headers["idempotent-replayed"] == "true"
    assert (await asker.get(path))["name"] == "Cup"
    other = await asker.patch(path, {"name": "Pot"}, key="Beaker")
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")
    # The same content to another object is not the same request.
    elsewhere = await asker.patch(path[:-4] + "0000", {"name": "Beaker"}, key="Beaker")
    assert elsewhere.status_code == 409


async def test_rivals_change_different_fields(asker: Asker) -> None:
    path = f"/variants/{(await make(asker, MUG))['variants'][0]['id']}"
    changes: list[dict[str, Any]] = [
        {"name": "Beaker"},
        {"gtin": "96385074"},
        {"retail_price": "3.5"},
        {"units_per_case": 12},
        {"is_orderable": False},
        {"order_quantity_min": "2"},
        {"supplier_sku": "AW"},
    ]
    answers = await asyncio.gather(*[asker.patch(path, each) for each in changes])
    assert {answer.status_code for answer in answers} == {200}
    found = await asker.get(path)
    for each in changes:
        assert each.items() <= found.items()


async def test_suppliers(asker: Asker) -> None:
    names = ("cedar", "Birch", "alder")
    made = {name: await asker.post("/suppliers", {"name": name}) for name in names}
    first = await asker.get("/suppliers", limit=2)
    assert [each["name"] for each in first["data"]] == ["alder", "Birch"]
    rest = await asker.get("/suppliers", limit=2, cursor=first["next"])
    assert rest == {"data": [made["cedar"]], "next": None}
    taken = await asker.try_post("/suppliers", {"name": "CEDAR"})
    assert (taken.status_code, taken.json()["code"]) == (409, "catalogue.name_taken")
    path = f"/suppliers/{made['cedar']['id']}"
    changed = await asker.patch(path, {"email": "c@cedar.example", "backorder_threshold": 1})
    assert changed.json() == await asker.get(path)
    assert changed.json()["email"] == "c@cedar.example"
    assert (await asker.patch(path, {"email": None, "state": "deleted"})).json()["email"] is None
    assert [each["name"] for each in (await asker.get("/suppliers"))["data"]] == ["alder", "Birch"]
    assert (await asker.get("/suppliers", state="deleted"))["data"] == [await asker.get(path)]


async def test_locations(asker: Asker) -> None:
    made = await asker.post("/locations", {"code": "barn", "name": "The barn", "rank": 2})
    path = f"/locations/{made['id']}"
    assert await asker.get(path) == made
    changed = await asker.patch(path, {"ships_orders": False, "rank": 0})
    assert changed.json() == made | {"ships_orders": False, "rank": 0}
    taken = await asker.patch(path, {"code": "main"})
    assert (taken.status_code, taken.json()["code"]) == (409, "catalogue.code_taken")
    assert (await asker.send("GET", "/api/v1/locations/loc_nonsense")).status_code == 404


async def test_a_partner_sees_neither_supplier_nor_prices(
    asker: Asker, network: Network, web: Web
) -> None:
    buyer_id = await network.organisation("buyer")
    owner_id = (await asker.get("/organisations"))["data"][0]["id"].removeprefix("org_")
    await network.right(owner_id, buyer_id)
    supplier = await asker.post("/suppliers", {"name": "Aardewerk"})
    product = await make(asker, {**MUG, "purchase_price": "1.23", "supplier": supplier["id"]})
    buyer = await web.asker(buyer_id, Scope.CATALOGUE_READ)
    shown = await buyer.get(f"/variants/{product['variants'][0]['id']}")
    assert shown["sku"] == "MUG"
    assert not {name for name in shown if "price" in name or "supplier" in name}
    assert (await buyer.send("GET", f"/api/v1/products/{product['id']}")).status_code == 404
