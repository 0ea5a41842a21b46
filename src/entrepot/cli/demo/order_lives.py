"""What becomes of an order, as the steps of its life: from paid and shipped at once to returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from entrepot.cli.demo.customers import market_of
from entrepot.cli.demo.dice import Dice
from entrepot.cli.demo.steps import UNKNOWN, ActOnInvoices, ActOnOrder, Step
from entrepot.orders import (
    CancelOrder,
    ChangeOrder,
    LineQuantity,
    OrderKind,
    PlaceDraft,
    PlaceOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    WantedLine,
)

CHECKOUT_MINUTES: Final = 30
BASKET_MINUTES: Final = 7 * 24 * 60
INVOICE_MINUTES: Final = 30 * 24 * 60


class Incoming(NamedTuple):
    """An order that comes in; `next_shipment` says when goods leave after a moment."""

    buyer: str
    reference: str
    kind: OrderKind
    lines: tuple[WantedLine, ...]
    dice: Dice
    next_shipment: Callable[[datetime], datetime]

    def placed(
        self,
        at: datetime,
        *,
        paid: bool = False,
        draft: bool = False,
        minutes: int = CHECKOUT_MINUTES,
    ) -> Step:
        """The step that places it, refused where goods are short, which they are not."""
        is_marketplace = self.kind == "marketplace"
        order = PlaceOrder(
            UNKNOWN,
            self.reference,
            self.kind,
            "refuse_short",
            self.lines,
            paid=paid,
            draft=draft,
            hold_minutes=minutes,
            market=market_of(self.reference, len(self.lines)) if is_marketplace else None,
        )
        return Step(at, self.buyer, order, self.reference)

    def then(self, at: datetime, act: ActOnOrder | ActOnInvoices) -> Step:
        """A later step on it."""
        return Step(at, self.buyer, act, self.reference)

    def shipped(self, after: datetime) -> Step:
        """The step by which all that it holds leaves."""
        return self.then(self.next_shipment(after), ShipOrder(UNKNOWN))

    def share(self, line: int) -> LineQuantity:
        """All of one line, by its number."""
        return LineQuantity(line, self.lines[line - 1].quantity)


Fate: TypeAlias = Callable[[Incoming, datetime], list[Step]]


def usual(order: Incoming, at: datetime) -> list[Step]:
    """Paid at once, and shipped with the next goods that leave."""
    return [order.placed(at, paid=True), order.shipped(at)]


def basket(order: Incoming, at: datetime) -> list[Step]:
    """Held for a week; every second one has been paid."""
    placed = order.placed(at, minutes=BASKET_MINUTES)
    if order.dice.falls(50):
        return [placed]
    return [
        placed,
        order.then(_minutes(order, at, 60, 600), RecordPayment(UNKNOWN, succeeded=True)),
    ]


def _invoiced(order: Incoming, at: datetime) -> list[Step]:
    paid_at = _minutes(order, at, 24 * 60, 12 * 24 * 60)
    return [
        order.placed(at, minutes=INVOICE_MINUTES),
        order.then(paid_at, RecordPayment(UNKNOWN, succeeded=True)),
        order.shipped(paid_at),
    ]


def _abandoned(order: Incoming, at: datetime) -> list[Step]:
    past = at + timedelta(minutes=CHECKOUT_MINUTES + 1)
    return [order.placed(at), Step(past, order.buyer, None)]


def _failed(order: Incoming, at: datetime) -> list[Step]:
    return [
        order.placed(at),
        order.then(_minutes(order, at, 2, 9), RecordPayment(UNKNOWN, succeeded=False)),
    ]


def _cancelled(order: Incoming, at: datetime) -> list[Step]:
    return [
        order.placed(at, paid=True),
        order.then(_before_leaving(order, at), CancelOrder(UNKNOWN)),
    ]


def _trimmed(order: Incoming, at: datetime) -> list[Step]:
    if len(order.lines) == 1:
        return usual(order, at)
    gone = CancelOrder(UNKNOWN, (order.share(1),))
    return [
        order.placed(at, paid=True),
        order.then(_before_leaving(order, at), gone),
        order.shipped(at),
    ]


def _in_parts(order: Incoming, at: datetime) -> list[Step]:
    if len(order.lines) == 1:
        return usual(order, at)
    first = order.then(order.next_shipment(at), ShipOrder(UNKNOWN, (order.share(1),)))
    days = order.dice.between(1, 5)
    return [
        order.placed(at, paid=True),
        first,
        order.shipped(first.at + timedelta(days=days)),
    ]


def _returned(order: Incoming, at: datetime) -> list[Step]:
    shipped = order.shipped(at)
    back = min(Decimal(1), order.lines[0].quantity)
    returned = ReturnGoods(UNKNOWN, (LineQuantity(1, back),))
    later = _minutes(order, shipped.at, 2 * 24 * 60, 6 * 24 * 60)
    return [order.placed(at, paid=True), shipped, order.then(later, returned)]


def _drafted(order: Incoming, at: datetime) -> list[Step]:
    placed_at = _minutes(order, at, 30, 3 * 24 * 60)
    return [
        order.placed(at, draft=True),
        order.then(placed_at, PlaceDraft(UNKNOWN, paid=True)),
        order.shipped(placed_at),
    ]


def _changed(order: Incoming, at: datetime) -> list[Step]:
    lines = order.lines[1:] or order.lines
    changed_at = _before_leaving(order, at)
    return [
        order.placed(at, paid=True),
        order.then(changed_at, ChangeOrder(UNKNOWN, lines)),
        order.shipped(changed_at),
    ]


FATES: Mapping[str, Fate] = MappingProxyType(
    {
        "invoiced": _invoiced,
        "abandoned": _abandoned,
        "failed": _failed,
        "cancelled": _cancelled,
        "trimmed": _trimmed,
        "in_parts": _in_parts,
        "returned": _returned,
        "drafted": _drafted,
        "changed": _changed,
    }
)
"""By the names of `Fates`."""


def _minutes(order: Incoming, at: datetime, least: int, most: int) -> datetime:
    """Some minutes later."""
    return at + timedelta(minutes=order.dice.between(least, most))


def _before_leaving(order: Incoming, at: datetime) -> datetime:
    """Some moment before the goods leave: half of the time until then."""
    return at + (order.next_shipment(at) - at) / 2
