"""Addresses of buyers, and the countries and states that they are in."""

import hashlib
from typing import Any, Final, NamedTuple

from babel import Locale

from entrepot.apis.graphql.connections import Connection, part_of
from entrepot.apis.graphql.ids import ADDRESS, COUNTRY, STATE, write_id
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.orders import Address, ShownInvoice, ShownMarketplaceOrder

_TERRITORIES: Final = Locale("en").territories
_LETTERS: Final = 26
_A: Final = ord("A")
_KINDS: Final = 4
"""Addresses that one number stands for: of an order or an invoice, for the goods or the bill."""
_OF_INVOICE: Final = 2
_OF_BILL: Final = 1
_STATE_BITS: Final = 48


class Country(NamedTuple):
    """A country, by its two capital letters."""

    code: str

    @property
    def number(self) -> int:
        """A number that stands for the letters: 1 for AA."""
        first, second = (ord(letter) - _A for letter in self.code)
        return first * _LETTERS + second + 1

    @property
    def name(self) -> str:
        """What it is called in English."""
        name: str = _TERRITORIES.get(self.code, self.code)
        return name


class State(NamedTuple):
    """A part of a country, as an address says it."""

    country: Country
    name: str
    short: str

    @property
    def number(self) -> int:
        """A number that stands for what it is called."""
        digest = hashlib.sha256(f"{self.country.code}/{self.name}".encode()).digest()
        return int.from_bytes(digest) >> (len(digest) * 8 - _STATE_BITS)


class WrittenAddress(NamedTuple):
    """An address on an order or an invoice, with a number of its own."""

    number: int
    address: Address
    country: Country


_KNOWN: Final = {
    "AU": {
        "ACT": "Australian Capital Territory",
        "NSW": "New South Wales",
        "NT": "Northern Territory",
        "QLD": "Queensland",
        "SA": "South Australia",
        "TAS": "Tasmania",
        "VIC": "Victoria",
        "WA": "Western Australia",
    }
}
"""States whose short names are known, by country."""
STATES: Final = {
    state.number: state
    for code, names in _KNOWN.items()
    for state in [State(Country(code), name, short) for short, name in names.items()]
}
"""States by their numbers."""


def country_numbered(number: int) -> Country | None:
    """The country that a number stands for, if it is one that has a name."""
    first, second = divmod(number - 1, _LETTERS)
    if not 0 <= first < _LETTERS:
        return None
    code = chr(_A + first) + chr(_A + second)
    return Country(code) if code in _TERRITORIES else None


def goods_address(owner: ShownInvoice | ShownMarketplaceOrder) -> WrittenAddress | None:
    """Where the goods go."""
    return _written(owner, owner.buyer.address, 0)


def bill_address(owner: ShownInvoice | ShownMarketplaceOrder) -> WrittenAddress | None:
    """Where the bill goes."""
    return _written(owner, owner.buyer.billing_address, _OF_BILL)


def address_number(number: int) -> tuple[int, bool, bool]:
    """What an address's number says: of which object, whether an invoice, whether of the bill."""
    owner, kind = divmod(number, _KINDS)
    return owner, bool(kind & _OF_INVOICE), bool(kind & _OF_BILL)


def _written(
    owner: ShownInvoice | ShownMarketplaceOrder, address: Address | None, kind: int
) -> WrittenAddress | None:
    """An address as an owner has it: a seller is not told the order's number, so the invoice's."""
    if address is None or address.country is None:
        return None
    kind |= _OF_INVOICE if isinstance(owner, ShownInvoice) else 0
    return WrittenAddress(owner.legacy_id * _KINDS + kind, address, Country(address.country))


def _state(written: WrittenAddress, _: Info) -> State | None:
    said = written.address.state
    if not said:
        return None
    short_names = _KNOWN.get(written.country.code, {})
    short = said.upper() if said.upper() in short_names else None
    for known, name in short_names.items():
        if name.lower() == said.lower():
            short = known
    if short is None:
        return State(written.country, said, said)
    return State(written.country, short_names[short], short)


def _full_address(written: WrittenAddress, _: Info) -> str:
    address = written.address
    town = " ".join(part for part in (address.city, address.state, address.postcode) if part)
    parts = (address.address, address.subaddress, town, written.country.name)
    return ", ".join(part for part in parts if part)


def _states(
    country: Country,
    _: Info,
    **arguments: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    rows = [state for state in STATES.values() if state.country == country]

    async def count() -> int:
        return len(rows)

    return part_of(rows, arguments, count)


FIELDS: Final[Resolvers] = {
    "id": lambda written, _: write_id(ADDRESS, written.number),
    "address": lambda written, _: written.address.address or "",
    "city": lambda written, _: written.address.city or "",
    "country": lambda written, _: written.country,
    "fullAddress": _full_address,
    "postcode": lambda written, _: written.address.postcode or "",
    "state": _state,
    "subaddress": lambda written, _: written.address.subaddress,
}
"""Address."""

COUNTRY_FIELDS: Final[Resolvers] = {
    "id": lambda country, _: write_id(COUNTRY, country.number),
    "code": lambda country, _: country.code,
    "name": lambda country, _: country.name,
    "states": _states,
    "taxInclusive": lambda *_: False,
}
"""Country."""

STATE_FIELDS: Final[Resolvers] = {
    "id": lambda state, _: write_id(STATE, state.number),
    "country": lambda state, _: state.country,
    "name": lambda state, _: state.name,
    "short": lambda state, _: state.short,
    "slug": lambda state, _: state.name.lower().replace(" ", "-"),
}
"""State."""
