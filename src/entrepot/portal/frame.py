"""What stands around every page: where one can go, who one is, and what was just done."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from entrepot.kernel.caller import Scope
from entrepot.orders import Side
from entrepot.portal.routes import Guest
from entrepot.portal.words import Words


class Place(msgspec.Struct, frozen=True):
    """Somewhere to go: its address, its name as shown, and whether one is there."""

    address: str
    name: str
    is_here: bool


def _(text: str) -> str:
    """Mark a text for translation; it is translated where it is shown."""
    return text


class Main(NamedTuple):
    """A main place: the scope that it needs, and for which sides of marketplaces it is (all)."""

    address: str
    name: str
    scope: Scope | None
    sides: frozenset[Side] | None = None

    def is_for(self, guest: Guest) -> bool:
        """Whether a person may go there and has anything to look for there."""
        may = self.scope is None or guest.may(self.scope)
        return may and (self.sides is None or bool(self.sides & guest.sides))


PLACES: Final[tuple[Main, ...]] = (
    Main("/", _("Home"), None),
    Main("/orders", _("Orders"), Scope.ORDERS_READ),
    Main("/sales-sessions", _("Sales sessions"), Scope.ORDERS_READ),
    Main("/session-orders", _("Session orders"), Scope.ORDERS_READ),
    Main(
        "/marketplace-orders",
        _("Marketplace orders"),
        Scope.MARKETPLACE_READ,
        frozenset({"marketplace"}),
    ),
    Main(
        "/seller-invoices",
        _("Seller invoices"),
        Scope.MARKETPLACE_READ,
        frozenset({"marketplace", "seller"}),
    ),
    Main("/products", _("Products and stock"), Scope.CATALOGUE_READ),
    Main("/retailers", _("My retailers"), Scope.PARTNERSHIPS_READ),
    Main("/wholesalers", _("My wholesalers"), Scope.PARTNERSHIPS_READ),
    Main("/settlements", _("Settlement"), Scope.SETTLEMENT_READ),
    Main("/notices", _("Notices"), Scope.ORDERS_READ),
)
"""The main places, in the order in which they stand."""


def places_for(guest: Guest, words: Words, path: str) -> list[Place]:
    """The main places that a person may see, the one where they are marked."""
    return [
        Place(each.address, words(each.name), _is_here(each.address, path))
        for each in PLACES
        if each.is_for(guest)
    ]


def _is_here(address: str, path: str) -> bool:
    """Whether a page belongs to a place: home is itself alone."""
    return path == address or (address != "/" and path.startswith(f"{address}/"))
