"""Two partners as they meet in the portal: a person of each, and goods that both have."""

from __future__ import annotations

from typing import NamedTuple

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.partnerships import ALL_STOCK, Pair, paired

GTIN = "8712345678906"
OTHER_GTIN = "8712345678913"


class Linked(NamedTuple):
    """A wholesaler and a retailer that are partners, and somebody of each with a browser."""

    pair: Pair
    seller: Visitor
    buyer: Visitor
    network: Network
    counter: Counter

    @property
    def address(self) -> str:
        """The page of their partnership."""
        return f"/partnerships/{ids.PARTNERSHIP}{self.pair.id}"

    async def goods(
        self,
        organisation: Id,
        sku: str,
        gtin: str | None = None,
        *,
        name: str | None = None,
        unit: str = "piece",
        on_hand: object = 0,
    ) -> Id:
        """Goods of one of the two."""
        variant = await self.network.variant(organisation, sku)
        async with self.network.pool.acquire() as connection:
            await connection.execute(
                "UPDATE variants SET sku = $3, name = $4, gtin = $5, unit = $6"
                " WHERE organisation = $1 AND id = $2",
                organisation,
                variant,
                sku,
                name or sku.title(),
                gtin,
                unit,
            )
        if on_hand:
            await self.counter.receive(organisation, variant, on_hand)
        return variant

    async def both_have(self, sku: str, gtin: str, on_hand: object = 0) -> tuple[Id, Id]:
        """Goods that both have by one GTIN: the wholesaler's (`W-` sku), and the retailer's."""
        theirs = await self.goods(self.pair.wholesaler, f"W-{sku}", gtin, on_hand=on_hand)
        return theirs, await self.goods(self.pair.retailer, f"R-{sku}", gtin)

    async def matched(self, sku: str = "TEA", gtin: str = GTIN, on_hand: object = 0) -> Seen:
        """The retailer's page after goods that both have were matched."""
        await self.both_have(sku, gtin, on_hand)
        page = await self.buyer.get(f"{self.address}/matching")
        return await self.buyer.send(page.form("Match all equal GTINs"))

    async def set(self, sql: str, *values: object) -> None:
        """Change something as time, or somebody with a console, would."""
        async with self.network.pool.acquire() as connection:
            await connection.execute(sql, *values)


async def link(
    pages: Pages,
    network: Network,
    counter: Counter,
    *,
    policy: str = "all_stock",
    language: str = "en",
) -> Linked:
    """Two new partners, by an invitation that was accepted, and an owner of each."""
    agreement = type(ALL_STOCK)(policy)
    pair = await paired(network.pool, network, agreement)
    seller = await pages.log_in_as(pair.wholesaler, language=language)
    buyer = await pages.log_in_as(pair.retailer, language=language)
    return Linked(pair, seller, buyer, network, counter)
