"""Sales sessions in a world of their own: what the batch reads of them, and what it has counted.

What a session's products hold is summed anew from the live holds each time; nothing is remembered,
so that a batch which counts wrongly disagrees with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

import msgspec

from entrepot.kernel.demand import LiveHold
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model import (
    Facts,
    GatherOrders,
    Order,
    Submission,
    Window,
    WindowProduct,
    windows_of,
)

OrderKey: TypeAlias = tuple[Id, Id]
WindowKey: TypeAlias = tuple[Id, Id]
Held: TypeAlias = dict[tuple[WindowKey, Id], Decimal]


@dataclass
class PureSessions:
    """The windows there are, by (trader, session)."""

    windows: dict[WindowKey, Window] = field(default_factory=dict)

    def set_state(self, key: WindowKey, state: str) -> None:
        """A session closes, or is complete."""
        self.windows[key] = msgspec.structs.replace(self.windows[key], state=state)

    def limit(self, key: WindowKey, variant: Id) -> Decimal | None:
        """How much of a product a session's customers may hold together."""
        return self.windows[key].products[variant].quantity_max

    def session_orders(
        self, submissions: Iterable[Submission], orders: Mapping[OrderKey, Order]
    ) -> set[OrderKey]:
        """The session orders that a batch locks with the sessions that it has alone."""
        windows, alone = windows_of(submissions)
        return {
            key
            for key, order in orders.items()
            if alone and order.producer is not None and _window(order) in windows
        }

    def tell(
        self,
        facts: Facts,
        submissions: Sequence[Submission],
        orders: Mapping[OrderKey, Order],
        live: Iterable[LiveHold],
    ) -> None:
        """Add to the facts what the batch reads of sessions, once expired holds were ended."""
        due = facts.now
        kept = [hold for hold in live if hold.expires_at is None or hold.expires_at > due]
        held = held_by_customers(orders, kept)
        for key, window in self.windows.items():
            products = {
                variant: WindowProduct(
                    each.quantity_max,
                    each.unit_price,
                    each.purchase_price,
                    held.get((key, variant), ZERO),
                )
                for variant, each in window.products.items()
            }
            facts.windows[key] = msgspec.structs.replace(window, products=products)
        facts.session_orders = {
            (order.organisation, order.window, order.producer): order.id
            for key, order in orders.items()
            if order.window is not None
            and order.producer is not None
            and order.status != "cancelled"
            and key in facts.orders
        }
        for each in submissions:
            command = each.command
            if isinstance(command, GatherOrders):
                place = (each.organisation, command.window)
                if any(
                    _window(order) == place
                    and order.producer is None
                    and order.status == "held"
                    and not order.is_past_limit(facts.now)
                    and order.id not in command.orders
                    for order in orders.values()
                ):
                    facts.unfinished.add(place)

    def compare(
        self, facts: Facts, orders: Mapping[OrderKey, Order], live: Iterable[LiveHold]
    ) -> None:
        """What the batch counted as held by sessions is the sum of what their customers hold."""
        held = held_by_customers(orders, live)
        for key, window in facts.windows.items():
            for variant, product in window.products.items():
                assert product.held == held.get((key, variant), ZERO), (key, variant)


def held_by_customers(orders: Mapping[OrderKey, Order], live: Iterable[LiveHold]) -> Held:
    """What customers' orders of each session hold of each variant."""
    held: Held = {}
    for hold in live:
        order = orders.get((hold.organisation, hold.key.order))
        window = None if order is None else _window(order)
        if window is not None and order is not None and order.producer is None:
            place = (window, hold.position.variant)
            held[place] = held.get(place, ZERO) + hold.quantity
    return held


def _window(order: Order) -> WindowKey | None:
    return None if order.window is None else (order.organisation, order.window)
