"""A shop without a database: one owner, one buyer, and the pure core between them."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from entrepot.kernel.demand import LiveHold, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CountStock,
    Decision,
    Order,
    PlaceDraft,
    PlaceOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockLine,
    Submission,
)
from tests.factories.counter import order_of, parts, wanted
from tests.simulation.pure_world import PureWorld

_numbers = count(1)


class PureShop:
    """Says what happens in a shop, one act at a time or several together."""

    def __init__(self, *, waits_holding: bool = True) -> None:
        self.world = PureWorld()
        self.owner = self.world.organisation(waits_holding=waits_holding)
        self.buyer = self.world.organisation()
        self.first = self.world.location(self.owner, 0)
        self.second = self.world.location(self.owner, 1)
        self.aside = self.world.location(self.owner, 2, ships_orders=False)
        self.carrots = self.world.variant(self.owner, "carrots")
        self.leeks = self.world.variant(self.owner, "leeks")
        self.air = self.world.variant(self.owner, "air", unlimited=True)
        for kind in ("session", "marketplace"):
            self.world.rights.add((self.owner, self.buyer, kind))

    def together(self, *commands: Command, who: Id | None = None) -> list[object]:
        """Decide commands in one batch."""
        submissions = [
            Submission(each, who or self._who(each), self.world.new_id(), f"k{next(_numbers)}", b"")
            for each in commands
        ]
        return list(self.world.decide(submissions))

    def act(self, command: Command, who: Id | None = None) -> Decision:
        """Decide a command that is accepted."""
        (result,) = self.together(command, who=who)
        assert isinstance(result, Decision), result
        return result

    def refused(self, command: Command, who: Id | None = None) -> Refusal:
        """Decide a command that is refused, and that leaves everything as it was."""
        before = self._written()
        (result,) = self.together(command, who=who)
        assert isinstance(result, Refusal), result
        assert before == self._written()
        return result

    def codes(self, command: Command, who: Id | None = None) -> list[str]:
        """The codes of all faults of a command, the weightiest first."""
        return [fault.code for fault in self.refused(command, who).faults]

    def stock(self, quantity: object, variant: Id | None = None, where: Id | None = None) -> None:
        """Units arrive or, when negative, are corrected away."""
        line = StockLine(variant or self.carrots, Decimal(str(quantity)), where or self.first)
        self.act(AdjustStock((line,)))

    def count(
        self, counted: object, variant: Id | None = None, where: Id | None = None
    ) -> Decision:
        return self.act(
            CountStock(variant or self.carrots, Decimal(str(counted)), None, where or self.first)
        )

    def place(self, *lines: tuple[Id, object], **terms: Any) -> Order:  # noqa: ANN401 - passed on
        """An order that is accepted, as it stands then."""
        order = order_of(*lines, **terms)
        self.act(order)
        return self.order(order.order)

    def change(self, order: Order, *lines: tuple[Id, object]) -> Decision:
        return self.act(ChangeOrder(order.id, wanted(*lines)))

    def pay(self, order: Order, *, succeeded: bool = True) -> Decision:
        return self.act(RecordPayment(order.id, succeeded), order.organisation)

    def cancel(self, order: Order, *lines: tuple[int, object]) -> Decision:
        return self.act(CancelOrder(order.id, parts(*lines) if lines else None), order.organisation)

    def ship(self, order: Order, *lines: tuple[int, object]) -> Decision:
        return self.act(ShipOrder(order.id, parts(*lines) if lines else None), order.organisation)

    def take_back(
        self, order: Order, *lines: tuple[int, object], where: Id | None = None
    ) -> Decision:
        return self.act(ReturnGoods(order.id, parts(*lines), where), order.organisation)

    def order(self, ident: Id) -> Order:
        (found,) = (each for each in self.world.orders.values() if each.id == ident)
        return found

    def held_for(self, order: Order) -> list[LiveHold]:
        """The live holds of an order."""
        kept = self.world.holds.values()
        return [k.hold for k in kept if k.hold.key.order == order.id and k.state == "live"]

    def told(self, order: Order) -> str:
        """An order as it is now, in words: `complete unfulfilled paid: 5 = 3 held + 2 short`."""
        now = self.order(order.id)
        lines = []
        for line in now.lines:
            kept = {
                "held": line.held,
                "shipped": line.shipped,
                "short": line.short,
                "cancelled": line.cancelled,
                "missing": line.missing - line.short,
            }
            words = [
                f"{quantity.normalize():f} {word}" for word, quantity in kept.items() if quantity
            ]
            lines.append(f"{line.quantity.normalize():f} = {' + '.join(words)}")
        standing = f"{now.status} {now.fulfilment_status} {now.payment_status}"
        return f"{standing}: {'; '.join(lines)}"

    def there(self, variant: Id | None = None, where: Id | None = None) -> tuple[str, str]:
        """What is on hand and held of a variant at a location."""
        key = PositionKey(self.owner, variant or self.carrots, where or self.first)
        figures = self.world.positions[key]
        return f"{figures.on_hand.normalize():f}", f"{figures.held.normalize():f}"

    def _written(self) -> object:
        """All there is, but for holds past their limit: a refused batch ends those, too."""
        rows = [row for row in self.world.ledger if row.kind != "expire"]
        return rows, {key: msgspec.to_builtins(o) for key, o in self.world.orders.items()}

    def _who(self, command: Command) -> Id:
        if isinstance(command, PlaceOrder) and command.kind != "own":
            return self.buyer
        if isinstance(command, PlaceDraft | ChangeOrder):
            return self.order(command.order).organisation
        return self.owner
