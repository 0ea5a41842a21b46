"""Currencies: how many decimals the minor unit of each has (ISO 4217)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MINOR_DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
        **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)
"""Decimals of a currency's minor unit; every other currency has two."""


def minor_digits_of(currency: str) -> int:
    """How many decimals a currency's minor unit has."""
    return MINOR_DIGITS.get(currency, 2)
