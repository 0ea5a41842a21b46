"""The words of the standard: prefixes, states, units and currencies, to and from ours.

Terms have stood under several addresses since 2022, and drafts use more. They are told apart by
their last part alone, without regard to case, once the address is known to be the consortium's.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

OrderStatus: TypeAlias = Literal["draft", "held", "complete", "cancelled"]
FulfilmentStatus: TypeAlias = Literal["held", "unfulfilled", "fulfilled", "cancelled"]
PaymentStatus: TypeAlias = Literal["unpaid", "paid", "cancelled"]

ORDER_STATUSES: Final[Mapping[str, OrderStatus]] = MappingProxyType(
    {"draft": "draft", "held": "held", "complete": "complete", "cancelled": "cancelled"}
)
FULFILMENT_STATUSES: Final[Mapping[str, FulfilmentStatus]] = MappingProxyType(
    {
        "held": "held",
        "unfulfilled": "unfulfilled",
        "fulfilled": "fulfilled",
        "cancelled": "cancelled",
    }
)
PAYMENT_STATUSES: Final[Mapping[str, PaymentStatus]] = MappingProxyType(
    {"unpaid": "unpaid", "paid": "paid", "cancelled": "cancelled"}
)

# What our own statuses are in the standard, which knows fewer.
ORDER_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft": "dfc-v:Draft",
        "held": "dfc-v:Held",
        "complete": "dfc-v:Complete",
        "cancelled": "dfc-v:Cancelled",
    }
)
FULFILMENT_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held": "dfc-v:Held",
        "unfulfilled": "dfc-v:Unfulfilled",
        "partly_fulfilled": "dfc-v:Unfulfilled",
        "fulfilled": "dfc-v:Fulfilled",
        "cancelled": "dfc-v:Cancelled",
    }
)
PAYMENT_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unpaid": "dfc-v:Unpaid",
        "paid": "dfc-v:Paid",
        "refunded": "dfc-v:Cancelled",
        "cancelled": "dfc-v:Cancelled",
    }
)

# A prefix counts as well: it stays as it is where a document names no context.
_OURS: Final = re.compile(
    r"""
    https?://(?:
        github\.com/datafoodconsortium/
        | (?:www\.|static\.)?datafoodconsortium\.org/
        | (?:www\.)?w3id\.org/dfc/
    )
    | dfc(?:-[a-z]+)?:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LAST: Final = re.compile(r"[^#/:]*\Z")

_CURRENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EUR": "Euro",
        "GBP": "PoundSterling",
        "USD": "USDollar",
        "CAD": "CanadianDollar",
        "AUD": "AustralianDollar",
    }
)
_CURRENCY_OF: Final = {term.lower(): code for code, term in _CURRENCIES.items()}
SYMBOLS: Final[Mapping[str, str]] = MappingProxyType({"£": "GBP", "€": "EUR", "$": "USD"})

# Our units are people's own words; the first of each row is the one that a measure is read as.
_UNITS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Kilogram": ("kg", "kilo", "kilogram", "kilograms"),
        "Gram": ("g", "gr", "gram", "grams"),
        "Tonne": ("t", "ton", "tonne", "tonnes"),
        "Litre": ("l", "liter", "litre", "litres"),
        "Millilitre": ("ml", "milliliter", "millilitre"),
        "Piece": ("piece", "pieces", "pc", "pcs", "each", "unit", "stuk", "stuks", "st"),
        "Package": ("package", "pak"),
        "Packet": ("packet", "pakje"),
        "Box": ("box", "doos"),
        "Crate": ("crate", "krat", "kist"),
        "Carton": ("carton", "karton"),
        "Tray": ("tray",),
        "Pallet": ("pallet",),
        "Bag": ("bag", "zak"),
        "Bunch": ("bunch", "bos"),
        "Bottle": ("bottle", "fles"),
        "Jar": ("jar", "pot"),
        "Pair": ("pair", "paar"),
        "Dozen": ("dozen", "dozijn"),
        "HalfDozen": ("half dozen",),
        "4Pack": ("4-pack",),
        "6Pack": ("6-pack",),
    }
)
_MEASURE_OF: Final = {word: term for term, words in _UNITS.items() for word in words}
_UNIT_OF: Final = {term.lower(): words[0] for term, words in _UNITS.items()}


@lru_cache(maxsize=1024)
def term(iri: str) -> str | None:
    """The last part of a term of the consortium's, in lower case; None for anybody else's."""
    return last_part(iri) if _OURS.match(iri) else None


@lru_cache(maxsize=1024)
def last_part(text: str) -> str:
    """What follows the last `#`, `/` or `:`, in lower case: a concept is known by it."""
    found = _LAST.search(text)
    return found[0].lower() if found else ""


def currency_term(code: str) -> str | None:
    """Our currency as a measure, such as `dfc-m:Euro`; None for those the standard lacks."""
    found = _CURRENCIES.get(code)
    return None if found is None else "dfc-m:" + found


def currency_of(text: str) -> str | None:
    """The currency that a measure names, as in ISO 4217."""
    return _CURRENCY_OF.get(last_part(text))


def unit_term(unit: str) -> str:
    """Our unit as a measure, such as `dfc-m:Kilogram`; what the standard lacks is a piece."""
    return "dfc-m:" + _MEASURE_OF.get(unit.strip().lower(), "Piece")


def unit_of(text: str) -> str | None:
    """The unit that a measure names, as our catalogue writes it."""
    return _UNIT_OF.get(last_part(text))
