"""clickAndCollectStatusUpdate at the GraphQL door: goods that customers fetch."""

from __future__ import annotations

from typing import Any

from entrepot.apis.graphql.ids import write_id
from entrepot.infra.settings import Settings
from tests.factories.bazaar_door import BazaarDoor
from tests.factories.graphql import Key
from tests.factories.graphql_hooks import GraphqlHooks

UPDATE = (
    "mutation($input: ClickAndCollectStatusUpdateMutationInput!) {"
    " clickAndCollectStatusUpdate(input: $input) { clientMutationId status"
    " errors { field messages } invoice { id status statusFlags"
    " shipments { carrier trackingNumber shippedItems { quantity } } } } }"
)


async def say(key: Key, invoice: str, status: str, **headers: str) -> Any:  # noqa: ANN401 - JSON, as it is read
    """Say how far an invoice is; the payload, or the errors of the request."""
    given = {"invoiceId": invoice, "status": status, "clientMutationId": "me"}
    answer = await key.ask(UPDATE, {"input": given}, **headers)
    return answer["errors"] if "errors" in answer else answer["data"]["clickAndCollectStatusUpdate"]


async def test_ready_and_then_collected(door: BazaarDoor, settings: Settings) -> None:
    line = door.line(1, "wholesale", quantity=3, deliveryType="CLICK_AND_COLLECT")
    (invoice,) = (await door.create(line))["order"]["invoices"]["nodes"]
    hooks = GraphqlHooks(door.graphql, settings)
    for key in (door.key_one, door.key_two, door.market):
        await hooks.make(key, "INVOICE")
    ready = await say(door.key_one, invoice["id"], "READY")
    assert (ready["errors"], ready["status"], ready["clientMutationId"]) == (None, 200, "me")
    assert ready["invoice"]["statusFlags"] == ["PAID", "READY"]
    assert ready["invoice"]["status"] == "READY"
    assert [each["event_name"] for each in await hooks.send()] == ["update"] * 2
    query = "{ invoices(filters: { statuses: READY, awaitingCollection: true }) { totalCount } }"
    assert (await door.market.data(query))["invoices"] == {"totalCount": 1}
    for _ in range(2):
        done = await say(door.market, invoice["id"], "COLLECTED", Idempotency_Key="one")
        assert (done["errors"], done["invoice"]["status"]) == (None, "COLLECTED")
        assert done["invoice"]["statusFlags"] == ["PAID", "READY", "COLLECTED"]
        assert done["invoice"]["shipments"] == [
            {
                "carrier": "Other",
                "trackingNumber": "Collected",
                "shippedItems": [{"quantity": 3}],
            }
        ]
    assert await door.held(1, "wholesale") == 0
    for status in ("READY", "COLLECTED"):
        again = await say(door.key_one, invoice["id"], status)
        assert (again["invoice"], again["errors"][0]["field"]) == (None, "base")


async def test_only_of_what_customers_fetch_and_of_ones_own(door: BazaarDoor) -> None:
    (parcel,) = (await door.create(door.line(1, "wholesale")))["order"]["invoices"]["nodes"]
    absent = write_id("Invoice", 999_999)
    for status in ("READY", "COLLECTED"):
        refused = await say(door.key_one, parcel["id"], status)
        assert refused["invoice"] is None
        assert "does not fetch" in refused["errors"][0]["messages"][0]
        for key, id_ in ((door.key_two, parcel["id"]), (door.market, absent)):
            (error,) = await say(key, id_, status)
            assert error["message"] == f"No object found for invoiceId: {id_}"
