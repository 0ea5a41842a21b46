"""Quantities: exact decimals with at most three places and twelve digits before the point."""

from decimal import Decimal
from functools import lru_cache
from typing import Final

ZERO: Final = Decimal(0)
QUANTITY_MAX: Final = Decimal("999999999999.999")
PLACES: Final = 3


@lru_cache(maxsize=8192)
def is_too_precise(quantity: Decimal) -> bool:
    """Whether a finite quantity has more than three decimal places."""
    exponent = quantity.as_tuple().exponent
    if not isinstance(exponent, int):
        return True
    return exponent < -PLACES and quantity != round(quantity, PLACES)


@lru_cache(maxsize=8192)
def quantity_text(quantity: Decimal) -> str:
    """Write a quantity as people do: no exponent, no trailing zeros (`2.500` becomes `2.5`)."""
    text = format(quantity, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
