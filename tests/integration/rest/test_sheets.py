"""Sheets over REST: in with a report and the failed rows, out piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import cast

import httpx
import pytest
from litestar.exceptions import LitestarException
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Authenticator, Door, Metrics
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import Call, Route, Services
from entrepot.app import open_desk
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.factories.network import Network
from tests.factories.web import Asker, Web
from tests.fakes.log import RecordingLog

PRODUCTS = "sku;naam;verkoopprijs\r\nMUG;Mug;8,95\r\nTEA;=Tea;1.250,00\r\n"


@pytest.fixture
async def shop(network: Network) -> Id:
    return await network.organisation()


async def send(
    asker: Asker,
    kind: str,
    content: str | bytes,
    key: str = "k",
    query: str = "",
    media_type: str = "text/csv",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    return await asker.send(
        "POST",
        f"/api/v1/imports/{kind}{query}",
        content=content.encode() if isinstance(content, str) else content,
        key=key,
        headers={"Content-Type": media_type, **(headers or {})},
    )


async def test_a_sheet_goes_in_and_comes_out(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    answer = await send(asker, "products", PRODUCTS, media_type="text/csv; charset=utf-8")
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["created"], report["failed"], report["failed_csv"]) == (2, 0, None)
    assert (report["encoding"], report["delimiter"], report["decimal"]) == ("utf-8", ";", "comma")
    sheet = await asker.send("GET", "/api/v1/exports/products?delimiter=semicolon&bom=true")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.headers["content-disposition"] == 'attachment; filename="products.csv"'
    assert sheet.headers["x-content-type-options"] == "nosniff"
    assert sheet.content.startswith(b"\xef\xbb\xbfsku;name;")
    lines = sheet.text.split("\r\n")
    assert [line.split(";")[:2] for line in lines[1:-1]] == [["MUG", "Mug"], ["TEA", "'=Tea"]]
    again = await send(asker, "products", sheet.content, key="again")
    assert (again.json()["unchanged"], again.json()["failed"]) == (2, 0)


async def test_sent_twice_it_happens_once(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    first = await send(asker, "products", PRODUCTS)
    again = await send(asker, "products", PRODUCTS)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    other = await send(asker, "products", PRODUCTS + "CUP;Cup;1\r\n")
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")


async def test_failed_rows_come_back(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    answer = await send(asker, "products", "sku,name,price\nA,Ale,1\nB,,x\n")
    report = answer.json()
    assert (report["created"], report["failed"]) == (1, 1)
    lines = report["failed_csv"].split("\r\n")
    assert lines[0] == "sku,name,price,error"
    assert lines[1].startswith("B,,x,")
    assert "import.value_not_valid: 'x' in retail_price is not a number" in lines[1]


async def test_a_dry_run_uses_no_key_and_writes_nothing(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    dry = await send(asker, "products", PRODUCTS, query="?dry_run=true")
    assert (dry.json()["created"], dry.json()["is_written"]) == (2, False)
    assert (await asker.get("/variants"))["data"] == []
    real = await send(asker, "products", PRODUCTS)
    assert (real.json()["created"], real.json()["is_written"]) == (2, True)


async def test_suppliers_and_stock(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    await send(asker, "products", PRODUCTS)
    made = await send(asker, "suppliers", "naam\nDe Molen\n")
    assert (made.status_code, made.json()["code"]) == (409, "request.key_reused")
    made = await send(asker, "suppliers", "naam\nDe Molen\n", key="2")
    assert made.json()["created"] == 1
    counted = await send(asker, "stock", "sku,on_hand\nMUG,5\nTEA,7\n", key="3")
    assert counted.json()["created"] == 2
    sheet = await asker.send("GET", "/api/v1/exports/stock")
    assert sheet.text.splitlines()[1] == "MUG,Mug,main,5,1,0,0,5"
    sheet = await asker.send("GET", "/api/v1/exports/suppliers")
    assert sheet.text.splitlines()[1] == "De Molen,,no,0,active"


async def test_columns_are_mapped_in_the_query(web: Web, shop: Id) -> None:
    asker = await web.asker(shop)
    content = "Our code,Called,Colour\nA,Ale,red\n"
    mapped = "?map=Our%20code=sku&map=Called%3Dname&ignore_unknown=true"
    done = await send(asker, "products", content, query=mapped)
    assert (done.json()["created"], done.json()["ignored"]) == (1, ["Colour"])
    bad = await send(asker, "products", content, key="2", query="?map=sku")
    assert (bad.status_code, bad.json()["faults"][0]["field"]) == (422, "map")
    refused = await send(asker, "products", content, key="3")
    codes = [fault["code"] for fault in refused.json()["faults"]]
    assert codes == ["import.column_unknown", "import.column_missing"]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b'{"sku": "A"}', "application/json", 415, "request.media_type_not_supported"),
        (b"", "text/csv", 422, "import.header_missing"),
        (b"sku\n\xff\xfe\x00", "text/csv", 422, "import.encoding_not_recognised"),
        (b"sku\n" + b"A\n" * 50_001, "text/csv", 422, "import.too_many_rows"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    web: Web, shop: Id, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = await send(await web.asker(shop), "products", content, media_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_scopes(web: Web, shop: Id) -> None:
    reader = await web.asker(shop, Scope.CATALOGUE_READ, Scope.STOCK_READ)
    for kind in ("products", "suppliers", "stock"):
        assert (await send(reader, kind, "sku\nA\n")).status_code == 403
        assert (await reader.send("GET", f"/api/v1/exports/{kind}")).status_code == 200
    writer = await web.asker(shop, Scope.ORDERS_READ)
    for kind in ("products", "suppliers", "stock"):
        assert (await writer.send("GET", f"/api/v1/exports/{kind}")).status_code == 403


async def test_an_export_has_every_row_of_many_pages_and_nobody_elses(
    web: Web, shop: Id, network: Network
) -> None:
    asker, other = await web.asker(shop), await web.asker(await network.organisation())
    lines = [f"S{n:05},Shoe {n}" for n in range(4_000)]
    done = await send(asker, "products", "\n".join(["sku,name", *lines]))
    assert done.json()["created"] == 4_000
    await send(other, "products", "sku,name\nX,Theirs\n")
    sheet = await asker.send("GET", "/api/v1/exports/products")
    skus = [line.partition(",")[0] for line in sheet.text.splitlines()[1:]]
    assert skus == [line.partition(",")[0] for line in lines]


async def test_an_answer_that_breaks_off_is_seen_and_logged(pool: Pool, settings: Settings) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"more"
        raise ZeroDivisionError

    async def handler(call: Call[None, None]) -> Reply:
        del call
        return Reply(200, b"first", b"text/csv", (), breaking())

    route = Route(
        method="GET",
        path="/torn",
        topic="Sheets",
        summary="Break off",
        answer=str,
        scope=None,
        handler=handler,
    )
    log = RecordingLog()
    services = Services(
        pool,
        open_desk(pool, settings),
        settings,
        cast("FilteringBoundLogger", log),
        Authenticator(pool),
        Metrics(),
        Passwords(),
    )
    transport = httpx.ASGITransport(Door(services, (route,), {}), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://entrepot") as http:
        with pytest.raises(LitestarException, match="after response started"):
            await http.get("/torn")
    assert log.events == ["http.broken_off"]
