"""A marketplace in Australia with two sellers, and its programs at the GraphQL door."""

from __future__ import annotations

from typing import Any

from entrepot.apis.graphql.ids import write_id
from entrepot.kernel.ids import Id
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter
from tests.factories.graphql import Graphql
from tests.factories.network import Network

CREATE = (
    "mutation($input: OrderCreateMutationInput!) { orderCreate(input: $input) {"
    " clientMutationId status errors { field messages } order { id legacyId totalCents"
    " invoices { nodes { id legacyId deliveryType totalCents seller { businessName }"
    " lineItems { id legacyId quantity subtotalCents variantSku pricingModel } } } } } }"
)


class BazaarDoor:
    """Sellers one and two sell at both kinds of prices: `goods` by seller and pricing model."""

    def __init__(self, graphql: Graphql, network: Network, counter: Counter) -> None:
        self.graphql = graphql
        self.bazaar = Bazaar(network, counter)
        self.goods: dict[tuple[int, str], Id] = {}
        self._numbers: dict[Id, int] = {}

    async def open(self) -> BazaarDoor:
        await self.bazaar.open()
        self.one = await self.bazaar.seller("seller-one")
        self.two = await self.bazaar.seller("seller-two")
        for number, seller in ((1, self.one), (2, self.two)):
            for model in ("marketplace", "wholesale"):
                await self.stock((number, model), seller, model)
        self.market = await self.graphql.key(self.bazaar.marketplace)
        self.key_one = await self.graphql.key(self.one)
        self.key_two = await self.graphql.key(self.two)
        return self

    async def stock(self, name: tuple[int, str], seller: Id, model: str) -> None:
        """Ten of new goods."""
        variant = await self.bazaar.goods(seller, f"{name[0]}-{model}".upper(), model=model)
        self.goods[name] = variant
        ((number,),) = await self.bazaar.counter.rows(
            "SELECT legacy_id FROM variants WHERE id = $1", variant
        )
        assert isinstance(number, int)
        self._numbers[variant] = number

    def variant(self, number: int, model: str, kind: str = "Variant") -> str:
        """The id of goods on the wire, or of their inventory."""
        return write_id(kind, self._numbers[self.goods[number, model]])

    def line(self, number: int, model: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON, as it is read
        """One of these goods for 10.00, unless something else is said."""
        cost = {"amount": 1000}
        return {"variantId": self.variant(number, model), "quantity": 1, "cost": cost, **said}

    async def create(self, *lines: dict[str, Any], **said: Any) -> Any:  # noqa: ANN401 - JSON, as it is read
        """Place an order of these lines; its payload."""
        given = {"order": {"firstName": "Trisha"}, "lineItems": list(lines), **said}
        return (await self.market.data(CREATE, {"input": given}))["orderCreate"]

    async def try_create(self, *lines: dict[str, Any], **said: Any) -> Any:  # noqa: ANN401 - JSON, as it is read
        """Try to place an order; the whole answer."""
        given = {"order": {}, "lineItems": list(lines), **said}
        return await self.market.ask(CREATE, {"input": given})

    async def held(self, number: int, model: str) -> Any:  # noqa: ANN401 - a figure as the database has it
        """How much of goods is held."""
        return (await self.bazaar.counter.figures(self.goods[number, model]))[1]
