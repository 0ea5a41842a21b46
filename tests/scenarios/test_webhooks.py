"""Programs are told what happened: over real connections, by real workers, whoever else is slow."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from structlog.typing import FilteringBoundLogger

from entrepot.apis.graphql import open_asking, open_schema
from entrepot.apis.graphql.asking import check_query
from entrepot.app import open_desk
from entrepot.connectors.webhooks import GraphqlTools, NewGraphqlWebhook, create_graphql_webhook
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import open_guard
from entrepot.infra.pool import Pool
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.jobs import run_jobs, run_outside
from tests.factories.callers import caller_for
from tests.factories.killable import KillableServer
from tests.factories.network import Network
from tests.factories.receiver import Answer, Received, Receiver, open_receiver
from tests.factories.web import Asker, Web, open_web
from tests.fakes.log import NullLog

ENDPOINTS, BAD = 50, 10
LOG = cast("FilteringBoundLogger", NullLog())


@pytest.fixture
def inside(settings: Settings) -> Settings:
    """Settings by which webhooks may go to this machine."""
    return msgspec.structs.replace(settings, webhooks_inside=True)


@pytest.fixture
async def open_door(pool: Pool, inside: Settings) -> AsyncIterator[Web]:
    """The REST door of an installation whose webhooks may go to this machine."""
    async with open_web(pool, inside) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A program that is told what happened."""
    async with open_receiver() as opened:
        yield opened


@asynccontextmanager
async def worker(pool: Pool, database: str, settings: Settings) -> AsyncIterator[None]:
    """A worker, doing all jobs while the context lasts."""
    desk = open_desk(pool, settings)
    desk.intake.start()
    tasks = [
        asyncio.create_task(run_jobs(desk, LOG)),
        asyncio.create_task(
            run_outside(desk, database, settings, LOG, open_asking(pool, desk, settings, LOG))
        ),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await desk.intake.close()


async def hook(asker: Asker, url: str, *events: str) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Make a webhook; how that was answered."""
    return await asker.post("/webhooks", {"url": url, "events": list(events)})


async def test_what_happens_is_told_signed_and_seen_by_its_owner(
    open_door: Web,
    pool: Pool,
    network: Network,
    database: str,
    inside: Settings,
    receiver: Receiver,
) -> None:
    asker = await open_door.asker(await network.organisation())
    made = await hook(asker, receiver.url, "catalogue.*")
    path = f"/webhooks/{made['webhook']['id']}"
    async with worker(pool, database, inside):
        await asker.post(f"{path}/ping")
        supplier = await asker.post("/suppliers", {"name": "Aardewerk"})
        await receiver.until(2)
        said = {
            each.said["type"]: Verifier(made["secret"]).verify(each.body, each.headers)
            for each in receiver.received
        }
        assert said["webhooks.pinged"]["data"] == {"webhook": made["webhook"]["id"]}
        assert said["catalogue.supplier_created"]["data"] == supplier
        async with asyncio.timeout(60):
            while len((await asker.get(f"{path}/attempts"))["data"]) < 2:  # noqa: ASYNC110 - only a test waits like this
                await asyncio.sleep(0.05)
        shown = (await asker.get(f"{path}/deliveries", state="delivered"))["data"]
        assert [each["event"] for each in shown] == [
            "catalogue.supplier_created",
            "webhooks.pinged",
        ]
        assert (await asker.get(path))["last_success_at"] is not None
        again = await asker.post(f"{path}/deliveries/{shown[0]['id']}/redeliver")
        assert again["state"] == "waiting"
        await receiver.until(3)
    assert receiver.received[2].headers["webhook-id"] == shown[0]["id"]
    (told, told_again) = (
        each.body for each in receiver.received if each.headers["webhook-id"] == shown[0]["id"]
    )
    assert told == told_again


async def test_an_object_is_told_as_its_receivers_query_says(
    open_door: Web,
    pool: Pool,
    network: Network,
    database: str,
    inside: Settings,
    receiver: Receiver,
) -> None:
    me = await network.organisation()
    asker = await open_door.asker(me)
    query = "query ($id: ID!) { node(id: $id) { ... on Advert { title } } }"
    new = NewGraphqlWebhook(receiver.url, "ADVERT", query=query, hmac_key="hush")
    tools = GraphqlTools(partial(check_query, open_schema()), open_guard(inside), open_box(inside))
    made = await create_graphql_webhook(pool, new_id, caller_for(me), new, tools)
    assert isinstance(made, Written), made
    async with worker(pool, database, inside):
        kettle = {"name": "Kettle", "variants": [{"sku": "K", "name": "K"}]}
        await asker.post("/products", {"products": [kettle]})
        await receiver.until(1)
    (told,) = receiver.received
    assert told.said["payload"] == {"data": {"node": {"title": "Kettle"}}}
    signature = hmac.digest(b"hush", told.body, hashlib.sha256)
    assert base64.b64decode(told.headers["marketplacer-hmac-256"]) == signature


async def test_who_never_answers_keeps_nobody_else_waiting(
    open_door: Web, pool: Pool, network: Network, database: str, inside: Settings
) -> None:
    async with open_receiver() as good, open_receiver() as bad:
        bad.answer = lambda _: Answer(seconds=60)
        askers = []
        for number in range(ENDPOINTS):
            asker = await open_door.asker(await network.organisation())
            await hook(asker, (bad if number < BAD else good).url, "catalogue.*")
            askers.append(asker)
        took: list[float] = []

        def note(request: Received) -> Answer:
            happened = datetime.fromisoformat(request.said["timestamp"])
            took.append((datetime.now(happened.tzinfo) - happened).total_seconds())
            return Answer()

        good.answer = note
        async with worker(pool, database, inside):
            for name in ("first", "second", "third"):
                for asker in askers:
                    await asker.post("/suppliers", {"name": name})
            await good.until(3 * (ENDPOINTS - BAD), 60)
    took.sort()
    assert took[int(len(took) * 0.95)] < 5.0, took
    assert bad.at_once_max >= BAD, "those that never answer were all being tried meanwhile"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/hook", "webhooks.url_not_valid"),
        ("https://127.0.0.1/hook", "webhooks.address_not_allowed"),
        ("https://localhost/hook", "webhooks.address_not_allowed"),
        ("https://[::1]/hook", "webhooks.address_not_allowed"),
        ("https://[::ffff:10.0.0.1]/hook", "webhooks.address_not_allowed"),
        ("https://2130706433/hook", "webhooks.address_not_allowed"),
        ("https://0x7f.1/hook", "webhooks.address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data", "webhooks.address_not_allowed"),
        ("https://100.64.0.1/hook", "webhooks.address_not_allowed"),
        ("https://user:word@93.184.216.34/hook", "webhooks.url_not_valid"),
        ("https://93.184.216.34:5432/hook", "webhooks.url_not_valid"),
    ],
)
async def test_an_address_inside_the_network_is_refused(
    web: Web, pool: Pool, network: Network, url: str, code: str
) -> None:
    asker = await web.asker(await network.organisation())
    refused = await asker.try_post("/webhooks", {"url": url, "events": ["*"]})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["faults"][0]["field"] == "url"
    assert await pool.fetchval("SELECT count(*) FROM webhooks") == 0
    made = await hook(asker, "https://93.184.216.34/hook", "*")
    path = f"/api/v1/webhooks/{made['webhook']['id']}"
    changed = await asker.send("PATCH", path, {"url": url}, key="change")
    assert changed.json()["code"] == code


async def test_sent_twice_it_is_made_once_and_its_secret_told_once(
    web: Web, network: Network
) -> None:
    asker = await web.asker(await network.organisation())
    body = {"url": "https://93.184.216.34/hook", "events": ["orders.*"]}
    first = await asker.try_post("/webhooks", body, key="k")
    again = await asker.try_post("/webhooks", body, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {"webhook": first.json()["webhook"], "secret": None}
    other = await asker.try_post("/webhooks", {**body, "events": ["stock.*"]}, key="k")
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")
    assert len((await asker.get("/webhooks"))["data"]) == 1


async def test_a_killed_workers_delivery_is_sent_again_within_a_minute(
    web: Web,
    network: Network,
    database: str,
    open_dir: Path,
    receiver: Receiver,
    *,
    full_size: bool,
) -> None:
    if not full_size:
        pytest.skip("a worker counts as dead after half a minute only")
    first = KillableServer(database, open_dir, ENTREPOT_WEBHOOKS_INSIDE="on")
    receiver.answer = lambda _: Answer(seconds=60)
    await first.start()
    await first.ready()
    issued = await web.token(await network.organisation())
    async with httpx.AsyncClient(base_url=first.address) as http:
        asker = Asker(http, issued.secret)
        await hook(asker, receiver.url, "catalogue.*")
        await asker.post("/suppliers", {"name": "Aardewerk"})
        await receiver.until(1)
        await first.end(signal.SIGKILL)
        receiver.answer = lambda _: Answer()
        await first.start()
        await first.ready()
        await receiver.until(2, 60)
    await first.end()
    ids = {each.headers["webhook-id"] for each in receiver.received}
    assert len(ids) == 1, "the same delivery, under the same id"
