"""Prices and VAT: unit prices with four places, kept without VAT."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from entrepot.kernel.quantity import ZERO

PRICE_MAX: Final = Decimal("99999999999.9999")
PRICE_PLACES: Final = 4
PRICE_NAMES: Final = ("retail_price", "wholesale_price", "purchase_price")
VAT_RATE_MAX: Final = Decimal(100)
VAT_RATE_PLACES: Final = 2

_PRICE_STEP: Final = Decimal("0.0001")
_WHOLE: Final = Decimal(100)


def is_price(price: Decimal) -> bool:
    """Whether a price is zero or more, not too large, and has at most four places."""
    return price.is_finite() and ZERO <= price <= PRICE_MAX and price == round(price, PRICE_PLACES)


def is_vat_rate(rate: Decimal) -> bool:
    """Whether a rate is a percentage from 0 to 100 with at most two places."""
    return (
        rate.is_finite() and ZERO <= rate <= VAT_RATE_MAX and rate == round(rate, VAT_RATE_PLACES)
    )


def without_vat(price: Decimal, rate: Decimal) -> Decimal:
    """Take VAT of `rate` percent out of a price, rounded half up to four places."""
    return (price * _WHOLE / (_WHOLE + rate)).quantize(_PRICE_STEP, ROUND_HALF_UP)
