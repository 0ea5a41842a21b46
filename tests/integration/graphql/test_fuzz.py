"""Odd documents: whatever is sent, it is answered, and never with a fault of the server's."""

from __future__ import annotations

import json
import random

import pytest

from tests.factories.graphql import Graphql, Mall

SEEDS = (
    (
        "query A($n: Int = 2) { variantsWhere(first: $n) { nodes { id sku ...f } } }"
        " fragment f on Variant { advert { ... on Advert { title variants { nodes { sku } } } } }"
    ),
    '{ node(id: "VmFyaWFudC0x") { __typename ... on Variant { countOnHand } } }',
    '{ advertsWhere(q: "shoe", legacyIds: [1, 2], createdSince: "2020-01-01") { totalCount } }',
    '{ nodes(ids: ["U2VsbGVyLTc4", "x"]) { id } apiKeyPrincipal { seller { businessName } } }',
    (
        'mutation { variantUpdate(input: { variantId: "VmFyaWFudC0x", attributes: { countOnHand: 1,'
        ' price: "3.5", variantPricingModel: { pricingModel: WHOLESALE } } }) { status } }'
    ),
    (
        'mutation { advertUpsert(input: { attributes: { title: "T", variants: [{ sku: "S", price: 1'
        " }] } }) { status errors { field messages } advert { id } } }"
    ),
    "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
    '{ allAdverts(after: "WyJhIl0=", first: 3) { edges { cursor node { ... on Node { id } } } } }',
)
WORDS = (
    *("{", "}", "(", ")", "[", "]", ":", "$", "!", "...", "@x", "#", "null", "true", "-1"),
    *("1e400", "0.1", "...f", "query", "mutation", "subscription", "é", "😀", "id", "nodes"),
    *("__typename", "\ufeff", "\\u0041", "\x7f", "MARKETPLACE", "99999999999999999999"),
    "@skip(if: true)",
    "@include(if: $n)",
    '"',
    '"""',
    "first: 500",
    "last: 1",
    'before: "MA=="',
    "on Query",
    "fragment f on Variant",
    "a: id",
    "input: {}",
    "attributes: null",
    "countOnHand: 2147483648",
    'sku: ""',
    'price: "NaN"',
    'price: "1e999"',
    "price: Infinity",
    f'title: "{"x" * 300}"',
    'barcode: "²"',
)
VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 2**31, 2**70, 0.1, 1e308, [], [[]], {}, {"a": {}}),
    *("", "x", "\x7f", "é😀", "²", "VmFyaWFudC0x", "WyJhIl0=", "MA==", "NaN"),
    *("2020-01-01T00:00:00+99:00", "9999-12-31T23:59:59-23:59"),
)


def mutated(dice: random.Random) -> str:
    """A document that was good once."""
    text = dice.choice(SEEDS)
    parts = text.split(" ")
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 5))):
        place = dice.randrange(len(parts))
        match dice.randrange(5):
            case 0:
                parts[place] = dice.choice(WORDS)
            case 1:
                parts.insert(place, dice.choice(WORDS))
            case 2 if len(parts) > 1:
                del parts[place]
            case 3:
                parts.insert(place, dice.choice(dice.choice(SEEDS).split(" ")))
            case _:
                other = dice.choice(SEEDS).split(" ")
                parts = parts[:place] + other[dice.randrange(len(other)) :]
    return " ".join(parts)


async def test_odd_documents_are_answered(mall: Mall, full_size: bool) -> None:  # noqa: FBT001 - a fixture's value
    dice = random.Random(20261122)
    key = await mall.graphql.key(mall.seller_id)
    understood = 0
    for _ in range(20_000 if full_size else 1_200):
        body = {"query": mutated(dice), "variables": {"n": dice.choice((1, 2, *VALUES[:9]))}}
        answer = await key.post(
            body, headers={"Idempotency-Key": "k"} if dice.random() < 0.3 else {}
        )
        assert answer.status_code in {200, 400}, body
        said = answer.json()
        assert set(said) <= {"data", "errors"}, body
        for error in said.get("errors", ()):
            assert error["message"], body
            assert error.get("extensions") != {"code": "FAILED"}, body
        understood += "data" in said
    assert understood > 50


INPUTS = {
    "query($v: ID!) { node(id: $v) { id } }": "v",
    "query($v: [ID!]!) { nodes(ids: $v) { id } }": "v",
    "query($v: String) { allSellers(after: $v) { totalCount nodes { id } } }": "v",
    "query($v: String) { variantsWhere(after: $v) { totalCount } }": "v",
    "query($v: VariantFilterInput) { variantsWhere(variantFilters: $v) { totalCount } }": "v",
    "query($v: ISO8601DateTime) { allAdverts(updatedSince: $v) { totalCount } }": "v",
    "query($v: String) { advertsWhere(q: $v) { totalCount } }": "v",
    "mutation($v: VariantInput!) { variantUpdate(input: { attributes: $v }) { status } }": "v",
    "mutation($v: AdvertInput!) { advertUpsert(input: { attributes: $v }) { status } }": "v",
}
FIELDS = (
    "skus",
    "barcodes",
    "quantityFrom",
    "stocked",
    "sku",
    "price",
    "countOnHand",
    "title",
    "variants",
    "id",
    "barcode",
    "itemTaxRate",
    "minPurchaseQuantity",
    "code",
)


@pytest.mark.parametrize("query", INPUTS)
async def test_odd_values_are_answered(mall: Mall, query: str) -> None:
    dice = random.Random(query)
    for number in range(120):
        value: object = dice.choice(VALUES)
        if number % 2:
            value = {name: dice.choice(VALUES) for name in dice.sample(FIELDS, 3)}
        answer = await mall.seller.post({"query": query, "variables": {INPUTS[query]: value}})
        assert answer.status_code == 200, (query, value)
        for error in answer.json().get("errors", ()):
            assert error.get("extensions") != {"code": "FAILED"}, (query, value)


@pytest.mark.parametrize(
    "body",
    [b"null", b"0", b'{"query":null}', b'{"query":"{a}"', json.dumps({"query": "\ud800"}).encode()],
)
async def test_odd_bodies_are_answered(graphql: Graphql, mall: Mall, body: bytes) -> None:
    del graphql
    assert (await mall.seller.post(body)).status_code in {200, 400}
