"""The DFC door itself: paths, methods, who may come in, and what is no document."""

from __future__ import annotations

import json

import pytest

from entrepot.identity import revoke_token
from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from tests.factories.callers import caller_for
from tests.factories.dfc import CONTEXT, Platform, only
from tests.factories.farm import Farm


async def test_paths_are_taken_as_they_are_spelt(farm: Farm) -> None:
    path = f"/api/dfc/Enterprises/{farm.slug}/SuppliedProducts"
    assert (await farm.hub.send("GET", path + "/")).status_code == 200
    for wrong in (
        path.lower(),
        path.replace("SuppliedProducts", "supplied_products"),
        "/api/dfc",
        "/api/dfc/",
        "/api/dfc/Enterprises/jean/SalesSession/",
        f"/api/dfc/Enterprises/{farm.slug}/Orders/a b",
    ):
        missing = await farm.hub.send("GET", wrong)
        assert missing.status_code == 404, wrong
        assert missing.json()["code"] == "request.unknown_path"


async def test_head_is_get_without_the_body(farm: Farm) -> None:
    for path in (f"{farm.basket.here}/SuppliedProducts", farm.carrot, farm.basket.orders):
        head = await farm.hub.send("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        got = await farm.hub.send("GET", path)
        assert head.headers.get("etag") == got.headers.get("etag")


async def test_other_methods_are_told_which_there_are(farm: Farm) -> None:
    refused = await farm.hub.send("PATCH", farm.basket.orders, {})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert refused.json()["code"] == "request.method_not_allowed"
    refused = await farm.hub.send("POST", f"{farm.basket.orders}/ord_{'0' * 32}", {})
    assert refused.headers["allow"] == "DELETE, GET, HEAD, PUT"


@pytest.mark.parametrize("scheme", ["Bearer", "JWT", "bearer", "Anything"])
async def test_the_last_word_of_the_header_is_the_token(farm: Farm, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {farm.hub.secret}"}
    answer = await farm.dfc.nobody().send("GET", "/api/dfc/Enterprises", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ent_app_0000",
        "Bearer a.b.c",
        "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.",
        "Bearer x y",
        "Bearer " + "x" * 9000,
    ],
)
async def test_without_a_token_that_holds_nobody_comes_in(farm: Farm, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method, path in (("GET", farm.carrot), ("POST", farm.basket.orders)):
        answer = await farm.dfc.nobody().send(method, path, b"{}", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "identity.token_not_valid"


async def test_a_revoked_token_opens_nothing(farm: Farm) -> None:
    issued = await farm.dfc.platform(farm.hub_id)
    async with farm.dfc.pool.acquire() as connection:
        token = await connection.fetchval(
            "SELECT id FROM tokens WHERE organisation = $1 ORDER BY id DESC LIMIT 1", farm.hub_id
        )
    await revoke_token(farm.dfc.pool, new_id, caller_for(farm.hub_id), token)
    assert (await issued.send("GET", "/api/dfc/Enterprises")).status_code == 401


async def test_each_scope_opens_its_own(farm: Farm) -> None:
    reader = await farm.dfc.platform(farm.hub_id, Scope.CATALOGUE_READ)
    refused = await reader.send("GET", farm.basket.orders)
    assert (refused.status_code, refused.json()["code"]) == (403, "identity.scope_missing")
    assert 'error="insufficient_scope", scope="orders:read"' in refused.headers["www-authenticate"]
    writer = await farm.dfc.platform(farm.hub_id, Scope.ORDERS_WRITE)
    # Who may write is answered with what was written.
    posted = await writer.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    assert posted.status_code == 201
    assert (await writer.send("GET", posted.headers["location"])).status_code == 403
    put = await writer.send("PUT", posted.headers["location"], farm.basket.order({farm.carrot: 2}))
    assert put.status_code == 200


async def test_what_belongs_to_others_is_not_there(farm: Farm) -> None:
    """A stranger's answers are those of things that do not exist, byte for byte but for the id."""
    posted = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    order = posted.headers["location"]
    session = only(posted.json(), "SaleSession")["@id"]
    stranger_id = await farm.network.organisation("stranger")
    stranger = await farm.dfc.platform(stranger_id)
    rival = await farm.another_hub()
    absent = f"{farm.basket.orders}/ord_{'0' * 32}"
    line = {"@context": CONTEXT, "@type": "dfc-b:OrderLine", "dfc-b:quantity": 1}
    line["dfc-b:concerns"] = {"@id": farm.carrot}
    body = farm.basket.order({farm.carrot: 1})
    asked = [
        ("GET", "", None),
        ("PUT", "", body),
        ("DELETE", "", None),
        ("GET", "/orderLines", None),
        ("POST", "/orderLines", line),
        ("GET", "/orderLines/1", None),
        ("PUT", "/orderLines/1", line),
    ]
    for asker in (stranger, rival):
        for method, below, sent in asked:
            theirs = await asker.send(method, order + below, sent)
            nobodys = await asker.send(method, absent + below, sent)
            assert theirs.status_code == nobodys.status_code == 404, (method, below)
            assert blank(theirs.text) == blank(nobodys.text)
        assert (await asker.send("GET", session)).status_code == 404
    nowhere = farm.basket.here.replace(farm.slug, "nobody-at-all")
    for method, below, sent in (
        ("GET", "", None),
        ("GET", "/SuppliedProducts", None),
        ("GET", f"/SuppliedProducts/var_{farm.carrots}", None),
        ("GET", "/Orders", None),
        ("POST", "/Orders", body),
        ("GET", "/SaleSessions", None),
    ):
        theirs = await stranger.send(method, farm.basket.here + below, sent)
        named = json.dumps(sent).replace(farm.slug, "nobody-at-all").encode()
        nobodys = await stranger.send(method, nowhere + below, sent and named)
        assert theirs.status_code == nobodys.status_code == 404, (method, below)
        assert blank(theirs.text, farm.slug) == blank(nobodys.text, "nobody-at-all")
    assert await farm.available(farm.carrots) == 9


def blank(text: str, slug: str = "-") -> dict[str, object]:
    """A problem without what differs by nature: the request, and the name that was asked for."""
    problem: dict[str, object] = json.loads(text.replace(slug, "slug"))
    problem.pop("instance")
    for fault in problem["faults"]:  # type: ignore[attr-defined] # a list of objects
        fault["facts"].pop("order", None)
    return problem


BAD: list[tuple[bytes, int, str]] = [
    (b"", 400, "dfc.not_json"),
    (b"{", 400, "dfc.not_json"),
    (b"\xff\xfe", 400, "dfc.not_json"),
    (b"[]", 400, "dfc.not_an_object"),
    (b'{"@id":"a","@id":"b"}', 400, "dfc.key_repeated"),
    (b'{"@context":"https://evil.example/context.json"}', 400, "dfc.context_not_known"),
    (b'{"@context":[{"@import":"https://evil.example"}]}', 400, "dfc.context_not_valid"),
    (json.dumps({"@context": CONTEXT, "@id": 7}).encode(), 400, "dfc.not_json_ld"),
    (json.dumps({"@context": CONTEXT, "@graph": []}).encode(), 422, "dfc.node_missing"),
    (b'{"a":' * 40 + b"1" + b"}" * 40, 413, "dfc.document_too_large"),
    (b"[" * 300_000 + b"]" * 300_000, 413, "dfc.document_too_large"),
    (b'{"a":"' + b"x" * 6_000_000 + b'"}', 413, "dfc.document_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD, ids=range(len(BAD)))
async def test_bad_documents_change_nothing(
    farm: Farm, body: bytes, status: int, code: str
) -> None:
    placed = await farm.hub.send("POST", farm.basket.orders, farm.basket.order({farm.carrot: 1}))
    place = placed.headers["location"]
    for method, path in (("POST", farm.basket.orders), ("PUT", place)):
        refused = await farm.hub.send(method, path, body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["faults"][0]["message"]
    assert await farm.hub.get(place) == placed.json()


async def test_all_that_is_wrong_is_named_at_once(farm: Farm) -> None:
    body = farm.basket.order({farm.carrot: -1, farm.bean: "many"}, status="Sent")
    refused = await farm.hub.send("POST", farm.basket.orders, body)
    assert refused.status_code == 422
    assert {fault["code"] for fault in refused.json()["faults"]} == {
        "dfc.quantity_not_valid",
        "dfc.status_not_valid",
    }
    cancelled = farm.basket.order({farm.carrot: 1}, status="Cancelled")
    refused = await farm.hub.send("POST", farm.basket.orders, cancelled)
    assert (refused.status_code, refused.json()["code"]) == (422, "dfc.status_not_valid")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "text/plain", "text/html; charset=utf-8"]
)
async def test_any_type_of_content_will_do(farm: Farm, kind: str) -> None:
    posted = await farm.hub.send(
        "POST",
        farm.basket.orders,
        farm.basket.order({farm.carrot: 1}),
        headers={"Content-Type": kind},
    )
    assert posted.status_code == 201


async def test_what_is_not_spoken_here_is_said(farm: Farm) -> None:
    later = {"Accept": 'application/ld+json; profile="dfc-v2"'}
    refused = await farm.hub.send("GET", farm.basket.orders, headers=later)
    assert (refused.status_code, refused.json()["code"]) == (406, "dfc.profile_not_supported")
    packed = {"Content-Encoding": "gzip"}
    refused = await farm.hub.send("POST", farm.basket.orders, b"x", headers=packed)
    assert (refused.status_code, refused.json()["code"]) == (415, "dfc.coding_not_supported")
    key = {"Idempotency-Key": "x" * 300}
    body = farm.basket.order({farm.carrot: 1})
    refused = await farm.hub.send("POST", farm.basket.orders, body, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "request.key_not_valid")


async def test_addresses_are_below_the_host_that_was_asked(farm: Farm) -> None:
    headers = {"Host": "other.example:8000"}
    document = (await farm.hub.send("GET", farm.basket.here, headers=headers)).json()
    assert only(document, "Enterprise")["@id"].startswith("http://other.example:8000/api/dfc/")
    odd = await farm.hub.send("GET", farm.basket.here, headers={"Host": 'a"b'})
    assert only(odd.json(), "Enterprise")["@id"].startswith("http://localhost/api/dfc/")


async def test_a_bug_says_nothing_of_itself(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> object:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("entrepot.sales_sessions.find_producer", broken)
    answer = await farm.hub.send("GET", farm.basket.here)
    assert (answer.status_code, answer.json()["code"]) == (500, "request.failed")
    assert "secret" not in answer.text


async def test_what_happens_is_told_with_the_platforms_token(farm: Farm) -> None:
    platform: Platform = await farm.dfc.platform(farm.hub_id)
    headers = {"X-Request-Id": "their-own-1"}
    body = farm.basket.order({farm.carrot: 1})
    posted = await platform.send("POST", farm.basket.orders, body, headers=headers)
    assert posted.headers["x-request-id"] == "their-own-1"
    async with farm.dfc.pool.acquire() as connection:
        row = await connection.fetchrow(
            "SELECT act, token IS NOT NULL AS by_token FROM audit WHERE request = 'their-own-1'"
        )
    assert row is not None
    assert (row["act"], row["by_token"]) == ("orders.placed", True)
