"""A marketplace's platform built on the Python client gql, which others wrote.

It learns the schema from the server and holds each of its documents to that before it sends it, so
what is asked here is what is served (reference marketplace-api.md, 4, 7.4 and 8).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.graphql import ORIGIN, PATH, Graphql, Mall, open_graphql
from tests.factories.network import Network

CREATE = """
mutation ($input: OrderCreateMutationInput!) {
  orderCreate(input: $input) {
    status
    errors { field messages }
    order { id legacyId invoices { nodes { id seller { businessName } lineItems { id } } } }
  }
}
"""
SHIP = """
mutation ($input: ShipmentCreateMutationInput!) {
  shipmentCreate(input: $input) {
    errors { field messages }
    shipment { id legacyId carrier invoice { statusFlags } }
  }
}
"""
CANCEL = """
mutation ($input: RefundRequestCreateMutationInput!) {
  refundRequestCreate(input: $input) {
    errors { field messages }
    refundRequest { id status }
  }
}
"""
RETURN = """
mutation ($input: RefundRequestReturnMutationInput!) {
  refundRequestReturn(input: $input) { errors { field messages } refundRequest { status } }
}
"""
REFUND = """
mutation ($input: RefundRequestRefundMutationInput!) {
  refundRequestRefund(input: $input) { errors { field messages } refundRequest { status } }
}
"""
STOCK = "query ($id: ID!) { node(id: $id) { ... on Variant { countOnHand } } }"


@pytest.fixture
async def mall(pool: Pool, settings: Settings, network: Network) -> AsyncIterator[Mall]:
    async with open_graphql(pool, settings) as graphql:
        mall = await Mall(graphql, network).build()
        await pool.execute("UPDATE variants SET pricing_model = 'marketplace'")
        yield mall


def client_of(graphql: Graphql, secret: str | None) -> Client:
    """The client, which asks the door in this process."""
    transport = HTTPXAsyncTransport(
        f"{ORIGIN}{PATH}",
        headers={"marketplacer-api-key": str(secret)},
        transport=httpx.ASGITransport(graphql.door),
    )
    return Client(transport=transport, fetch_schema_from_transport=True)


def request_of(document: str, variables: dict[str, Any]) -> GraphQLRequest:
    """A document with what it is told."""
    request = gql(document)
    request.variable_values = variables
    return request


async def test_the_client_orders_ships_and_cancels(mall: Mall) -> None:
    shoes = await mall.wire(mall.shoes)
    async with client_of(mall.graphql, mall.market.secret) as session:

        async def ask(document: str, **variables: object) -> dict[str, Any]:
            answer: dict[str, Any] = await session.execute(request_of(document, variables))
            return answer

        async def on_hand() -> int:
            count: int = (await ask(STOCK, id=shoes))["node"]["countOnHand"]
            return count

        bought = {
            "order": {"firstName": "Trisha", "address": {"address": "34 Casino Road"}},
            "lineItems": [{"variantId": shoes, "quantity": 3, "cost": {"amount": 3000}}],
        }
        created = (await ask(CREATE, input=bought))["orderCreate"]
        assert (created["status"], created["errors"]) == (200, None)
        (invoice,) = created["order"]["invoices"]["nodes"]
        assert (invoice["seller"]["businessName"], await on_hand()) == ("shoemaker", 2)
        (line,) = invoice["lineItems"]

        carriers = (await ask("{ shipmentCarriers { nodes { id } } }"))["shipmentCarriers"]
        sent = {
            "invoiceId": invoice["id"],
            "dispatchedAt": "2999-01-01",
            "postageCarrierId": carriers["nodes"][0]["id"],
            "trackingNumber": "3STRACK",
            "shippedItems": [{"lineItemId": line["id"], "quantity": 2}],
        }
        shipped = (await ask(SHIP, input=sent))["shipmentCreate"]
        assert shipped["errors"] is None
        assert shipped["shipment"]["invoice"]["statusFlags"] == ["PAID", "PARTIALLY_SENT"]
        again = (await ask(SHIP, input=sent))["shipmentCreate"]
        assert again["errors"][0]["messages"] == [
            "Shipped items quantity exceeds the maximum number of undispatched items."
        ]

        wanted = {
            "invoiceId": invoice["id"],
            "lineItems": {"lineItemId": line["id"], "quantity": 1, "dispatched": False},
            "notes": [],
        }
        request = (await ask(CANCEL, input=wanted))["refundRequestCreate"]["refundRequest"]
        assert request["status"] == "AWAITING"
        step = {"refundRequestId": request["id"], "notes": []}
        returned = (await ask(RETURN, input=step))["refundRequestReturn"]
        assert returned == {"errors": None, "refundRequest": {"status": "RETURNED"}}
        refunded = (await ask(REFUND, input=step))["refundRequestRefund"]
        assert refunded == {"errors": None, "refundRequest": {"status": "REFUNDED"}}
        assert await on_hand() == 3


async def test_the_client_is_told_what_a_key_may_not(mall: Mall) -> None:
    shoes = await mall.wire(mall.shoes)
    bought = {"order": {}, "lineItems": [{"variantId": shoes, "quantity": 1}]}
    async with client_of(mall.graphql, mall.seller.secret) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(request_of(CREATE, {"input": bought}))
    assert raised.value.errors
