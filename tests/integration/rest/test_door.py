"""The door itself: headers, limits, errors, counts and log lines around every answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import httpx
import msgspec
import pytest
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Authenticator, Door, create_app
from entrepot.infra.intake import Intake
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.orders import Answer, Desk, StoreUnavailableError, Submission, TooBusyError
from tests.factories.network import Network
from tests.factories.web import Asker, Web, open_web
from tests.fakes.log import NullLog


class KeepingLog(NullLog):
    """Keeps every line with its facts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **facts: object) -> None:
        self.lines.append((event, facts))

    warning = info
    error = info


@pytest.fixture
def log() -> KeepingLog:
    return KeepingLog()


@pytest.fixture
async def logged(pool: Pool, settings: Settings, log: KeepingLog) -> AsyncIterator[Web]:
    async with open_web(pool, settings, log) as opened:
        yield opened


ROUTES = [("GET", "/api/v1/orders"), ("POST", "/api/v1/orders"), ("GET", "/docs"), ("GET", "/nix")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_answer_has_the_common_headers(web: Web, method: str, path: str) -> None:
    response = await web.nobody().send(method, path, headers={"X-Request-Id": "my-request.1"})
    assert response.headers["x-request-id"] == "my-request.1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "max-age" in response.headers["strict-transport-security"]
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a\tb", "é"])
async def test_a_strange_request_id_is_replaced(web: Web, given: str) -> None:
    response = await web.http.get("/healthz", headers={b"x-request-id": given.encode("latin-1")})
    assert response.headers["x-request-id"] != given
    assert len(response.headers["x-request-id"]) == 32


async def test_the_request_id_is_kept_with_what_it_did(web: Web, network: Network) -> None:
    shop = await network.organisation()
    variant = f"var_{await network.variant(shop)}"
    asker = await web.asker(shop)
    await asker.send(
        "POST",
        "/api/v1/stock/receipts",
        {"lines": [{"variant": variant, "quantity": "5"}]},
        key="k",
        headers={"X-Request-Id": "truck-7"},
    )
    kept = await web.pool.fetchval("SELECT act FROM audit WHERE request = 'truck-7'")
    assert kept == "stock.received"


async def test_unknown_paths_and_methods(web: Web) -> None:
    for method, path, status, code in [
        ("GET", "/", 404, "request.unknown_path"),
        ("GET", "/api/v1/nix", 404, "request.unknown_path"),
        ("POST", "/api/v1/orders/", 401, "identity.token_not_valid"),
        ("DELETE", "/api/v1/orders", 405, "request.method_not_allowed"),
        ("PATCH", "/api/v1/orders/ord_1", 405, "request.method_not_allowed"),
    ]:
        response = await web.nobody().send(method, path)
        assert (response.status_code, response.json()["code"]) == (status, code), path
    allowed = (await web.nobody().send("DELETE", "/api/v1/orders")).headers["allow"]
    assert {each.strip() for each in allowed.split(",")} >= {"GET", "POST"}


async def test_head_is_get_without_the_body(web: Web) -> None:
    head = await web.http.head("/healthz")
    get = await web.http.get("/healthz")
    assert head.status_code == get.status_code == 200
    assert head.headers["content-length"] == get.headers["content-length"]


async def call_raw(
    door: Door, path: str, headers: dict[str, str], parts: Sequence[bytes]
) -> tuple[int, Any, int]:
    """Send a body in parts; return the status, the answer, and how many parts were read."""
    read = 0
    sent: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 - what ASGI hands over
        nonlocal read
        read += 1
        return {
            "type": "http.request",
            "body": parts[read - 1],
            "more_body": read < len(parts),
        }

    async def send(message: Any) -> None:  # noqa: ANN401 - what ASGI hands over
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
        "server": ("entrepot", 80),
        "client": ("127.0.0.1", 1),
    }
    await door(scope, receive, send)
    return sent[0]["status"], sent[0]["headers"], read


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/orders/bulk", "/api/v1/stock/counts"])
async def test_a_body_over_the_limit_is_not_read_to_its_end(
    web: Web, network: Network, path: str
) -> None:
    issued = await web.token(await network.organisation())
    headers = {
        "Authorization": f"Bearer {issued.secret}",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
    }
    megabytes = [b" " * 1_000_000] * 100
    status, answered, read = await call_raw(web.door, path, headers, megabytes)
    assert (status, read) == (413, 6)
    assert (b"connection", b"close") in answered
    declared = {**headers, "Content-Length": "99999999"}
    assert (await call_raw(web.door, path, declared, megabytes))[::2] == (413, 0)
    odd = {**headers, "Content-Length": "+5"}
    assert (await call_raw(web.door, path, odd, megabytes))[::2] == (413, 0)


async def test_a_caller_that_goes_away_gets_no_answer(web: Web, network: Network) -> None:
    issued = await web.token(await network.organisation())
    for path in ("/api/v1/orders", "/api/v1/stock/receipts"):
        sent: list[object] = []

        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        async def send(message: object, sent: list[object] = sent) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"authorization", f"Bearer {issued.secret}".encode()),
                (b"idempotency-key", b"k"),
            ],
            "server": ("entrepot", 80),
            "client": ("127.0.0.1", 1),
        }
        await web.door(scope, receive, send)
        assert sent == []


class Knowing(Authenticator):
    """Knows one caller, whatever the header says."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def check(self, header: bytes | None) -> Caller:
        del header
        return self.caller

    def recall(self, header: bytes | None) -> Caller | None:
        del header
        return self.caller

    def forget(self, header: bytes | None) -> None:
        del header


class Failing(Intake[Submission, Answer]):
    """An intake whose every answer is an error."""

    def __init__(self, error: BaseException, queue_max: int = 10) -> None:
        async def handle(batch: Sequence[Submission]) -> Sequence[Answer | BaseException]:
            return [error] * len(batch)

        super().__init__(handle, batch_max=10, queue_max=queue_max)


ORDER = {"reference": "a", "lines": [{"variant": "var_" + "0" * 32, "quantity": "1"}]}


async def answered_by(
    intake: Intake[Submission, Answer], pool: Pool, settings: Settings, log: object = None
) -> list[httpx.Response]:
    """How an order, a bulk of orders and another act are answered over an intake."""
    caller = Caller("0" * 32, frozenset({"orders:write", "stock:write", "orders:read"}))
    desk = Desk(intake, lambda: "1" * 32, pool)
    logger = cast("FilteringBoundLogger", log or NullLog())
    door = create_app(pool, desk, settings, logger, tokens=Knowing(caller))
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url="http://entrepot") as http:
        asker = Asker(http, None)
        return [
            await asker.try_post("/orders", ORDER),
            await asker.try_post("/orders/bulk", {"orders": [ORDER, ORDER]}),
            await asker.try_post(f"/orders/ord_{'0' * 32}/cancel"),
        ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnavailableError("gone"), "request.store_unavailable"),
        (TooBusyError(), "request.too_busy"),
    ],
)
async def test_what_passes_by_itself_is_503_with_a_time(
    pool: Pool, settings: Settings, error: BaseException, code: str
) -> None:
    intake = Failing(error)
    intake.start()
    for response in await answered_by(intake, pool, settings):
        assert response.status_code == 503
        assert response.json()["code"] == code
        assert int(response.headers["retry-after"]) >= 1
    await intake.close()


async def test_a_full_queue_is_503_with_a_time(pool: Pool, settings: Settings) -> None:
    first, bulk, act = await asyncio.wait_for(answered_by_full(pool, settings), timeout=30)
    assert first.status_code == act.status_code == 503
    assert first.json()["code"] == "request.too_busy"
    assert first.headers["retry-after"] == "1"
    assert bulk.status_code == 503


async def answered_by_full(pool: Pool, settings: Settings) -> list[httpx.Response]:
    """The queue takes nothing; it closes while a bulk of orders waits for room."""
    intake = Failing(RuntimeError(), queue_max=0)
    closing = asyncio.get_running_loop().call_later(0.5, asyncio.ensure_future, intake.close())
    answers = await answered_by(intake, pool, settings)
    assert closing.when() > 0
    return answers


async def test_a_bug_is_500_without_its_insides(pool: Pool, settings: Settings) -> None:
    log = KeepingLog()
    intake = Failing(RuntimeError("the secret inside"))
    intake.start()
    first, bulk, act = await answered_by(intake, pool, settings, log)
    await intake.close()
    for response in (first, bulk, act):
        assert "secret inside" not in response.text
        assert response.status_code == 500
        assert response.json()["code"] == "request.failed"
    failures = [facts for event, facts in log.lines if event == "http.failed"]
    assert [str(each["exc_info"]) for each in failures] == ["the secret inside"] * 3
    assert failures[0]["request"] == first.headers["x-request-id"]


async def test_a_database_out_of_reach_is_503(web: Web, network: Network) -> None:
    asker = await web.asker(await network.organisation())
    assert (await asker.send("GET", "/readyz")).status_code == 200
    await web.pool.close()
    for method, path in [("GET", "/api/v1/orders"), ("POST", "/api/v1/orders/bulk")]:
        response = await asker.send(method, path, {"orders": [ORDER]} if method == "POST" else None)
        assert response.status_code == 503, path
        assert response.json()["code"] == "request.store_unavailable"
        assert "retry-after" in response.headers
    ready = await asker.send("GET", "/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    assert (await asker.send("GET", "/healthz")).json()["status"] == "ok"


async def test_a_database_without_a_migration_is_not_ready(web: Web) -> None:
    name = await web.pool.fetchval(
        "DELETE FROM schema_migrations WHERE name ="
        " (SELECT max(name) FROM schema_migrations) RETURNING name"
    )
    response = await web.nobody().send("GET", "/readyz")
    assert response.status_code == 503
    await web.pool.execute(
        "INSERT INTO schema_migrations (name, sha256) VALUES ($1, 'other')", name
    )
    assert (await web.nobody().send("GET", "/readyz")).status_code == 503


async def test_requests_batches_and_the_queue_are_counted(web: Web, network: Network) -> None:
    shop = await network.organisation()
    variant = f"var_{await network.variant(shop)}"
    asker = await web.asker(shop)
    await asker.post("/stock/receipts", {"lines": [{"variant": variant, "quantity": "5"}]})
    await asker.post("/orders", {**ORDER, "lines": [{"variant": variant, "quantity": "1"}]})
    await asker.send("POST", "/api/v1/orders", {})
    await asker.get("/orders")
    await asker.send("GET", f"/api/v1/orders/ord_{'0' * 32}")
    page = (await asker.send("GET", "/metrics")).text
    route = 'route="/api/v1/orders"'
    for line in [
        f'entrepot_http_requests_total{{method="POST",{route},status="201"}} 1.0',
        f'entrepot_http_requests_total{{method="POST",{route},status="422"}} 1.0',
        f'entrepot_http_requests_total{{method="GET",{route},status="200"}} 1.0',
        'method="GET",route="/api/v1/orders/{order}",status="404"} 1.0',
        f'entrepot_http_request_seconds_count{{method="POST",{route}}} 2.0',
        "entrepot_batch_size_count 2.0",
        "entrepot_batch_seconds_count 2.0",
        "entrepot_intake_queue 0.0",
    ]:
        assert line in page, line


async def test_log_lines_hold_no_body_and_no_token(
    logged: Web, network: Network, log: KeepingLog
) -> None:
    shop: Id = await network.organisation()
    issued = await logged.token(shop)
    asker = Asker(logged.http, issued.secret)
    secret_body = {**ORDER, "reference": "the-customer-s-name", "colour": "secret"}
    await asker.send("POST", "/api/v1/orders", secret_body)
    await asker.send("POST", "/api/v1/stock/receipts", {"reason": "secret"}, key="secret-key")
    await asker.send("GET", "/api/v1/orders", query={"reference": "the-customer-s-name"})
    await asker.send("GET", f"/api/v1/secret-path/{issued.secret}")
    await logged.nobody(issued.secret + "x").send("GET", "/api/v1/orders")
    await asker.send("GET", "/healthz")
    said = msgspec.json.encode(log.lines, enc_hook=repr).decode()
    for secret in (issued.secret[8:], "customer", "secret", "colour"):
        assert secret not in said
    assert [facts["route"] for _, facts in log.lines] == [
        "/api/v1/stock/receipts",
        "/api/v1/orders",
        "unmatched",
        "/api/v1/orders",
    ]
    assert {facts["status"] for _, facts in log.lines} == {422, 200, 404, 401}
    assert all({"method", "request", "milliseconds"} <= facts.keys() for _, facts in log.lines)


async def test_a_hot_route_may_be_written_with_a_last_slash(web: Web, network: Network) -> None:
    shop = await network.organisation()
    variant = f"var_{await network.variant(shop)}"
    asker = await web.asker(shop)
    order = {**ORDER, "lines": [{"variant": variant, "quantity": "1"}]}
    response = await asker.send("POST", "/api/v1/orders/", order)
    assert (response.status_code, response.json()["status"]) == (201, "waiting")
    bulk = await asker.send("POST", "/api/v1/orders/bulk/", {"orders": [order]})
    assert bulk.json()["answers"][0]["replayed"]


async def test_ordinary_placings_are_counted_but_not_logged(
    logged: Web, network: Network, log: KeepingLog
) -> None:
    shop = await network.organisation()
    variant = f"var_{await network.variant(shop)}"
    asker = await logged.asker(shop)
    await asker.post("/stock/receipts", {"lines": [{"variant": variant, "quantity": "5"}]})
    log.lines.clear()
    await asker.post("/orders", {**ORDER, "lines": [{"variant": variant, "quantity": "1"}]})
    assert log.lines == []
