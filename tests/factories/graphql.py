"""The GraphQL door over a database, and keys that ask there; what it says to the database."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from decimal import Decimal
from typing import Any, cast

import httpx
from structlog.typing import FilteringBoundLogger

from entrepot.apis.graphql import Door, create_door
from entrepot.apis.graphql.ids import write_id
from entrepot.apis.rest import Metrics
from entrepot.app import open_desk
from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.orders import CountStock, Desk, count_stock
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.statements import statements
from tests.fakes.log import NullLog

ORIGIN = "http://entrepot.example"
PATH = "/graphql"


class LoudLog(NullLog):
    """Shows what broke: in these tests no bug goes unseen."""

    def error(self, event: str, **facts: object) -> None:
        cause = facts.get("exc_info")
        assert isinstance(cause, BaseException), event
        traceback.print_exception(cause)


class Key:
    """A program that asks for one organisation, by a key of its own."""

    def __init__(self, http: httpx.AsyncClient, secret: str | None) -> None:
        self.http = http
        self.secret = secret

    async def post(
        self, body: object, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send one body: bytes as they are, all else as JSON."""
        sent = dict(headers or {})
        if self.secret is not None:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
        return await self.http.post(PATH, content=content, headers=sent)

    async def ask(self, query: str, variables: object = None, **headers: str) -> dict[str, Any]:
        """Ask something, and read the whole answer."""
        body = {"query": query, "variables": variables}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.post(body, headers=named)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, variables: object = None, **headers: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        """Ask something that must go well."""
        answer = await self.ask(query, variables, **headers)
        assert "errors" not in answer, answer
        return answer["data"]


class Graphql:
    """A running door, and who may come in by it."""

    def __init__(self, pool: Pool, desk: Desk, door: Door, http: httpx.AsyncClient) -> None:
        self.pool = pool
        self.desk = desk
        self.door = door
        self.http = http

    async def key(self, organisation: Id, *scopes: Scope) -> Key:
        """A key of an organisation, with these scopes or all."""
        wanted = tuple(scope.value for scope in scopes or Scope)
        issued = await issue_token(
            self.pool, new_id, caller_for(organisation), NewToken("program", wanted)
        )
        assert isinstance(issued, IssuedToken), issued
        return Key(self.http, issued.secret)

    def nobody(self, secret: str | None = None) -> Key:
        """Someone without a key, or with a wrong one."""
        return Key(self.http, secret)

    def statements(self) -> AbstractContextManager[list[str]]:
        """The statements that are run meanwhile, but for those of transactions."""
        return statements()


@asynccontextmanager
async def open_graphql(
    pool: Pool, settings: Settings, log: object = None
) -> AsyncIterator[Graphql]:
    """Open the door over a pool, with an intake of its own."""
    metrics = Metrics()
    desk = open_desk(pool, settings, metrics)
    desk.intake.start()
    door = create_door(
        pool, desk, settings, cast("FilteringBoundLogger", log or LoudLog()), metrics.answered
    )
    transport = httpx.ASGITransport(door)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            yield Graphql(pool, desk, door, http)
    finally:
        await desk.intake.close()


class Mall:
    """A marketplace over two sellers, a third one that it has no right to, and all their keys."""

    def __init__(self, graphql: Graphql, network: Network) -> None:
        self.graphql = graphql
        self.network = network

    async def build(self) -> Mall:
        """Make everybody, and goods of the first seller: shoes in stock, and hats."""
        network, graphql = self.network, self.graphql
        self.market_id = await network.organisation("market")
        self.seller_id = await network.organisation("shoemaker")
        self.other_id = await network.organisation("hatter")
        self.stranger_id = await network.organisation("stranger")
        for seller in (self.seller_id, self.other_id):
            await network.right(seller, self.market_id, "marketplace")
        self.market = await graphql.key(self.market_id)
        self.seller = await graphql.key(self.seller_id)
        self.stranger = await graphql.key(self.stranger_id)
        self.shoes = await network.variant(self.seller_id, "SHOE")
        self.hats = await network.variant(self.other_id, "HAT")
        self.secret = await network.variant(self.stranger_id, "SECRET")
        await self.stock(self.seller_id, self.shoes, 5)
        return self

    async def stock(self, owner: Id, variant: Id, on_hand: object, *, code: str = "main") -> None:
        """Put so much of a variant at a location, with its ledger."""
        async with self.graphql.pool.acquire() as connection:
            location = await connection.fetchval(
                "SELECT id FROM locations WHERE organisation = $1 AND code = $2", owner, code
            )
        answer = await count_stock(
            self.graphql.desk,
            caller_for(owner),
            CountStock(variant, Decimal(str(on_hand)), None, location),
            new_id(),
        )
        assert not hasattr(answer, "faults"), answer

    async def sell(self, variant: Id, till: str, by: str = "BUY_ONLINE") -> dict[str, Any]:
        """Let the marketplace sell five of a variant and a fee; the invoice, its line, its order.

        What its till calls the invoice is an external id of it; it is delivered `by`.
        """
        async with self.graphql.pool.acquire() as connection:
            await connection.execute(
                "UPDATE variants SET pricing_model = 'marketplace' WHERE id = $1", variant
            )
        fee = (
            '{ adjustmentType: FEE, amountCents: 5, description: "Box",'
            " amountToWithholdFromSellerRemittanceCents: 0 }"
        )
        query = (
            "mutation($variant: ID!, $till: String!) { orderCreate(input: {"
            ' order: { address: { city: "Perth" } }, invoices: { adjustments: ' + fee + ","
            f" lineItems: {{ variantId: $variant, quantity: 5, deliveryType: {by} }},"
            ' externalIds: { key: "till", value: $till } } })'
            " { errors { field messages } order { id invoices { nodes { id legacyId"
            " adjustments { id } shippingAddress { id } lineItems { id } } } } } }"
        )
        asked = {"variant": await self.wire(variant), "till": till}
        payload = (await self.market.data(query, asked))["orderCreate"]
        assert payload["errors"] is None, payload
        (invoice,) = payload["order"]["invoices"]["nodes"]
        return {**invoice, "order": payload["order"]["id"]}

    async def wire(self, variant: Id) -> str:
        """The id of a variant on the wire of this door."""
        return write_id("Variant", await self._number("variants", variant))

    async def advert(self, variant: Id) -> str:
        """The id of a variant's advert on the wire of this door."""
        async with self.graphql.pool.acquire() as connection:
            number = await connection.fetchval(
                "SELECT p.legacy_id FROM products AS p INNER JOIN variants AS v"
                " ON v.organisation = p.organisation AND v.product = p.id WHERE v.id = $1",
                variant,
            )
        return write_id("Advert", number)

    async def seller_id_of(self, organisation: Id) -> str:
        """The id of a seller on the wire of this door."""
        return write_id("Seller", await self._number("organisations", organisation))

    async def _number(self, table: str, id_: Id) -> int:
        async with self.graphql.pool.acquire() as connection:
            number: int = await connection.fetchval(
                f"SELECT legacy_id FROM {table} WHERE id = $1", id_
            )
        return number
