"""The GraphQL door itself: headers, bodies, errors, limits, and what it asks of the database."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from graphql import (
    build_client_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

from entrepot.apis.graphql import open_schema, read_contract
from entrepot.identity import revoke_token
from entrepot.identity.model import make_secret
from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from tests.factories.callers import caller_for
from tests.factories.graphql import Key, Mall

WHO = "{ apiKeyPrincipal { seller { businessName } } }"
EXPIRED = {"errors": [{"message": "API Token has expired"}]}


async def test_a_key_comes_in_either_header(mall: Mall) -> None:
    secret = mall.seller.secret
    assert secret is not None
    nobody = mall.graphql.nobody()
    basic = "Basic dXNlcjpwYXNz"
    for headers in (
        {"Authorization": f"Bearer {secret}"},
        {"authorization": f"bearer {secret}"},
        {"Marketplacer-Api-Key": secret},
        {"marketplacer-api-key": secret, "Authorization": basic},
        {"marketplacer-api-key": secret, "Authorization": f"Bearer {mall.stranger.secret}"},
    ):
        answer = await nobody.post({"query": WHO}, headers=headers)
        assert answer.status_code == 200, headers
        assert "shoemaker" in answer.text


async def test_without_a_key_that_holds_nobody_comes_in(mall: Mall) -> None:
    nobody = mall.graphql.nobody()
    wrong = make_secret("app", b"7" * 32)
    good = f"Bearer {mall.seller.secret}"
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": f"Bearer {wrong}"},
        {"Authorization": "Bearer ent_app_0000"},
        {"marketplacer-api-key": wrong, "Authorization": good},
        {"marketplacer-api-key": "", "Authorization": good},
        {"marketplacer-api-key": "x" * 900},
    ):
        for query in (WHO, "{ __schema { queryType { name } } }", "{ nothing }"):
            answer = await nobody.post({"query": query}, headers=headers)
            assert (answer.status_code, answer.json()) == (401, EXPIRED), headers
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_revoked_key_opens_nothing(mall: Mall) -> None:
    async with mall.graphql.pool.acquire() as connection:
        token = await connection.fetchval(
            "SELECT id FROM tokens WHERE organisation = $1", mall.seller_id
        )
    assert await mall.seller.data(WHO)
    await revoke_token(mall.graphql.pool, new_id, caller_for(mall.seller_id), token)
    answer = await mall.seller.post({"query": WHO})
    assert (answer.status_code, answer.json()) == (401, EXPIRED)


async def test_only_post_is_taken_and_only_here(mall: Mall) -> None:
    headers = {"Authorization": f"Bearer {mall.seller.secret}"}
    for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
        answer = await mall.graphql.http.request(method, "/graphql?query={a}", headers=headers)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await mall.graphql.http.post("/graphql/more", headers=headers)).status_code == 404
    slashed = await mall.graphql.http.post("/graphql/", json={"query": WHO}, headers=headers)
    assert slashed.status_code == 200


BAD = [
    (b"", {}, 400),
    (b"{", {}, 400),
    (b"[]", {}, 400),
    (b'"{ a }"', {}, 400),
    (b"\xff", {}, 400),
    (b"{}", {}, 400),
    (b'{"query": 3}', {}, 400),
    (b'{"query": " "}', {}, 400),
    (b'{"query": "{a}", "variables": []}', {}, 400),
    (b'{"query": "{a}", "operationName": 3}', {}, 400),
    (b'{"query": "{a}", "variables": {"a": "\\u0000"}}', {}, 400),
    (b'{"query": "{a(b: \\"\\\\u0000\\")}"}', {}, 400),
    (b"[" * 100_000, {}, 400),
    (b'{"query": "{a}"}', {"Content-Type": "text/plain"}, 415),
    (b'{"query": "{a}"}', {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    (b'{"query": "{a}"}', {"Content-Type": ""}, 415),
    (b'{"query": "{a}"}', {"Content-Encoding": "gzip"}, 415),
    (b'{"query": "{a}"}', {"Idempotency-Key": "x" * 256}, 400),
    (b'{"query": "' + b"a " * 600_000 + b'"}', {}, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), BAD, ids=range(len(BAD)))
async def test_requests_that_cannot_be_read(
    mall: Mall, body: bytes, headers: dict[str, str], status: int
) -> None:
    with mall.graphql.statements() as seen:
        answer = await mall.seller.post(body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]
    assert seen == []


async def test_odd_keys_of_a_body_are_passed_over(mall: Mall) -> None:
    query = "query A { healthCheck { success } } query B { siteConfig { name } }"
    body = {"query": query, "operation": "A", "operationName": "B", "extensions": {}, "id": 3}
    answer = (await mall.seller.post(body)).json()
    assert answer == {"data": {"siteConfig": {"name": "shoemaker"}}}
    unnamed = (await mall.seller.post({"query": query})).json()
    assert "data" not in unnamed
    assert "operation name" in unnamed["errors"][0]["message"]
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert (await mall.seller.post({"query": WHO, "variables": None}, headers=charset)).is_success


async def test_errors_of_documents_are_answered_with_200(mall: Mall) -> None:
    for query, says in (
        ("{", "Syntax Error"),
        ("{ nothing }", "Cannot query field 'nothing'"),
        ("{ variantsWhere(first: true) { totalCount } }", "Int cannot represent"),
        ("mutation { variantUpdate(input: {}) { status } }", "attributes"),
        ("subscription { a }", "subscription"),
        ("query($a: Int!) { variantsWhere(first: $a) { totalCount } }", "Variable $a of type Int!"),
    ):
        answer = await mall.seller.ask(query)
        assert says in answer["errors"][0]["message"], query
        assert not answer.get("data")


async def test_broken_values_are_refused_in_words_that_clients_know(mall: Mall) -> None:
    query = "query($at: ISO8601DateTime) { allAdverts(updatedSince: $at) { totalCount } }"
    answer = await mall.seller.ask(query, {"at": "yesterday"})
    assert answer["errors"][0]["message"] == (
        "Variable $at of type ISO8601DateTime was provided invalid value"
        ' (Could not coerce value "yesterday" to ISO8601DateTime)'
    )
    query = (
        "mutation($input: VariantUpdateMutationInput!) { variantUpdate(input: $input) { status } }"
    )
    answer = await mall.seller.ask(query, {"input": {"attributes": {"price": "dear"}}})
    assert answer["errors"][0]["message"] == (
        "Variable $input of type VariantUpdateMutationInput! was provided invalid value for"
        ' attributes.price (Could not coerce value "dear" to Decimal)'
    )


async def test_a_scope_that_is_missing_is_named(mall: Mall) -> None:
    key = await mall.graphql.key(mall.seller_id, Scope.ORDERS_READ)
    answer = await key.ask("{ variantsWhere { totalCount } }")
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "MISSING_SCOPE"}
    assert error["path"] == ["variantsWhere"]
    assert "catalogue:read" in error["message"]


async def test_what_is_served_is_what_the_contract_says(mall: Mall) -> None:
    data = await mall.seller.data(get_introspection_query())
    served = print_schema(lexicographic_sort_schema(build_client_schema(data)))
    assert served == print_schema(lexicographic_sort_schema(open_schema()))
    from graphql import build_schema  # noqa: PLC0415 - read apart from what is served

    assert served == print_schema(lexicographic_sort_schema(build_schema(read_contract())))


def _nested(depth: int) -> str:
    inner = "id"
    for _ in range((depth - 3) // 2):
        inner = f"advert {{ ... on Advert {{ variants {{ nodes {{ {inner} }} }} }} }}"
    return f"{{ variantsWhere {{ nodes {{ {inner} }} }} }}"


LIMITED = {
    "deep": _nested(61),
    "aliased": "{ " + " ".join(f"a{n}: healthCheck {{ b{n}: success }}" for n in range(51)) + " }",
    "many roots": "{ " + " ".join("healthCheck { success }" for _ in range(60)) + " }",
    "a page too large": "{ variantsWhere(first: 501) { nodes { id } } }",
    "pages in pages": "{ variantsWhere(first: 500) { nodes { advert { ... on Advert"
    " { variants(first: 500) { nodes { id sku } } } } } } }",
    "a cycle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "itself": "{ ...a } fragment a on Query { healthCheck { success } ...a }",
    "a cycle that nothing uses": "{ healthCheck { success } } fragment a on Query { ...a }",
    "a chain of fragments": "{ ...f0 } "
    + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(40))
    + " fragment f40 on Query { healthCheck { success } }",
    "doubling fragments": "{ variantsWhere { nodes { ...f0 } } } "
    + " ".join(f"fragment f{n} on Variant {{ ...f{n + 1} ...f{n + 1} }}" for n in range(25))
    + " fragment f25 on Variant { id }",
}


@pytest.mark.parametrize("name", LIMITED)
async def test_documents_past_a_limit_ask_nothing_of_the_database(mall: Mall, name: str) -> None:
    with mall.graphql.statements() as seen:
        answer = await mall.seller.ask(LIMITED[name])
    assert answer["errors"][0]["extensions"] == {"code": "LIMIT_PASSED"}, answer
    assert "data" not in answer
    assert seen == []


@pytest.mark.parametrize(
    "query",
    ["{ " + "a " * 20_000 + "}", "{ a" * 5_000, "{ a(b: " + "[" * 5_000, "{ a(b: " + "{b:" * 5_000],
    ids=["tokens", "braces", "lists", "objects"],
)
async def test_huge_documents_ask_nothing_of_the_database(mall: Mall, query: str) -> None:
    with mall.graphql.statements() as seen:
        answer = await mall.seller.ask(query)
    assert answer["errors"]
    assert "data" not in answer
    assert seen == []


async def test_limits_count_with_variables_each_time(mall: Mall) -> None:
    query = "query($n: Int = 2) { variantsWhere(first: $n) { nodes { id } } }"
    assert await mall.seller.data(query, {"n": 500})
    for _ in range(2):
        answer = await mall.seller.ask(query, {"n": 501})
        assert answer["errors"][0]["extensions"] == {"code": "LIMIT_PASSED"}
    assert await mall.seller.data(query)


async def test_introspection_that_goes_round_is_refused(mall: Mall) -> None:
    inner = "name"
    for _ in range(4):
        inner = f"fields {{ type {{ {inner} }} }}"
    answer = await mall.seller.ask(f"{{ __schema {{ types {{ {inner} }} }} }}")
    assert answer["errors"]
    assert "data" not in answer


async def test_a_request_that_loads_too_much_ends(
    mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.apis.graphql.context.OBJECTS_MAX", 1)
    answer = await mall.market.ask("{ variantsWhere { nodes { id } } }")
    assert answer["errors"][0]["extensions"] == {"code": "LIMIT_PASSED"}


async def test_a_bug_says_nothing_of_itself(mall: Mall, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> object:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("entrepot.stock.list_market_variants", broken)
    answer = await mall.market.post({"query": "{ variantsWhere { nodes { id } } }"})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"] == {"code": "FAILED"}
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_told_as_such(
    mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from entrepot.infra.reach import DatabaseUnreachable  # noqa: PLC0415 - for this test alone

    async def away(*_: object) -> object:
        raise DatabaseUnreachable("gone")

    monkeypatch.setattr("entrepot.stock.list_market_variants", away)
    answer = await mall.market.post({"query": "{ variantsWhere { nodes { id } } }"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "gone" not in answer.text


async def test_documents_are_remembered_and_forgotten(
    mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from entrepot.apis.graphql import documents  # noqa: PLC0415 - for this test alone

    validated = []
    real: Any = vars(documents)["validate"]

    def watched(*given: object, **named: object) -> object:
        validated.append(given)
        result: object = real(*given, **named)
        return result

    monkeypatch.setattr(documents, "validate", watched)
    monkeypatch.setattr(documents, "REMEMBERED_MAX", 2)
    for query in (WHO, WHO, "{ siteConfig { name } }", WHO, "{ healthCheck { success } }", WHO):
        await mall.seller.data(query)
    assert len(validated) == 3
    await mall.seller.data("{ siteConfig { name } }")  # it was the one used longest ago
    assert len(validated) == 4


async def test_what_happens_is_told_and_kept_from_others(mall: Mall) -> None:
    answer: httpx.Response = await mall.seller.post(
        {"query": WHO}, headers={"X-Request-Id": "their-own-1"}
    )
    assert answer.headers["x-request-id"] == "their-own-1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.content)["data"]
    assert isinstance(mall.seller, Key)
