"""The carrots, over the DFC door: two hubs whose platforms are built on the official connector.

Supplier Jean has ten kilos. Hub A sells from Monday to Friday, Hub B from Tuesday to Thursday. With
each customer who checks out, a hub's platform raises its one order at Jean; nobody who ordered
earlier is ever let down (source text wholesale-order-processing, steps 1 to 11).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from entrepot.infra.clock import utc_now
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.connector.conftest import Connector
from tests.factories.dfc import open_dfc
from tests.factories.farm import plant
from tests.factories.network import Network
from tests.factories.served import environ_of, served

ADDRESS = "http://127.0.0.1:"


class HubPlatform:
    """A hub's platform: it knows its session, its one order, and what its customers want."""

    def __init__(self, connector: Connector, shop: dict[str, object], days: int) -> None:
        self.connector = connector
        begin = utc_now().replace(microsecond=0)
        end = begin + timedelta(days=days)
        self.shop = shop | {"begin": begin.isoformat(), "end": end.isoformat()}
        self.kilos = 0
        self.order: str | None = None

    async def check_out(self, kilos: int) -> dict[str, Any]:
        """A customer's basket is added to the order; if it is refused, the customer is told."""
        answer = await self._send(self.kilos + kilos, "HELD")
        if answer["status"] < 300:
            self.kilos += kilos
            self.order = answer["order"]
        return answer

    async def give_back(self, kilos: int) -> dict[str, Any]:
        """A customer's payment failed, or they cancelled."""
        self.kilos -= kilos
        return await self._send(self.kilos, "HELD")

    async def close(self) -> dict[str, Any]:
        """The session is over: what the customers have is ordered for good."""
        return await self._send(self.kilos, "COMPLETE")

    async def _send(self, kilos: int, status: str) -> dict[str, Any]:
        said = self.shop | {"quantity": kilos, "status": status, "order": self.order}
        return await asyncio.to_thread(self.connector.buy, said)


async def test_the_earliest_customers_keep_their_carrots(
    connector: Connector,
    database: str,
    pool: Pool,
    settings: Settings,
    network: Network,
    open_dir: Path,
) -> None:
    async with open_dfc(pool, settings) as dfc:
        farm = await plant(dfc, network)
        other = await farm.another_hub()
    async with pool.acquire() as connection:
        sku = await connection.fetchval("SELECT sku FROM variants WHERE id = $1", farm.carrots)
    with served(environ_of(database, open_dir), "serve") as running:
        said = await asyncio.to_thread(running.read_until, ADDRESS)
        server = ADDRESS + said[-1].rpartition(ADDRESS)[2].split()[0].rstrip("/.,")
        shop: dict[str, object] = {
            "products": f"{server}/api/dfc/Enterprises/{farm.slug}/SuppliedProducts",
            "sku": sku,
        }
        hub_a = HubPlatform(connector, shop | {"token": farm.hub.secret}, 5)
        hub_b = HubPlatform(connector, shop | {"token": other.secret}, 3)

        ali = await hub_a.check_out(1)
        assert (ali["status"], ali["stock"], ali["quantity"]) == (201, 10, 1)
        paul = await hub_a.check_out(5)
        assert (paul["status"], paul["quantity"], paul["order"]) == (200, 6, ali["order"])
        assert (paul["state"][-4:], paul["fulfilment"][-4:]) == ("Held", "Held")
        david = await hub_b.check_out(3)
        assert (david["status"], david["stock"]) == (201, 4)
        assert david["order"] != ali["order"]

        michael = await hub_b.check_out(2)
        assert michael["status"] == 409
        (fault,) = michael["problem"]["faults"]
        # His hub asked for five in all, and four are what it can have: one is left for him.
        assert (fault["facts"]["requested"], fault["facts"]["available"]) == ("5", "4")

        # Somebody's payment fails, and what they held is there for others at once.
        assert (await hub_a.give_back(1))["quantity"] == 5
        assert (await hub_b.check_out(2))["quantity"] == 5

        closed_b, closed_a = await hub_b.close(), await hub_a.close()
        for closed, kilos in ((closed_b, 5), (closed_a, 5)):
            assert (closed["status"], closed["quantity"]) == (200, kilos)
            assert closed["state"].endswith("#Complete")
            assert closed["fulfilment"].endswith("#Unfulfilled")
    assert await farm.available(farm.carrots) == 0
