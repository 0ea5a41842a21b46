"""Ids on the wire of this door: base64, with its padding, of a type's name, a hyphen and a number.

Clients are told not to look inside, and some make them all the same, so they stay what they are.
The number is an object's legacy id. Sellers have none yet: theirs is their id read as a number.
"""

import base64
import binascii
from typing import Final, NamedTuple

from entrepot.kernel.ids import Id

ADVERT: Final = "Advert"
INVENTORY: Final = "Inventory"
SELLER: Final = "Seller"
VARIANT: Final = "Variant"

INT_MAX: Final = 2**31 - 1
"""The highest whole number that GraphQL's Int holds."""
_LENGTH_MAX: Final = 200
_ID_NUMBERS: Final = 1 << 128


class Named(NamedTuple):
    """What an id names: a type, and the number of one of them."""

    kind: str
    number: int


def write_id(kind: str, number: int) -> str:
    """Write the id of an object."""
    return base64.b64encode(f"{kind}-{number}".encode("ascii")).decode("ascii")


def read_id(text: str) -> Named | None:
    """Read an id; None when it is none."""
    try:
        raw = base64.b64decode(text[:_LENGTH_MAX], validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    kind, _, digits = raw.partition("-")
    if not kind.isalnum() or not digits.isdigit() or len(digits) > _LENGTH_MAX:
        return None
    number = int(digits)
    return Named(kind, number) if write_id(kind, number) == text else None


def number_in(text: str, kind: str) -> int | None:
    """The number in an id of this type, which a legacy id can be; else None."""
    named = read_id(text)
    if named is None or named.kind != kind or named.number > INT_MAX:
        return None
    return named.number


def write_seller_id(seller: Id) -> str:
    """Write the id of a seller."""
    return write_id(SELLER, int(seller, 16))


def seller_in(text: str) -> Id | None:
    """The seller that an id names; None when it names none."""
    named = read_id(text)
    if named is None or named.kind != SELLER or named.number >= _ID_NUMBERS:
        return None
    return f"{named.number:032x}"
