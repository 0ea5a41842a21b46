"""orderUpdate at the GraphQL door: who bought, and orders whose payment is reviewed."""

from __future__ import annotations

from typing import Any

from entrepot.apis.graphql.ids import write_id
from entrepot.infra.settings import Settings
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.graphql import Key
from tests.factories.graphql_hooks import GraphqlHooks

UPDATE = (
    "mutation($input: OrderUpdateMutationInput!) { orderUpdate(input: $input) { clientMutationId"
    " status errors { field messages } order { id status firstName surname emailAddress phone"
    " billingFirstName companyName messageToSeller paymentGatewayDetails totalCents"
    " address { address city country { code } } invoices { nodes { id status statusFlags"
    " buyerFirstName buyerSurname updatedAt } } updatedAt } } }"
)
SHIP = (
    "mutation($input: ShipmentCreateMutationInput!) { shipmentCreate(input: $input)"
    " { errors { field messages } shipment { id } } }"
)
REVIEWED = ["PAID", "PAYMENT_UNDER_REVIEW"]


async def update(key: Key, order: str, status: str = "COMPLETE", **given: object) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Change an order; the payload, or the errors of the request."""
    said = {"orderId": order, "status": status, **given}
    answer = await key.ask(UPDATE, {"input": said})
    return answer["errors"] if "errors" in answer else answer["data"]["orderUpdate"]


async def ship(key: Key, invoice: Any) -> Any:  # noqa: ANN401 - JSON, as it is read
    given = {
        "invoiceId": invoice["id"],
        "dispatchedAt": "2100-01-01",
        "postageCarrierId": write_id("ShipmentCarrier", 9),
        "trackingNumber": "T 1",
        "shippedItems": {"lineItemId": invoice["lineItems"][0]["id"], "quantity": 1},
    }
    return (await key.data(SHIP, {"input": given}))["shipmentCreate"]


async def test_each_field_that_is_given_is_changed(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    address = {"address": "1 Main Rd", "city": "Perth", "country": {"code": "au"}}
    attributes = {
        "surname": "Ng",
        "emailAddress": "ng@example.org",
        "companyName": "Ng & Co",
        "messageToSeller": "Ring twice",
        "address": address,
        "phone": None,
    }
    payload = await update(
        door.market,
        placed["id"],
        attributes=attributes,
        paymentGatewayDetails={"id": "ch_1"},
        clientMutationId="me",
    )
    assert (payload["errors"], payload["status"], payload["clientMutationId"]) == (None, 200, "me")
    order = payload["order"]
    assert (order["firstName"], order["surname"], order["billingFirstName"]) == (
        "Trisha",
        "Ng",
        "Trisha",
    )
    assert (order["emailAddress"], order["companyName"]) == ("ng@example.org", "Ng & Co")
    assert order["address"] == {**address, "country": {"code": "AU"}}
    assert order["paymentGatewayDetails"] == {"id": "ch_1"}
    assert (order["messageToSeller"], order["phone"]) == ("Ring twice", None)
    assert (order["status"], order["totalCents"]) == ("COMPLETE", placed["totalCents"])
    (invoice,) = order["invoices"]["nodes"]
    assert (invoice["buyerFirstName"], invoice["buyerSurname"]) == ("Trisha", "Ng")
    assert invoice["updatedAt"] == order["updatedAt"]


async def test_a_review_keeps_goods_from_leaving(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale"), door.line(2, "wholesale")))["order"]
    first, second = placed["invoices"]["nodes"]
    payload = await update(door.market, placed["id"], "PENDING_REVIEW")
    assert (payload["errors"], payload["order"]["status"]) == (None, "PENDING_REVIEW")
    invoices = payload["order"]["invoices"]["nodes"]
    assert [each["statusFlags"] for each in invoices] == [REVIEWED, REVIEWED]
    assert {each["status"] for each in invoices} == {"PAYMENT_UNDER_REVIEW"}
    refused = await ship(door.key_one, first)
    assert (refused["shipment"], [each["field"] for each in refused["errors"]]) == (None, ["base"])
    assert "under review" in refused["errors"][0]["messages"][0]
    assert (await ship(door.market, second))["errors"] == refused["errors"]
    query = "{ invoices(filters: { statuses: PAYMENT_UNDER_REVIEW }) { totalCount nodes { id } } }"
    for key, count in ((door.key_one, 1), (door.market, 2)):
        found = (await key.data(query))["invoices"]
        assert (found["totalCount"], len(found["nodes"])) == (count, count)
    ended = await update(door.market, placed["id"])
    assert ended["order"]["status"] == "COMPLETE"
    assert (await ship(door.key_one, first))["errors"] is None


async def test_no_other_status_may_be_said(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    said = ("NEW", "CHECKOUT", "ABANDONED", "PAYMENT_FAILED", "PAYMENT_IN_PROGRESS")
    for status in said:
        payload = await update(door.market, placed["id"], status, attributes={"surname": "No"})
        assert (payload["order"], payload["errors"][0]["field"]) == (None, "status")
        assert "PENDING_REVIEW" in payload["errors"][0]["messages"][0]
    assert (await update(door.market, placed["id"]))["order"]["surname"] is None


async def test_what_is_wrong_is_named_by_attribute(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    wrong = {"emailAddress": "e" * 201, "billingCompanyName": "\x07", "messageToSeller": "\x07"}
    payload = await update(door.market, placed["id"], "PENDING_REVIEW", attributes=wrong)
    assert payload["order"] is None
    assert [each["field"] for each in payload["errors"]] == [
        "email_address",
        "billing_company_name",
        "message_to_seller",
    ]
    assert (await update(door.market, placed["id"]))["order"]["status"] == "COMPLETE"


async def test_only_its_marketplaces_key_may(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    (error,) = await update(door.key_one, placed["id"])
    assert error["extensions"]["code"] == "NOT_PERMITTED"
    absent = write_id("Order", 999_999)
    (error,) = await update(door.market, absent)
    assert error["message"] == f"No object found for orderId: {absent}"


async def test_sent_again_under_the_same_key_it_is_changed_once(door: BazaarDoor) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    given = {"orderId": placed["id"], "status": "PENDING_REVIEW"}
    for status in ("PENDING_REVIEW", "COMPLETE"):
        answer = await door.market.data(UPDATE, {"input": given}, idempotency_key="one")
        assert answer["orderUpdate"]["order"]["status"] == status
        await update(door.market, placed["id"])


async def test_webhooks_of_invoices_are_told(door: BazaarDoor, settings: Settings) -> None:
    placed = (await door.create(door.line(1, "wholesale")))["order"]
    hooks = GraphqlHooks(door.graphql, settings)
    for key in (door.key_one, door.key_two, door.market):
        await hooks.make(key, "INVOICE")
    await hooks.send()
    await update(door.market, placed["id"], attributes={"phone": "1"})
    assert [each["event_name"] for each in await hooks.send()] == ["update"] * 2
    await update(door.market, placed["id"], attributes={"phone": "1"})
    assert await hooks.send() == []
