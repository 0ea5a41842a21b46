"""advertUpsert: adverts with their variants, made and changed, once, by their seller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.factories.callers import acts_of
from tests.factories.graphql import Key, Mall

UPSERT = """
mutation($input: AdvertUpsertMutationInput!) {
  advertUpsert(input: $input) {
    clientMutationId status errors { field messages }
    advert { id legacyId title published lowestPrice seller { businessName }
      variants { nodes { id sku label countOnHand lowestPrice pricingModel infiniteQuantity
        wholesalePrice } } }
  }
}
"""


async def upsert(
    key: Key, attributes: Mapping[str, object], advert: str | None = None, **headers: str
) -> dict[str, Any]:
    """What advertUpsert answers."""
    sent = {"advertId": advert, "attributes": attributes}
    data = await key.data(UPSERT, {"input": sent}, **headers)
    payload: dict[str, Any] = data["advertUpsert"]
    assert payload["status"] == 200
    return payload


def variants(payload: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variants of the advert that is answered, by sku."""
    return {node["sku"]: node for node in payload["advert"]["variants"]["nodes"]}


async def test_an_advert_is_made_with_its_variants_and_their_stock(mall: Mall) -> None:
    payload = await upsert(
        mall.seller,
        {
            "title": "Boots",
            "price": "349.99",
            "attemptAutoPublish": True,
            "variants": [
                {"sku": "B-40", "countOnHand": 3},
                {
                    "sku": "B-41",
                    "price": 12,
                    "wholesalePrice": "6.5",
                    "variantPricingModel": {"pricingModel": "WHOLESALE"},
                },
                {"sku": "B-GIFT", "infiniteQuantity": True, "countOnHand": 0},
            ],
        },
    )
    assert payload["errors"] is None
    advert = payload["advert"]
    assert (advert["title"], advert["published"]) == ("Boots", True)
    assert advert["seller"] == {"businessName": "shoemaker"}
    made = variants(payload)
    assert made["B-40"]["countOnHand"] == 3
    assert (made["B-40"]["lowestPrice"], made["B-40"]["pricingModel"]) == ("349.99", "MARKETPLACE")
    assert (made["B-41"]["lowestPrice"], made["B-41"]["wholesalePrice"]) == ("12.0", "6.5")
    assert made["B-41"]["pricingModel"] == "WHOLESALE"
    assert made["B-GIFT"]["infiniteQuantity"] is True
    seen = await mall.market.data(
        f'{{ node(id: "{advert["id"]}") {{ ... on Advert {{ title }} }} }}'
    )
    assert seen["node"] == {"title": "Boots"}


async def test_one_object_where_a_list_is_asked_for_and_an_advert_by_its_code(mall: Mall) -> None:
    one = await upsert(mall.seller, {"title": "Lace", "variants": {"sku": "LACE"}})
    assert list(variants(one)) == ["LACE"]
    coded = await upsert(mall.seller, {"title": "Wax", "code": "WAX-1", "price": "3"})
    assert variants(coded)["WAX-1"]["lowestPrice"] == "3.0"


async def test_an_advert_is_changed_with_those_of_its_variants_that_are_named(mall: Mall) -> None:
    made = await upsert(
        mall.seller,
        {"title": "Boots", "price": "10", "variants": [{"sku": "B-40"}, {"sku": "B-41"}]},
    )
    id_ = made["advert"]["id"]
    by_id = variants(made)["B-40"]["id"]
    payload = await upsert(
        mall.seller,
        {
            "title": "Better boots",
            "variants": [
                {"id": by_id, "price": 20, "countOnHand": 2},
                {"sku": "B-42", "price": 30, "countOnHand": 4},
            ],
        },
        id_,
    )
    assert payload["errors"] is None
    assert payload["advert"]["title"] == "Better boots"
    found = variants(payload)
    assert [found[sku]["lowestPrice"] for sku in ("B-40", "B-41", "B-42")] == [
        "20.0",
        "10.0",
        "30.0",
    ]
    assert [found[sku]["countOnHand"] for sku in ("B-40", "B-41", "B-42")] == [2, 0, 4]
    # Named again by its sku, a variant is changed; and a price of the advert is that of the others.
    payload = await upsert(
        mall.seller, {"price": "5", "variants": {"sku": "B-42", "price": 31}}, id_
    )
    found = variants(payload)
    assert [found[sku]["lowestPrice"] for sku in ("B-40", "B-41", "B-42")] == ["5.0", "5.0", "31.0"]


async def test_sent_twice_it_happens_once(mall: Mall) -> None:
    attributes = {"title": "Boots", "variants": [{"sku": "B-40", "countOnHand": 3}]}
    first = await upsert(mall.seller, attributes, Idempotency_Key="made")
    id_ = first["advert"]["id"]
    assert (await upsert(mall.seller, attributes, Idempotency_Key="made"))["advert"]["id"] == id_
    change = {
        "title": "Old boots",
        "variants": [{"sku": "B-40", "price": 1, "countOnHand": 8}, {"sku": "B-41", "price": 2}],
    }
    await upsert(mall.seller, change, id_, Idempotency_Key="changed")
    later = {"title": "New boots", "variants": [{"sku": "B-40", "price": 9, "countOnHand": 1}]}
    await upsert(mall.seller, later, id_)
    acts = await acts_of(mall.graphql.pool, mall.seller_id)
    again = await upsert(mall.seller, change, id_, Idempotency_Key="changed")
    assert again["advert"]["title"] == "New boots"
    assert variants(again)["B-40"]["countOnHand"] == 1
    assert variants(again)["B-40"]["lowestPrice"] == "9.0"
    assert await acts_of(mall.graphql.pool, mall.seller_id) == acts
    sent = {"input": {"advertId": id_, "attributes": {"title": "Other"}}}
    answer = await mall.seller.ask(UPSERT, sent, **{"Idempotency-Key": "changed"})
    assert answer["errors"][0]["extensions"] == {"code": "request.key_reused"}


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ({}, ["title", "variants"]),
        ({"title": "Boots"}, ["variants"]),
        ({"title": "Boots", "variants": []}, ["variants"]),
        ({"title": "Boots", "variants": [{}]}, ["sku"]),
        ({"title": "Boots", "variants": [{"sku": "A"}, {"sku": "A"}]}, ["sku"]),
        ({"title": " ", "variants": [{"sku": "A"}]}, ["title"]),
        ({"title": "Boots", "price": "x", "variants": [{"sku": "A"}]}, ["price"]),
        ({"title": "Boots", "variants": [{"sku": "A", "countOnHand": -1}]}, ["count_on_hand"]),
        ({"title": "B", "variants": [{"sku": f"S{n}"} for n in range(101)]}, ["variants"]),
    ],
    ids=range(9),
)
async def test_what_is_wrong_is_named_and_nothing_is_made(
    mall: Mall, attributes: dict[str, object], fields: list[str]
) -> None:
    before = await acts_of(mall.graphql.pool, mall.seller_id)
    payload = await upsert(mall.seller, attributes)
    assert payload["advert"] is None
    assert sorted(error["field"] for error in payload["errors"]) == fields
    assert await acts_of(mall.graphql.pool, mall.seller_id) == before


async def test_a_marketplace_changes_what_its_sellers_show(mall: Mall) -> None:
    shoes = await mall.advert(mall.shoes)
    variants = {"id": await mall.wire(mall.shoes), "countOnHand": 7}
    sent = {"input": {"advertId": shoes, "attributes": {"title": "Boots", "variants": variants}}}
    for _ in range(2):
        payload = (await mall.market.data(UPSERT, sent, Idempotency_Key="k"))["advertUpsert"]
        assert (payload["errors"], payload["advert"]["title"]) == (None, "Boots")
    # The seller's own key of the same name is another.
    payload = (await mall.seller.data(UPSERT, sent, Idempotency_Key="k"))["advertUpsert"]
    assert payload["errors"] is None


async def test_what_is_not_ones_own_is_not_changed(mall: Mall) -> None:
    shoes, hats = await mall.advert(mall.shoes), await mall.advert(mall.hats)
    for key, id_ in ((mall.seller, hats), (mall.stranger, shoes), (mall.seller, "none")):
        sent = {"input": {"advertId": id_, "attributes": {"title": "Mine"}}}
        answer = await key.ask(UPSERT, sent)
        assert answer["errors"][0]["message"] == f"No object found for advertId: {id_}"
    foreign = {"id": await mall.wire(mall.hats), "price": 1}
    sent = {"input": {"advertId": shoes, "attributes": {"variants": foreign}}}
    answer = await mall.seller.ask(UPSERT, sent)
    assert answer["errors"][0]["message"] == f"No object found for variantId: {foreign['id']}"
