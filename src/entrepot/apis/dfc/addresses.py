"""The addresses of things in the DFC door: made here, and read here when they come back.

Open Food Network computes the addresses of catalogue and orders from a product's by replacing
text: a product is `<enterprise>/SuppliedProducts/<one part>` and orders are `<enterprise>/Orders`.
A variant that is sold by the case has two faces: itself, and `<id>-case`. An address of another
host says nothing here.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from entrepot.kernel import ids
from entrepot.kernel.ids import Id

_CASE: Final = "-case"
_SLUG: Final = r"(?P<slug>[a-z0-9-]{1,63})"
_PART: Final = r"[A-Za-z0-9_-]{1,64}"
_PRODUCT: Final = re.compile(
    rf"{_SLUG}/(?:SuppliedProducts|CatalogItems|Offers)/(?P<variant>var_[0-9a-f]{{32}})"
    r"(?P<case>-case)?"
)
# A client that adds a line writes `OrderLines`; ours are `orderLines`.
_ORDER: Final = re.compile(
    rf"{_SLUG}/Orders/(?P<order>{_PART})(?:/[oO]rderLines/(?P<line>[0-9]{{1,9}}))?"
)
_SESSION: Final = re.compile(rf"{_SLUG}/SaleSessions/(?P<session>{_PART})")
_ENTERPRISE: Final = re.compile(_SLUG)


class ProductAddress(NamedTuple):
    """Whose product, which variant, and whether a whole case of it."""

    slug: str
    variant: Id
    is_case: bool


class OrderAddress(NamedTuple):
    """Whose order, its id as in the address, and the number of the line if one is named."""

    slug: str
    order: str
    line: int | None


class SessionAddress(NamedTuple):
    """Whose sales session, and its id as in the address."""

    slug: str
    session: str


class Addresses:
    """Makes and reads addresses below one origin, such as `https://entrepot.example`."""

    def __init__(self, origin: str) -> None:
        """Keep the origin under which the world reaches this server."""
        self._root = origin.rstrip("/") + "/api/dfc/Enterprises/"
        self._place = _place(self._root)

    def enterprise(self, slug: str) -> str:
        return self._root + slug

    def products(self, slug: str) -> str:
        """The address of the catalogue document, from which orders and sessions are computed."""
        return f"{self._root}{slug}/SuppliedProducts"

    def catalogue(self, slug: str) -> str:
        """The address of the one catalogue, as a node of the document."""
        return f"{self._root}{slug}/Catalogs/main"

    def product(self, slug: str, variant: Id, *, is_case: bool = False) -> str:
        return f"{self._root}{slug}/SuppliedProducts/{_face(variant, is_case=is_case)}"

    def item(self, slug: str, variant: Id, *, is_case: bool = False) -> str:
        return f"{self._root}{slug}/CatalogItems/{_face(variant, is_case=is_case)}"

    def offer(self, slug: str, variant: Id, *, is_case: bool = False) -> str:
        return f"{self._root}{slug}/Offers/{_face(variant, is_case=is_case)}"

    def orders(self, slug: str) -> str:
        return f"{self._root}{slug}/Orders"

    def order(self, slug: str, order: str) -> str:
        return f"{self._root}{slug}/Orders/{order}"

    def line(self, slug: str, order: str, number: int) -> str:
        return f"{self._root}{slug}/Orders/{order}/orderLines/{number}"

    def session(self, slug: str, session: str) -> str:
        return f"{self._root}{slug}/SaleSessions/{session}"

    def read_product(self, iri: str) -> ProductAddress | None:
        """The product behind the address of a product, a catalogue item or an offer of ours."""
        found = self._read(_PRODUCT, iri)
        variant = found and ids.from_wire(ids.VARIANT, found["variant"])
        if found is None or variant is None:
            return None
        return ProductAddress(found["slug"], variant, found["case"] is not None)

    def read_order(self, iri: str) -> OrderAddress | None:
        """The order behind its own address or that of one of its lines."""
        found = self._read(_ORDER, iri)
        if found is None:
            return None
        line = found["line"]
        return OrderAddress(found["slug"], found["order"], None if line is None else int(line))

    def read_session(self, iri: str) -> SessionAddress | None:
        """The sales session behind its address; the one that clients make up stands for none."""
        found = self._read(_SESSION, iri)
        return None if found is None else SessionAddress(found["slug"], found["session"])

    def read_enterprise(self, iri: str) -> str | None:
        """The short name of the enterprise behind its address."""
        found = self._read(_ENTERPRISE, iri)
        return None if found is None else found["slug"]

    def _read(self, pattern: re.Pattern[str], iri: str) -> re.Match[str] | None:
        """Match what follows our root; http and https are one, for an origin moves to https."""
        place = _place(iri)
        if not place.startswith(self._place):
            return None
        return pattern.fullmatch(place[len(self._place) :])


def _face(variant: Id, *, is_case: bool) -> str:
    return ids.VARIANT + variant + (_CASE if is_case else "")


def _place(iri: str) -> str:
    """An address without its scheme, its host in lower case; empty when it is not on the web."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        return ""
    return parts.netloc.lower() + parts.path
