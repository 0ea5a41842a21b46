"""Where what has an id is to be seen: the page of a wire id, for the search and for notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from entrepot.kernel import ids

PLACES: Final[Mapping[str, str]] = {
    ids.ALLOCATION: "/allocations",
    ids.INVOICE: "/seller-invoices",
    ids.ORDER: "/orders",
    ids.PARTNERSHIP: "/partnerships",
    ids.PRODUCT: "/products",
    ids.PRODUCT_MATCH: "/matches",
    ids.SALES_SESSION: "/sales-sessions",
    ids.SETTLEMENT: "/settlements",
    ids.SUPPLIER: "/suppliers",
    ids.VARIANT: "/variants",
}
"""The place of each kind of thing that has pages, by the prefix of its ids."""


def address_of(wire_id: str) -> str | None:
    """The page of a wire id, whether there is such a thing or not; None for ids without pages."""
    for prefix, place in PLACES.items():
        if ids.from_wire(prefix, wire_id) is not None:
            return f"{place}/{wire_id}"
    return None
