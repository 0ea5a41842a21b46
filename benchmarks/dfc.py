"""The DFC door beside what it is made of: a posted order beside the expansion of its document.

The door is asked in this process, as a web server would ask it, over a database of its own.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from structlog.typing import FilteringBoundLogger

from benchmarks.consignment import Promise
from benchmarks.engine import Bench, QuietLog
from benchmarks.meter import Meter
from entrepot.apis.dfc import Door, create_door
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.contexts import CONTEXT
from entrepot.apis.dfc.documents import expand
from entrepot.app import open_desk
from entrepot.identity import (
    IssuedToken,
    NewOrganisation,
    NewToken,
    create_organisation,
    find_organisations,
    issue_token,
)
from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.issuers import open_issuers
from entrepot.infra.pool import Pool, open_pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.orders import Accepted, Desk, ReceiveStock, StockLine, receive_stock

SCOPES: Final = frozenset(scope.value for scope in Scope)
LINES: Final = 50
POSTS: Final = 40
PRODUCTS: Final = 10_000
ORIGIN: Final = "http://benchmark.example"
MEMORY_MAX: Final = 20.0

DFC_PROMISES: Final = {
    "dfc-post": Promise(
        title=f"a DFC order of {LINES} lines: CPU", against="expansion of its document", bound=2
    ),
    "dfc-post-door": Promise(
        title=f"a DFC order of {LINES} lines: CPU without PostgreSQL's",
        against="expansion of its document",
    ),
    "dfc-catalogue-memory": Promise(
        title=f"a DFC catalogue of {PRODUCTS:,} products: memory",
        against="MB more",
        bound=MEMORY_MAX,
    ),
    "dfc-catalogue-time": Promise(
        title=f"a DFC catalogue of {PRODUCTS:,} products: time", against="seconds"
    ),
}


class _Stall(NamedTuple):
    """A producer's slug and variants, and what the hub that orders from it comes in by."""

    slug: str
    variants: Sequence[Id]
    secret: str


async def measure_dfc(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """Measure everything so many times; the figures of each promise, round by round."""
    found: dict[str, list[float]] = {name: [] for name in DFC_PROMISES}
    database = await bench.make_database("dfc")
    pool = await open_pool(database.dsn, bench.settings)
    desk = open_desk(pool, bench.settings)
    desk.intake.start()
    log = cast("FilteringBoundLogger", QuietLog())
    door = create_door(
        pool, desk, bench.settings, log, lambda *_: None, open_issuers(bench.settings)
    )
    meter = Meter(bench.places)
    try:
        stall = await _open_stall(pool, desk)
        for number in range(rounds):
            for name, figure in (await _measure_posts(door, stall, meter, number)).items():
                found[name].append(figure)
            cost = await meter.cost(lambda: _read_catalogue(door, stall))
            found["dfc-catalogue-memory"].append(cost.grown)
            found["dfc-catalogue-time"].append(cost.wall)
    finally:
        await desk.intake.close()
        await pool.close()
    return found


async def _open_stall(pool: Pool, desk: Desk) -> _Stall:
    """Found a producer with many products, enough of those that are ordered, and a hub."""
    for slug in ("producer", "hub"):
        await create_organisation(pool, new_id, NewOrganisation(slug, slug))
    hub, producer = [
        each.id.removeprefix(ids.ORGANISATION)
        for each in await find_organisations(pool, ["hub", "producer"])
    ]
    async with pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO trading_rights (seller, buyer, kind, created_at)"
            " VALUES ($1, $2, 'session', now())",
            producer,
            hub,
        )
        await connection.execute(
            "WITH made AS (INSERT INTO products (organisation, id, name, created_at)"
            " SELECT $1, gen_random_uuid(), 'Product ' || n, now() FROM generate_series(1, $2) AS n"
            " RETURNING id, name) INSERT INTO variants (organisation, id, product, sku, name,"
            " retail_price, vat_rate, created_at)"
            " SELECT $1, gen_random_uuid(), id, name, name, 2.5, 9, now() FROM made",
            producer,
            PRODUCTS,
        )
        rows = await connection.fetch("SELECT id FROM variants ORDER BY sku LIMIT $1", LINES)
        await connection.execute(
            "INSERT INTO locations (organisation, id, code, name)"
            " VALUES ($1, gen_random_uuid(), 'main', 'main')",
            producer,
        )
    variants = [row[0] for row in rows]
    lines = tuple([StockLine(each, Decimal(1_000_000)) for each in variants])
    received = await receive_stock(desk, Caller(producer, SCOPES), ReceiveStock(lines), "stock")
    assert isinstance(received, Accepted), received
    async with pool.acquire() as connection:
        await connection.execute("ANALYZE")
    issued = await issue_token(
        pool, new_id, Caller(hub, SCOPES), NewToken("hub", tuple(sorted(SCOPES)))
    )
    assert isinstance(issued, IssuedToken), issued
    return _Stall("producer", variants, issued.secret)


def _document(stall: _Stall, number: int) -> bytes:
    """An order as Open Food Network writes it, in a session of its own."""
    addresses = Addresses(ORIGIN)
    orders = addresses.orders(stall.slug)
    nodes: list[dict[str, object]] = [
        {
            "@id": orders,
            "@type": "dfc-b:Order",
            "dfc-b:belongsTo": f"{orders}/session",
            "dfc-b:hasOrderStatus": "dfc-v:Held",
            "dfc-b:hasPart": [f"{orders}/OrderLines/{each}" for each in range(LINES)],
        },
        {
            "@id": f"{orders}/session",
            "@type": "dfc-b:SaleSession",
            "dfc-b:endDate": (utc_now() + timedelta(days=1, seconds=number)).isoformat(),
        },
    ]
    for each, variant in enumerate(stall.variants):
        product = addresses.product(stall.slug, variant)
        offer = addresses.offer(stall.slug, variant)
        nodes += [
            {
                "@id": f"{orders}/OrderLines/{each}",
                "@type": "dfc-b:OrderLine",
                "dfc-b:quantity": 6,
                "dfc-b:concerns": offer,
            },
            {
                "@id": offer,
                "@type": "dfc-b:Offer",
                "dfc-b:offeredItem": product,
                "dfc-b:hasPrice": {"@type": "dfc-b:Price", "dfc-b:value": 2.5},
            },
            {"@id": product, "@type": "dfc-b:SuppliedProduct", "dfc-b:name": "Echo"},
        ]
    return json.dumps({"@context": CONTEXT, "@graph": nodes}).encode()


async def _measure_posts(door: Door, stall: _Stall, meter: Meter, turn: int) -> dict[str, float]:
    """How much more CPU orders take, with the database's and without, than their expansion."""
    first = turn * (POSTS + 1)
    warming, *documents = [_document(stall, first + number) for number in range(POSTS + 1)]
    path = f"/api/dfc/Enterprises/{stall.slug}/Orders"
    await _ask(door, stall, "POST", path, warming)  # loads the library, and plans the statements

    async def expanding() -> None:
        for document in documents:
            expand(document)

    async def posting() -> None:
        for document in documents:
            status, body = await _ask(door, stall, "POST", path, document)
            assert status == 201, body

    gc.collect()
    floor = await meter.cost(expanding)
    ours = await meter.cost(posting)
    return {
        "dfc-post": ours.cpu / floor.cpu,
        "dfc-post-door": ours.application / floor.cpu,
    }


async def _read_catalogue(door: Door, stall: _Stall) -> None:
    """Read the whole catalogue, keeping nothing of it."""
    path = f"/api/dfc/Enterprises/{stall.slug}/SuppliedProducts"
    status, body = await _ask(door, stall, "GET", path, b"", keeps=False)
    assert status == 200, body


async def _ask(
    door: Door, stall: _Stall, method: str, path: str, document: bytes, *, keeps: bool = True
) -> tuple[int, bytes]:
    """Ask the door as a web server would."""
    status, parts = 0, []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": document, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        if keeps:
            parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [
            (b"host", ORIGIN.removeprefix("http://").encode()),
            (b"authorization", f"Bearer {stall.secret}".encode()),
        ],
    }
    await door(scope, receive, send)
    return status, b"".join(parts)
