"""A street of shops and their wholesalers, for what orders draw on partners."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.factories.counter import Counter, order_of
from tests.factories.network import Network

Goods = dict[str, object]
"""How many of which product somebody has, such as {"A": 3}."""


class Street:
    """Shops and wholesalers by name; each has a variant of a product under the product's name."""

    def __init__(self, network: Network, counter: Counter) -> None:
        self.network = network
        self.counter = counter
        self.organisations: dict[str, str] = {}
        self.variants: dict[tuple[str, str], str] = {}
        self.partnerships: dict[tuple[str, str], str] = {}

    async def opens(self, name: str, goods: Goods | None = None, **said: Any) -> str:  # noqa: ANN401 - what a network's organisation takes
        """Somebody moves in, with goods on the shelf."""
        self.organisations[name] = await self.network.organisation(name, **said)
        for product, quantity in (goods or {}).items():
            await self.receives(name, product, quantity)
        return self.organisations[name]

    async def variant(self, name: str, product: str) -> str:
        """What somebody calls a product."""
        key = (name, product)
        if key not in self.variants:
            self.variants[key] = await self.network.variant(self.organisations[name], product)
        return self.variants[key]

    async def receives(self, name: str, product: str, quantity: object) -> None:
        """Goods arrive; nothing arrives of 0."""
        variant = await self.variant(name, product)
        if quantity:
            await self.counter.receive(self.organisations[name], variant, quantity)

    async def partners(
        self,
        wholesaler: str,
        retailer: str,
        *products: str,
        rank: int = 0,
        **said: Any,  # noqa: ANN401 - what a network's partnership takes
    ) -> str:
        """A wholesaler shares products with a retailer."""
        factor = said.pop("factor", 1)
        pair = (wholesaler, retailer)
        if pair not in self.partnerships:
            self.partnerships[pair] = await self.network.partnership(
                self.organisations[wholesaler], self.organisations[retailer], **said
            )
        for product in products:
            await self.network.match(
                self.partnerships[pair],
                (self.organisations[wholesaler], await self.variant(wholesaler, product)),
                (self.organisations[retailer], await self.variant(retailer, product)),
                rank=rank,
                factor=factor,
            )
        return self.partnerships[pair]

    async def orders(self, name: str, *lines: tuple[str, object], **said: Any) -> Any:  # noqa: ANN401 - JSON, as the caller reads it
        """Somebody places an order, paid and complete or waiting unless said otherwise."""
        how: dict[str, Any] = {"policy": "ship_complete", "paid": True} | said
        named = [(await self.variant(name, product), quantity) for product, quantity in lines]
        return await self.counter.place(self.organisations[name], order_of(*named, **how))

    async def shelf(self, name: str, product: str) -> tuple[str, str, str]:
        """On hand, held and allocated of what somebody has."""
        rows = await self.counter.rows(
            "SELECT coalesce(sum(on_hand), 0), coalesce(sum(held), 0), coalesce(sum(allocated), 0)"
            " FROM positions WHERE variant = $1",
            await self.variant(name, product),
        )
        figures: tuple[Decimal, ...] = rows[0]  # type: ignore[assignment] # three sums
        return tuple(_text(each) for each in figures)  # type: ignore[return-value] # three texts

    async def transferred(self) -> list[str]:
        """All transfers in words, such as `wholesale -> shop: 2 A`, a reversal with `<-`."""
        rows = await self.counter.rows(
            "SELECT t.wholesaler, t.retailer, t.quantity, t.variant, t.reverses IS NULL"
            " FROM transfers AS t ORDER BY t.at, t.id"
        )
        names = {ident: name for name, ident in self.organisations.items()}
        products = {ident: product for (_, product), ident in self.variants.items()}
        return [
            f"{names[str(w)]} {'->' if forth else '<-'} {names[str(r)]}:"
            f" {_text(q)} {products[str(v)]}"
            for w, r, q, v, forth in rows
            if isinstance(q, Decimal)
        ]

    async def status(self, order: Any) -> str:  # noqa: ANN401 - an answer
        """The status of an order that was answered before."""
        return (await self.counter.order(order["id"].removeprefix("ord_")))[0]


def _text(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
