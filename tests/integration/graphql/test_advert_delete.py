"""advertDelete at the GraphQL door: adverts whose variants are all deleted."""

from __future__ import annotations

from typing import Any

from entrepot.apis.graphql.ids import write_id
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.callers import acts_of
from tests.factories.graphql import Key

DELETE = (
    'mutation($id: ID!) { advertDelete(input: { id: $id, clientMutationId: "me" }) {'
    " clientMutationId status errors { field messages }"
    " advert { id title published variants { totalCount } } } }"
)
ADVERT = "query($id: ID!) { node(id: $id) { ... on Variant { advert { ... on Node { id } } } } }"


async def delete(key: Key, id_: str) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Delete an advert; the payload, or the errors of the request."""
    answer = await key.ask(DELETE, {"id": id_})
    return answer["errors"] if "errors" in answer else answer["data"]["advertDelete"]


async def advert_of(door: BazaarDoor, number: int, model: str) -> str:
    found = await door.market.data(ADVERT, {"id": door.variant(number, model)})
    id_: str = found["node"]["advert"]["id"]
    return id_


async def test_all_variants_are_deleted_and_orders_keep_theirs(door: BazaarDoor) -> None:
    advert = await advert_of(door, 1, "wholesale")
    (invoice,) = (await door.create(door.line(1, "wholesale")))["order"]["invoices"]["nodes"]
    payload = await delete(door.key_one, advert)
    assert (payload["errors"], payload["status"], payload["clientMutationId"]) == (None, 200, "me")
    shown = {"id": advert, "published": False, "variants": {"totalCount": 0}}
    assert {name: payload["advert"][name] for name in shown} == shown
    assert await delete(door.key_one, advert) == payload
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [advert, door.variant(1, "wholesale"), invoice["lineItems"][0]["id"]]
    found = (await door.market.data(query, {"ids": ids}))["nodes"]
    assert found == [None, None, {"id": ids[2]}]
    assert await door.held(1, "wholesale") == 1
    refused = await door.try_create(door.line(1, "wholesale"))
    assert "No object found for variantId" in refused["errors"][0]["message"]
    acts = [act for act, _, _ in await acts_of(door.graphql.pool, door.one)]
    assert acts.count("catalogue.variant_deleted") == 1


async def test_a_marketplace_deletes_its_sellers_in_their_name(door: BazaarDoor) -> None:
    advert = await advert_of(door, 2, "marketplace")
    assert (await delete(door.market, advert))["errors"] is None
    acts = [act for act, _, _ in await acts_of(door.graphql.pool, door.two)]
    assert "catalogue.variant_deleted" in acts


async def test_nobody_elses_and_nothing_at_all_are_not_found(door: BazaarDoor) -> None:
    advert = await advert_of(door, 1, "wholesale")
    for key, id_ in (
        (door.key_two, advert),
        (door.market, write_id("Advert", 999_999)),
        (door.market, door.variant(1, "wholesale")),
    ):
        (error,) = await delete(key, id_)
        assert error["message"] == f"No object found for id: {id_}"
    found = await door.market.data("query($id: ID!) { node(id: $id) { id } }", {"id": advert})
    assert found["node"] == {"id": advert}
