"""The DFC door over a database, and the platforms of traders that ask there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import httpx
from structlog.typing import FilteringBoundLogger

from entrepot.apis.dfc import create_door
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.door import Door
from entrepot.apis.rest import Metrics
from entrepot.app import open_desk
from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.issuers import Issuers
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.orders import Desk
from tests.factories.callers import caller_for
from tests.fakes.log import NullLog

ORIGIN = "http://entrepot.example"
ADDRESSES = Addresses(ORIGIN)
CONTEXT = "https://w3id.org/dfc/ontology/context/context_1.16.0.json"

BEGAN = utc_now().replace(microsecond=0)
WILL_END = BEGAN + timedelta(days=4)
BEGINS = BEGAN.strftime("%a %b %d %Y %H:%M:%S UTC")
"""When sessions begin and end in these tests, in two ways in which clients write it."""
ENDS = WILL_END.isoformat()

Node = dict[str, Any]


class Platform:
    """A platform that asks for one organisation, by a token of its own."""

    def __init__(self, http: httpx.AsyncClient, secret: str | None) -> None:
        self.http = http
        self.secret = secret

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request as it is: text and bytes as they are, all else as JSON."""
        sent = dict(headers or {})
        if self.secret is not None:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        content: bytes | None = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        path = path.removeprefix(ORIGIN)
        return await self.http.request(method, path, content=content, headers=sent)

    async def get(self, path: str, **headers: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        """The document at a path."""
        response = await self.send("GET", path, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()


class Dfc:
    """A running door, and who may come in by it."""

    def __init__(self, pool: Pool, desk: Desk, door: Door, http: httpx.AsyncClient) -> None:
        self.pool = pool
        self.desk = desk
        self.door = door
        self.http = http

    async def platform(self, organisation: Id, *scopes: Scope) -> Platform:
        """A platform that asks for an organisation, with these scopes or all."""
        wanted = tuple(scope.value for scope in scopes or Scope)
        issued = await issue_token(
            self.pool, new_id, caller_for(organisation), NewToken("platform", wanted)
        )
        assert isinstance(issued, IssuedToken), issued
        return Platform(self.http, issued.secret)

    def nobody(self, secret: str | None = None) -> Platform:
        """Someone without a token, or with a wrong one."""
        return Platform(self.http, secret)

    async def slug(self, organisation: Id) -> str:
        async with self.pool.acquire() as connection:
            slug: str = await connection.fetchval(
                "SELECT slug FROM organisations WHERE id = $1", organisation
            )
        return slug


async def no_keys(url: str) -> bytes | None:
    """Nothing is fetched in tests that trust no identity provider."""
    raise AssertionError(f"asked for {url}")


@asynccontextmanager
async def open_dfc(
    pool: Pool, settings: Settings, issuers: Issuers | None = None, log: object = None
) -> AsyncIterator[Dfc]:
    """Open the door over a pool, with an intake of its own."""
    metrics = Metrics()
    desk = open_desk(pool, settings, metrics)
    desk.intake.start()
    door = create_door(
        pool,
        desk,
        settings,
        cast("FilteringBoundLogger", log or NullLog()),
        metrics.answered,
        issuers or Issuers((), no_keys),
    )
    transport = httpx.ASGITransport(door)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            yield Dfc(pool, desk, door, http)
    finally:
        await desk.intake.close()


class Basket:
    """Documents about one producer's orders, as platforms write them."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.here = ADDRESSES.enterprise(slug)
        self.orders = ADDRESSES.orders(slug)

    def product(self, variant: Id, *, is_case: bool = False) -> str:
        return ADDRESSES.product(self.slug, variant, is_case=is_case)

    def order(
        self,
        lines: Mapping[str, object],
        *,
        identifier: str | None = None,
        status: str | None = "Held",
        begins: str | None = BEGINS,
        ends: str | None = ENDS,
        **more: object,
    ) -> Node:
        """An order of quantities by product's address, in the shape of Open Food Network's."""
        named = identifier or self.orders
        order: Node = {
            "@id": named,
            "@type": "dfc-b:Order",
            "dfc-b:belongsTo": f"{self.here}/SalesSession/#",
            "dfc-b:orderedBy": "https://hub.example/api/dfc/enterprises/7",
        }
        if status is not None:
            order["dfc-b:hasOrderStatus"] = f"dfc-v:{status}"
        order |= {f"dfc-b:{name}": value for name, value in more.items()}
        session: Node = {"@id": f"{self.here}/SalesSession/#", "@type": "dfc-b:SaleSession"}
        if begins is not None:
            session["dfc-b:beginDate"] = begins
        if ends is not None:
            session["dfc-b:endDate"] = ends
        nodes = [order, session]
        parts = []
        for number, (product, quantity) in enumerate(lines.items(), 1):
            line = f"{named}/OrderLines/{number}"
            offer = product.replace("/SuppliedProducts/", "/Offers/")
            parts.append(line)
            nodes += [
                {
                    "@id": line,
                    "@type": "dfc-b:OrderLine",
                    "dfc-b:quantity": quantity,
                    "dfc-b:concerns": offer,
                },
                # Open Food Network writes the product as plain text.
                {"@id": offer, "@type": "dfc-b:Offer", "dfc-b:offeredItem": product},
                {"@id": product, "@type": "dfc-b:SuppliedProduct", "dfc-b:name": "Echo"},
            ]
        if parts:
            order["dfc-b:hasPart"] = parts[0] if len(parts) == 1 else parts
        return {"@context": CONTEXT, "@graph": nodes}


def only(document: Any, kind: str) -> Node:  # noqa: ANN401 - JSON, as it is read
    """The one node of a type in a document."""
    (node,) = nodes(document, kind)
    return node


def nodes(document: Any, kind: str) -> list[Node]:  # noqa: ANN401 - as above
    """The nodes of a type in a document."""
    return [node for node in document["@graph"] if node["@type"] == f"dfc-b:{kind}"]


def quantities(document: Any) -> dict[str, object]:  # noqa: ANN401 - as above
    """How much an order has of which product, by its address."""
    offers = {node["@id"]: node["dfc-b:offeredItem"]["@id"] for node in nodes(document, "Offer")}
    return {
        offers[line["dfc-b:concerns"]["@id"]]: line["dfc-b:quantity"]
        for line in nodes(document, "OrderLine")
    }


def statuses(document: Any) -> tuple[str, str, str]:  # noqa: ANN401 - as above
    """The three statuses of the order in a document."""
    order = only(document, "Order")
    order_status, fulfilment, payment = (
        str(order[f"dfc-b:{name}"]["@id"]).removeprefix("dfc-v:")
        for name in ("hasOrderStatus", "hasFulfilmentStatus", "hasPaymentStatus")
    )
    return order_status, fulfilment, payment


def order_id(document: Any) -> Id:  # noqa: ANN401 - as above
    """The id inside of the order in a document."""
    name = only(document, "Order")["@id"].rpartition("/")[2]
    return ids.from_wire(ids.ORDER, name) or ""
