"""What stands around every page: where one can go, who one is, and what was just done."""

from __future__ import annotations

from typing import Final

import msgspec

from entrepot.kernel.caller import Scope
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


PLACES: Final[tuple[tuple[str, str, Scope | None], ...]] = (
    ("/", _("Home"), None),
    ("/orders", _("Orders"), Scope.ORDERS_READ),
    ("/sales-sessions", _("Sales sessions"), Scope.ORDERS_READ),
    ("/session-orders", _("Session orders"), Scope.ORDERS_READ),
    ("/products", _("Products and stock"), Scope.CATALOGUE_READ),
    ("/retailers", _("My retailers"), Scope.PARTNERSHIPS_READ),
    ("/wholesalers", _("My wholesalers"), Scope.PARTNERSHIPS_READ),
    ("/settlements", _("Settlement"), Scope.SETTLEMENT_READ),
    ("/notices", _("Notices"), Scope.ORDERS_READ),
)
"""The main places, and the scope that each needs."""


def places_for(guest: Guest, words: Words, path: str) -> list[Place]:
    """The main places that a person may see, the one where they are marked."""
    return [
        Place(address, words(name), _is_here(address, path))
        for address, name, scope in PLACES
        if scope is None or guest.may(scope)
    ]


def _is_here(address: str, path: str) -> bool:
    """Whether a page belongs to a place: home is itself alone."""
    return path == address or (address != "/" and path.startswith(f"{address}/"))
