"""A street without a database: shops and wholesalers by name, and the pure core between them."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from entrepot.kernel.demand import AllocationKey, PositionKey
from entrepot.kernel.ids import Id
from entrepot.orders.model import (
    CancelOrder,
    ChangeOrder,
    Command,
    CountStock,
    Decision,
    Order,
    ReceiveStock,
    StockLine,
    Submission,
)
from tests.factories.counter import order_of, parts, wanted
from tests.simulation.pure_world import PureWorld

_numbers = count(1)

Goods = dict[str, object]
"""How many of which product somebody has, such as {"A": 3}."""


class PureStreet:
    """Who lives there, what each calls a product, and what changed hands, in words."""

    def __init__(self) -> None:
        self.world = PureWorld()
        self.who: dict[str, Id] = {}
        self.variants: dict[tuple[str, str], Id] = {}
        self.partnerships: dict[tuple[str, str], Id] = {}

    def opens(self, name: str, goods: Goods | None = None, *, shelves: int = 1) -> None:
        """Somebody moves in, with shelves, and goods on the first."""
        self.who[name] = self.world.organisation()
        for rank in range(shelves):
            self.world.location(self.who[name], rank)
        for product, quantity in (goods or {}).items():
            self.receives(name, product, quantity)

    def variant(self, name: str, product: str) -> Id:
        """What somebody calls a product."""
        key = (name, product)
        if key not in self.variants:
            self.variants[key] = self.world.variant(self.who[name], product)
        return self.variants[key]

    def place(self, name: str, product: str, shelf: int = 0) -> PositionKey:
        """Where somebody's product lies."""
        location = list(self.world.locations[self.who[name]])[shelf]
        return PositionKey(self.who[name], self.variant(name, product), location)

    def partners(
        self,
        wholesaler: str,
        retailer: str,
        *products: str,
        is_all_stock: bool = True,
        on_cancel: tuple[str, str] = ("reverse", "keep"),
        **terms: Any,  # noqa: ANN401 - what a match has
    ) -> Id:
        """A wholesaler shares products with a retailer."""
        pair = (wholesaler, retailer)
        if pair not in self.partnerships:
            self.partnerships[pair] = self.world.partnership(
                self.who[wholesaler],
                self.who[retailer],
                is_all_stock=is_all_stock,
                on_cancel=on_cancel,
            )
        for product in products:
            theirs, ours = self.variant(wholesaler, product), self.variant(retailer, product)
            self.world.match(self.partnerships[pair], theirs, ours, **terms)
        return self.partnerships[pair]

    def turns(self, wholesaler: str, retailer: str, state: str) -> None:
        """A partnership gets into a state; whoever waits is looked at again."""
        partnership = self.partnerships[wholesaler, retailer]
        self.world.partners.partnerships[partnership].change(state=state)
        self.world.keep_house()

    def allocates(
        self, wholesaler: str, retailer: str, product: str, quantity: object
    ) -> AllocationKey:
        """Units are kept for a retailer."""
        key = self.world.allocate(
            self.partnerships[wholesaler, retailer],
            self.place(wholesaler, product),
            Decimal(str(quantity)),
        )
        assert key is not None, "so many are free"
        return key

    def act(self, name: str, *commands: Command) -> list[object]:
        """Decide what somebody asks, in one batch."""
        submissions = [
            Submission(each, self.who[name], self.world.new_id(), f"k{next(_numbers)}", b"")
            for each in commands
        ]
        return list(self.world.decide(submissions))

    def orders(self, name: str, *lines: tuple[str, object], **terms: Any) -> Order:  # noqa: ANN401 - passed on
        """Somebody places an order, paid and to be shipped complete unless said otherwise."""
        said: dict[str, Any] = {"policy": "ship_complete", "paid": True} | terms
        named = [(self.variant(name, product), quantity) for product, quantity in lines]
        order = order_of(*named, **said)
        (result,) = self.act(name, order)
        assert isinstance(result, Decision), result
        return self.order(order.order)

    def order(self, ident: Id) -> Order:
        (found,) = (each for each in self.world.orders.values() if each.id == ident)
        return found

    def receives(self, name: str, product: str, quantity: object, shelf: int = 0) -> None:
        """Goods arrive; nothing arrives of 0."""
        _, variant, location = self.place(name, product, shelf)
        if quantity:
            self.act(name, ReceiveStock((StockLine(variant, Decimal(str(quantity)), location),)))

    def counts(self, name: str, product: str, on_hand: object) -> None:
        """A shelf is counted."""
        command = CountStock(self.variant(name, product), Decimal(str(on_hand)), None)
        (result,) = self.act(name, command)
        assert isinstance(result, Decision), result

    def cancels(self, name: str, order: Order, *lines: tuple[int, object]) -> None:
        (result,) = self.act(name, CancelOrder(order.id, parts(*lines) if lines else None))
        assert isinstance(result, Decision), result

    def changes(self, name: str, order: Order, *lines: tuple[str, object]) -> None:
        named = [(self.variant(name, product), quantity) for product, quantity in lines]
        (result,) = self.act(name, ChangeOrder(order.id, wanted(*named)))
        assert isinstance(result, Decision), result

    def shelf(self, name: str, product: str, shelf: int = 0) -> tuple[str, str, str]:
        """On hand, held and allocated of what somebody has."""
        figures = self.world.positions[self.place(name, product, shelf)]
        return _text(figures.on_hand), _text(figures.held), _text(figures.allocated)

    def left_of(self, allocation: AllocationKey) -> tuple[str, str]:
        """What was given and what is left of an allocation."""
        found = self.world.partners.allocations[allocation]
        return _text(found.quantity), _text(found.remaining)

    def status(self, order: Order) -> str:
        return self.order(order.id).status

    def passed(self) -> list[str]:
        """What changed owner, in words: `wholesale -> shop: 2 A`, a reversal with `<-`."""
        names = {ident: name for name, ident in self.who.items()}
        return [
            f"{names[row.partner.positions[0].owner]} {'->' if row.reverses is None else '<-'}"
            f" {names[row.partner.target.owner]}: {_text(row.quantity)}"
            f" {self.world.variants[row.partner.target.variant].sku}"
            for row in self.world.partners.transfers
        ]


def _text(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
