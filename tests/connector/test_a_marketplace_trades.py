"""A marketplace's platform built on graphql-request, from its order to shipment and cancellation.

It sends both headers that the official sample sends, a single object where a list is expected, and
a moment where a day is (reference marketplace-api.md, 2 and 3.3).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.connector.conftest import Connector
from tests.factories.graphql import Mall, open_graphql
from tests.factories.network import Network
from tests.factories.served import environ_of, served

ADDRESS = "http://127.0.0.1:"


async def test_an_order_is_shipped_in_part_and_cancelled_for_the_rest(
    connector: Connector,
    database: str,
    pool: Pool,
    settings: Settings,
    network: Network,
    open_dir: Path,
) -> None:
    async with open_graphql(pool, settings) as graphql:
        mall = await Mall(graphql, network).build()
        await mall.stock(mall.other_id, mall.hats, 5)
        await pool.execute("UPDATE variants SET pricing_model = 'marketplace'")
        variants = [await mall.wire(mall.shoes), await mall.wire(mall.hats)]
    with served(environ_of(database, open_dir), "serve") as running:
        said = await asyncio.to_thread(running.read_until, ADDRESS)
        server = ADDRESS + said[-1].rpartition(ADDRESS)[2].split()[0].rstrip("/.,")
        answers = await asyncio.to_thread(
            connector.trade,
            {"url": f"{server}/graphql", "key": mall.market.secret, "variants": variants},
        )

    created = answers["orderCreate"]
    assert (created["status"], created["errors"]) == (200, None)
    assert (created["order"]["status"], created["order"]["totalCents"]) == ("COMPLETE", 4000)
    sellers = [
        (each["seller"]["businessName"], each["statusFlags"], len(each["lineItems"]))
        for each in created["order"]["invoices"]["nodes"]
    ]
    assert sorted(sellers) == [("hatter", ["PAID"], 1), ("shoemaker", ["PAID"], 1)]

    shipped = answers["shipmentCreate"]
    assert (shipped["errors"], shipped["shipment"]["trackingNumber"]) == (None, "3STRACK")
    assert shipped["shipment"]["invoice"]["statusFlags"] == ["PAID", "PARTIALLY_SENT"]
    (line,) = shipped["shipment"]["invoice"]["lineItems"]
    assert line["quantityAwaitingDispatch"] == 1

    asked = answers["refundRequestCreate"]
    assert asked["errors"] is None
    assert asked["refundRequest"]["status"] == "AWAITING"
    assert asked["refundRequest"]["lineItems"] == [{"quantity": 1, "dispatched": False}]
    (fault,) = answers["skipped"]["errors"]
    assert answers["skipped"]["refundRequest"] is None
    assert fault["messages"] == ["Can only mark a returned or processed RefundRequest as refunded"]
    assert answers["refundRequestReturn"]["refundRequest"]["status"] == "RETURNED"
    assert answers["refundRequestRefund"]["refundRequest"]["status"] == "REFUNDED"
    (line,) = answers["node"]["lineItems"]
    assert line["quantityAwaitingDispatch"] == 0
    assert {"PAID", "SENT", "CANCELLED"} <= set(answers["node"]["statusFlags"])
    assert answers["unknown"] == {
        "status": 200,
        "message": "No object found for orderId: T3JkZXItMQ==",
    }
