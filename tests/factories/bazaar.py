"""A marketplace in Australia and the sellers on it, over the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.orders import (
    KeyValue,
    Market,
    MarketLine,
    Money,
    PlaceOrder,
    RefundLine,
)
from entrepot.orders.model import CompleteRefund, RequestRefund, ShipInvoice, TakeBackRefund
from tests.factories.counter import Counter, order_of, parts
from tests.factories.network import Network


class Bazaar:
    """A marketplace whose sellers may sell at wholesale prices too."""

    marketplace: Id

    def __init__(self, network: Network, counter: Counter) -> None:
        self.network = network
        self.counter = counter

    async def open(self, country: str = "AU", currency: str = "AUD") -> Bazaar:
        self.marketplace = await self.network.organisation("bazaar")
        await self.counter.rows(
            "UPDATE organisations SET country = $2, currency = $3 WHERE id = $1",
            self.marketplace,
            country,
            currency,
        )
        return self

    async def seller(self, name: str = "seller") -> Id:
        """An organisation that lets the marketplace sell what it has."""
        seller = await self.network.organisation(name)
        await self.network.right(seller, self.marketplace, "marketplace")
        return seller

    async def goods(
        self,
        seller: Id,
        sku: str,
        *,
        model: str = "marketplace",
        stock: object = 10,
        retail: object = "12.50",
        wholesale: object = "7.1250",
        vat: object = None,
    ) -> Id:
        """A variant of a seller, priced by a model, with so many on the shelf."""
        variant = await self.network.variant(seller, sku)
        await self.counter.rows(
            "UPDATE variants SET pricing_model = $2, retail_price = $3, wholesale_price = $4,"
            " vat_rate = $5 WHERE id = $1",
            variant,
            model,
            _decimal(retail),
            _decimal(wholesale),
            _decimal(vat),
        )
        if stock:
            await self.counter.receive(seller, variant, stock)
        return variant

    def order(
        self,
        *lines: tuple[Id, object, MarketLine | int | None],
        external_id: str = "",
        **terms: str,
    ) -> PlaceOrder:
        """A paid order of (variant, quantity, what is said of the line or its cost)."""
        said = tuple(
            each if isinstance(each, MarketLine) else _costing(each) for _, _, each in lines
        )
        named = (KeyValue("shop", external_id),) if external_id else ()
        core = order_of(*[line[:2] for line in lines], kind="marketplace", paid=True, **terms)  # type: ignore[arg-type] # tests name what they give
        return PlaceOrder(
            core.order,
            core.reference,
            "marketplace",
            "refuse_short",
            core.lines,
            paid=True,
            market=Market(said, external_ids=named),
        )

    async def ship(self, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        """Ship parts of lines of one invoice."""
        invoice = await self.invoice(order, lines[0][0])
        command = ShipInvoice(
            order, self.marketplace, invoice, new_id(), parts(*lines), 1, "T1", date(2099, 1, 1)
        )
        return await self.counter.done(self.marketplace, command)

    async def refund(
        self,
        order: Id,
        *lines: tuple[int, object],
        dispatched: bool = False,
        restock: bool | None = None,
    ) -> Any:  # noqa: ANN401 - JSON has any shape
        """Cancel parts of lines of one invoice, or take them back, and refund them."""
        invoice = await self.invoice(order, lines[0][0])
        wanted = tuple(
            RefundLine(line, Decimal(str(quantity)), dispatched) for line, quantity in lines
        )
        refund, place = new_id(), (order, self.marketplace)
        for command in (
            RequestRefund(*place, invoice, refund, wanted, restock=restock),
            TakeBackRefund(*place, refund),
        ):
            await self.counter.done(self.marketplace, command)
        return await self.counter.done(self.marketplace, CompleteRefund(*place, refund))

    async def invoice(self, order: Id, line: int) -> Id:
        """The invoice that a line of an order is on."""
        ((invoice,),) = await self.counter.rows(
            "SELECT invoice FROM marketplace_lines WHERE order_id = $1 AND line_no = $2",
            order,
            line,
        )
        return str(invoice)


def _decimal(number: object) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _costing(amount: int | None) -> MarketLine:
    return MarketLine(None if amount is None else Money(amount))
