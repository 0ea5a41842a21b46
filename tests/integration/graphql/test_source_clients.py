"""Requests as clients that exist send them: their headers, their odd keys, their documents."""

from __future__ import annotations

import json
from typing import cast

import httpx
from graphql import get_introspection_query
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Metrics
from entrepot.app.services import Services
from entrepot.app.serving import open_site
from entrepot.infra.settings import Settings
from tests.factories.graphql import ORIGIN, Key, Mall
from tests.fakes.log import NullLog


async def test_a_sample_client_sends_its_headers_and_its_odd_key(mall: Mall) -> None:
    """Basic credentials that mean nothing, the key in a header of its own, `operation` as a key."""
    secret = mall.seller.secret
    assert secret is not None
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "MARKETPLACER-API-KEY": secret}
    query = "query WhoAmI { apiKeyPrincipal { name seller { id businessName } } }"
    body = {"query": query, "variables": {}, "operation": "WhoAmI"}
    answer = await mall.graphql.nobody().post(body, headers=headers)
    assert answer.json()["data"]["apiKeyPrincipal"]["seller"] == {
        "id": await mall.seller_id_of(mall.seller_id),
        "businessName": "shoemaker",
    }


async def test_adverts_of_a_seller_then_each_by_its_id(mall: Mall) -> None:
    me = await mall.seller.data("{ apiKeyPrincipal { seller { id } } }")
    query = (
        "query($retailers: [ID!], $first: Int) { advertsWhere(retailerIds: $retailers,"
        " first: $first) { nodes { id legacyId title variants { nodes { id sku } } } } }"
    )
    # One value through a variable where a list is asked for.
    asked = {"retailers": me["apiKeyPrincipal"]["seller"]["id"], "first": 10}
    (advert,) = (await mall.seller.data(query, asked))["advertsWhere"]["nodes"]
    found = await mall.seller.data(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Advert { title } } }",
        {"ids": [advert["id"], advert["variants"]["nodes"][0]["id"]]},
    )
    assert found["nodes"][0]["title"] == advert["title"]
    assert found["nodes"][1]["id"] == advert["variants"]["nodes"][0]["id"]


async def test_tools_read_the_schema(mall: Mall) -> None:
    names = "{ __schema { mutationType { fields { name } } } }"
    fields = (await mall.seller.data(names))["__schema"]["mutationType"]["fields"]
    assert {each["name"] for each in fields} >= {"advertUpsert", "variantUpdate"}
    whole = get_introspection_query(specified_by_url=True, input_value_deprecation=True)
    assert json.dumps(await mall.seller.data(whole))


async def test_stock_is_written_and_read_as_a_seller_does(mall: Mall) -> None:
    """Find a variant by its sku, set what there is of it, and read that back by inventories."""
    data = await mall.seller.data("{ variantsWhere { nodes { id sku } } }")
    (variant,) = data["variantsWhere"]["nodes"]
    query = (
        "mutation variantUpdate($input: VariantUpdateMutationInput!) {"
        " variantUpdate(input: $input) { status errors { field messages }"
        " variant { id countOnHand inventories { nodes { countOnHand } } } } }"
    )
    asked = {"input": {"variantId": variant["id"], "attributes": {"countOnHand": 12}}}
    answer = (await mall.seller.data(query, asked))["variantUpdate"]
    assert answer == {
        "status": 200,
        "errors": None,
        "variant": {
            "id": variant["id"],
            "countOnHand": 12,
            "inventories": {"nodes": [{"countOnHand": 12}]},
        },
    }
    seen = await mall.market.data(
        f'{{ node(id: "{variant["id"]}") {{ ... on Variant {{ countOnHand }} }} }}'
    )
    assert seen["node"] == {"countOnHand": 12}


async def test_the_whole_site_has_it_beside_the_other_doors(mall: Mall, settings: Settings) -> None:
    log, metrics = cast("FilteringBoundLogger", NullLog()), Metrics()
    site = open_site(Services(settings, log, "", mall.graphql.pool, mall.graphql.desk), metrics)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as http:
        key = Key(http, mall.seller.secret)
        assert await key.data("{ siteConfig { name } }") == {"siteConfig": {"name": "shoemaker"}}
        assert (await http.get("/healthz")).status_code == 200
    counted = metrics.page().decode()
    assert 'method="POST",route="/graphql",status="200"' in counted
