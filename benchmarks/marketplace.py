"""The marketplace's door beside what it is made of: an `orderCreate`, and a page of orders.

The floor of an order is the bare execution of the same document by graphql-core, with everything at
hand, and the same order handed to the intake by itself. The door is asked in this process, as a web
server would ask it, over a database of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Mapping
from decimal import Decimal
from inspect import isawaitable
from typing import Any, Final, NamedTuple, cast

from graphql import DocumentNode, GraphQLSchema, build_schema, execute, parse
from structlog.typing import FilteringBoundLogger

from benchmarks.consignment import Promise
from benchmarks.engine import Bench, QuietLog
from benchmarks.meter import Meter
from entrepot.apis.graphql import Door, create_door
from entrepot.apis.graphql.ids import VARIANT, write_id
from entrepot.apis.graphql.schema import read_contract
from entrepot.app import open_desk
from entrepot.identity import (
    IssuedToken,
    NewOrganisation,
    NewToken,
    create_organisation,
    find_organisations,
    issue_token,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool, open_pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.orders import (
    Accepted,
    Address,
    Buyer,
    Desk,
    Market,
    MarketLine,
    Money,
    NewMarketplaceOrder,
    ReceiveStock,
    StockLine,
    WantedLine,
    place_marketplace_order,
    receive_stock,
)

SCOPES: Final = frozenset(scope.value for scope in Scope)
BEFORE: Final = 500
"""Orders that were there already, so that statements are planned as for a marketplace in use."""
ORDERS: Final = 100
PAGES: Final = 20
PAGE: Final = 50
SELLERS: Final = ("seller-one", "seller-two")
CREATE: Final = """
mutation ($input: OrderCreateMutationInput!) {
  orderCreate(input: $input) {
    order { legacyId invoices { nodes { id legacyId seller { businessName } lineItems { id } } } }
    errors { field messages }
  }
}"""
READ: Final = """
{
  updatedOrders(updatedSince: "2000-01-01", first: 50) {
    nodes {
      id legacyId firstName surname totalCents
      invoices {
        nodes { id legacyId seller { businessName } lineItems { id quantity variant { id } } }
      }
    }
  }
}"""

MARKETPLACE_PROMISES: Final = {
    "graphql-order": Promise(
        title="orderCreate over two sellers: CPU",
        against="bare execution + the intake's own",
        bound=2,
    ),
    "graphql-page": Promise(
        title=f"a GraphQL page of {PAGE} orders: CPU", against="bare execution of it"
    ),
}


class _Market(NamedTuple):
    """A marketplace, what it comes in by, and a variant of each of its sellers."""

    caller: Caller
    secret: str
    variants: Mapping[Id, int]
    """By id, with their numbers."""


async def measure_marketplace(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """Measure everything so many times; the figures of each promise, round by round."""
    found: dict[str, list[float]] = {name: [] for name in MARKETPLACE_PROMISES}
    database = await bench.make_database("market")
    pool = await open_pool(database.dsn, bench.settings)
    desk = open_desk(pool, bench.settings)
    desk.intake.start()
    log = cast("FilteringBoundLogger", QuietLog())
    door = create_door(pool, desk, bench.settings, log, lambda *_: None)
    meter = Meter(bench.places)
    try:
        market = await _open_market(pool, desk)
        for _round in range(rounds):
            found["graphql-order"].append(await _measure_orders(desk, door, market, meter))
            found["graphql-page"].append(await _measure_pages(door, market, meter))
    finally:
        await desk.intake.close()
        await pool.close()
    return found


async def _open_market(pool: Pool, desk: Desk) -> _Market:
    """Found a marketplace and two sellers, of whom one sells at wholesale, with plenty of goods."""
    for slug in ("market", *SELLERS):
        new = NewOrganisation(slug, slug, "Australia/Melbourne", "AU", "AUD")
        await create_organisation(pool, new_id, new)
    found = await find_organisations(pool, ["market", *SELLERS])
    organisations = {each.slug: each.id.removeprefix(ids.ORGANISATION) for each in found}
    caller = Caller(organisations["market"], SCOPES)
    variants: dict[Id, int] = {}
    for seller, model in zip(SELLERS, ("wholesale", "marketplace"), strict=True):
        ident = organisations[seller]
        async with pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO trading_rights (seller, buyer, kind, created_at)"
                " VALUES ($1, $2, 'marketplace', now())",
                ident,
                caller.organisation,
            )
            row = await connection.fetchrow(
                "WITH made AS (INSERT INTO products (organisation, id, name, created_at)"
                " VALUES ($1, gen_random_uuid(), 'Product', now()) RETURNING id) INSERT INTO"
                " variants (organisation, id, product, sku, name, pricing_model, retail_price,"
                " wholesale_price, created_at)"
                " SELECT $1, gen_random_uuid(), id, 'SKU', 'Goods', $2, 12, 7, now() FROM made"
                " RETURNING id, legacy_id",
                ident,
                model,
            )
            await connection.execute(
                "INSERT INTO locations (organisation, id, code, name)"
                " VALUES ($1, gen_random_uuid(), 'main', 'main')",
                ident,
            )
        assert row is not None, "what is written is returned"
        variants[row[0]] = row[1]
        receipt = ReceiveStock((StockLine(row[0], Decimal(1_000_000)),))
        received = await receive_stock(desk, Caller(ident, SCOPES), receipt, "stock")
        assert isinstance(received, Accepted), received
    issued = await issue_token(pool, new_id, caller, NewToken("shop", tuple(sorted(SCOPES))))
    assert isinstance(issued, IssuedToken), issued
    market = _Market(caller, issued.secret, variants)
    order = _order(market)
    await asyncio.gather(
        *[place_marketplace_order(desk, caller, order, f"before-{n}") for n in range(BEFORE)]
    )
    async with pool.acquire() as connection:
        await connection.execute("ANALYZE")
    return market


async def _measure_orders(desk: Desk, door: Door, market: _Market, meter: Meter) -> float:
    """How much more CPU orders at the door take than their execution and their placing."""
    variables: dict[str, object] = {"input": _input(market)}
    warmed = await _ask(door, market, CREATE, variables)
    assert warmed["data"]["orderCreate"]["errors"] is None, warmed
    schema, document = build_schema(read_contract()), parse(CREATE)

    async def bare() -> None:
        for _order in range(ORDERS):
            await _execute(schema, document, warmed["data"], variables)

    async def placing() -> None:
        for number in range(ORDERS):
            placed = await place_marketplace_order(
                desk, market.caller, _order(market), f"order-{number}-{new_id()}"
            )
            assert isinstance(placed, Accepted), placed

    async def creating() -> None:
        for _order in range(ORDERS):
            answer = await _ask(door, market, CREATE, variables)
            assert answer["data"]["orderCreate"]["errors"] is None, answer

    await placing()  # plans the statements
    gc.collect()
    floor = (await meter.cost(bare)).cpu + (await meter.cost(placing)).cpu
    return (await meter.cost(creating)).cpu / floor


async def _measure_pages(door: Door, market: _Market, meter: Meter) -> float:
    """How much more CPU a page of orders takes than the bare execution of its document."""
    warmed = await _ask(door, market, READ, {})
    assert len(warmed["data"]["updatedOrders"]["nodes"]) == PAGE, warmed
    schema, document = build_schema(read_contract()), parse(READ)

    async def bare() -> None:
        for _page in range(PAGES):
            await _execute(schema, document, warmed["data"], {})

    async def reading() -> None:
        for _page in range(PAGES):
            await _ask(door, market, READ, {})

    gc.collect()
    floor = (await meter.cost(bare)).cpu
    return (await meter.cost(reading)).cpu / floor


def _input(market: _Market) -> dict[str, object]:
    """An order of one unit of each variant, as programs send it."""
    return {
        "order": {
            "firstName": "Trisha",
            "surname": "Connors",
            "phone": "07944242424",
            "emailAddress": "trisha.connors@email.com",
            "address": {
                "address": "34 Casino Road",
                "city": "Melbourne",
                "country": {"code": "AU"},
                "postcode": "3000",
                "state": {"name": "Victoria"},
            },
        },
        "lineItems": [
            {"variantId": write_id(VARIANT, number), "quantity": 1, "cost": {"amount": 1000}}
            for number in market.variants.values()
        ],
    }


def _order(market: _Market) -> NewMarketplaceOrder:
    """The same order as the intake takes it."""
    address = Address("34 Casino Road", None, "Melbourne", "3000", "Victoria", "AU")
    buyer = Buyer("Trisha", "Connors", "07944242424", "trisha.connors@email.com", None, address)
    lines = tuple([WantedLine(variant, Decimal(1)) for variant in market.variants])
    return NewMarketplaceOrder(lines, Market(tuple([MarketLine(Money(1000))] * len(lines)), buyer))


async def _execute(
    schema: GraphQLSchema, document: DocumentNode, root: object, variables: dict[str, Any]
) -> None:
    """Let graphql-core execute a document whose every value is at hand."""
    answer = execute(schema, document, root_value=root, variable_values=variables)
    result = await answer if isawaitable(answer) else answer
    assert not result.errors, result.errors


async def _ask(door: Door, market: _Market, query: str, variables: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Ask the door as a web server would."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    parts: list[bytes] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {market.secret}".encode()),
        ],
    }
    await door(scope, receive, send)
    return json.loads(b"".join(parts))
