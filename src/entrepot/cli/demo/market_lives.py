"""What becomes of a marketplace order: sellers ship their invoices, or money goes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from entrepot.cli.demo.order_lives import Fate, Incoming
from entrepot.cli.demo.steps import PayBack, ShipInvoices, Step


def sent_by_sellers(order: Incoming, at: datetime) -> list[Step]:
    """Paid at once; each seller ships its invoice with the next goods that leave."""
    return [order.placed(at, paid=True), _shipped(order, at)]


def _cancelled(order: Incoming, at: datetime) -> list[Step]:
    """The customer changes their mind before the first invoice leaves, and is paid back."""
    asked_at = at + (order.next_shipment(at) - at) / 2
    return [
        order.placed(at, paid=True),
        order.then(asked_at, PayBack(is_return=False, reason="changed their mind")),
        _shipped(order, asked_at),
    ]


def _in_parts(order: Incoming, at: datetime) -> list[Step]:
    """One unit of each line leaves, the rest some days later."""
    first = order.then(order.next_shipment(at), ShipInvoices(at_most=Decimal(1)))
    days = order.dice.between(1, 4)
    return [order.placed(at, paid=True), first, _shipped(order, first.at + timedelta(days=days))]


def _returned(order: Incoming, at: datetime) -> list[Step]:
    """A unit comes back; most customers do not have the money yet."""
    shipped = _shipped(order, at)
    later = shipped.at + timedelta(minutes=order.dice.between(2 * 24 * 60, 6 * 24 * 60))
    is_paid = order.dice.falls(40)
    back = PayBack(is_return=True, reason="not as expected", is_paid=is_paid)
    return [order.placed(at, paid=True), shipped, order.then(later, back)]


MARKET_FATES: Final[Mapping[str, Fate]] = MappingProxyType(
    {"cancelled": _cancelled, "in_parts": _in_parts, "returned": _returned}
)
"""By the names of `Fates`; others are no marketplace order's."""


def _shipped(order: Incoming, after: datetime) -> Step:
    """The step by which all that is left to ship leaves."""
    return order.then(order.next_shipment(after), ShipInvoices())
