"""A producer with carrots and beans, and the hubs that order them over the DFC door."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from entrepot.kernel.ids import Id
from entrepot.orders import ReceiveStock, StockLine, receive_stock
from tests.factories.callers import caller_for
from tests.factories.dfc import Basket, Dfc, Platform
from tests.factories.network import Network


class Farm(NamedTuple):
    """Jean, who has ten kilos of carrots and sells beans by the case of six, and Hub A."""

    dfc: Dfc
    network: Network
    jean: Id
    slug: str
    carrots: Id
    beans: Id
    hub_id: Id
    hub: Platform
    basket: Basket

    @property
    def carrot(self) -> str:
        """The address of the carrots."""
        return self.basket.product(self.carrots)

    @property
    def bean(self) -> str:
        """The address of the beans, loose."""
        return self.basket.product(self.beans)

    @property
    def case(self) -> str:
        """The address of a case of beans."""
        return self.basket.product(self.beans, is_case=True)

    async def available(self, variant: Id) -> Decimal:
        """What is left of a variant for anybody."""
        async with self.dfc.pool.acquire() as connection:
            left: Decimal = await connection.fetchval(
                "SELECT sum(available) FROM current_positions WHERE variant = $1", variant
            )
        return left

    async def receive(self, variant: Id, quantity: object) -> None:
        await receive(self.dfc, self.jean, variant, quantity)

    async def another_hub(self, name: str = "hub-b") -> Platform:
        """A second platform that orders from Jean."""
        hub = await self.network.organisation(name)
        await self.network.right(self.jean, hub)
        return await self.dfc.platform(hub)


async def receive(dfc: Dfc, owner: Id, variant: Id, quantity: object) -> None:
    """Goods arrive at a producer."""
    lines = (StockLine(variant, Decimal(str(quantity))),)
    answer = await receive_stock(dfc.desk, caller_for(owner), ReceiveStock(lines), f"in-{variant}")
    assert hasattr(answer, "body"), answer


async def plant(dfc: Dfc, network: Network) -> Farm:
    """Found Jean and Hub A, with a right between them."""
    jean = await network.organisation("jean")
    hub = await network.organisation("hub-a")
    await network.right(jean, hub)
    carrots = await network.variant(jean, "CARROTS")
    beans = await network.variant(jean, "BEANS")
    async with dfc.pool.acquire() as connection:
        await connection.execute(
            "UPDATE variants SET unit = 'kg', wholesale_price = 2, vat_rate = 9 WHERE id = $1",
            carrots,
        )
        await connection.execute(
            "UPDATE variants SET units_per_case = 6, whole_units = true WHERE id = $1", beans
        )
    await receive(dfc, jean, carrots, 10)
    await receive(dfc, jean, beans, 20)
    slug = await dfc.slug(jean)
    return Farm(
        dfc, network, jean, slug, carrots, beans, hub, await dfc.platform(hub), Basket(slug)
    )
