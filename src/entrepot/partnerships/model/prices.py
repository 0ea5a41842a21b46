"""Rules of price lists: what a retailer pays for a unit of the wholesaler's, and from when on.

The price that holds is the view `agreed_prices`: the fixed price, else the percentage of the
wholesale price. A transfer keeps the price that held when it was made (fulfilment reference, E34,
E35), so a price is never set for a time that has passed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault
from entrepot.partnerships import errors

PRICES_MAX: Final = 1_000
"""Fixed prices that are set at once, at most."""
PRICE_MAX: Final = Decimal("99999999999.9999")
PRICE_PLACES: Final = 4

PriceBasis: TypeAlias = Literal["fixed", "percentage"]
"""Why a price holds: it was agreed as such, or it follows the wholesale price."""


class NewFixedPrice(msgspec.Struct, frozen=True):
    """A fixed price to set, ex VAT, a unit of the wholesaler's variant; its id as inside Entrepot.

    It holds from `valid_from` on, None for now, until a later one. A price of None ends the fixed
    price: from then on the percentage decides.
    """

    variant: Id
    unit_price: Decimal | None
    valid_from: datetime | None = None


class FixedPrice(msgspec.Struct, frozen=True):
    """A fixed price that was set."""

    variant: str
    unit_price: str | None
    valid_from: datetime


class FixedPricesSet(msgspec.Struct, frozen=True):
    """The fixed prices that were set in a partnership, in the order given."""

    partnership: str
    currency: str
    prices: tuple[FixedPrice, ...]


class AgreedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a retailer pays now for a unit of a wholesaler's variant, ex VAT, and why.

    Without a price, `unit_price` and `basis` are None: goods may pass, and their lines are flagged.
    `valid_from` is since when a fixed price holds. `next_from` is when the next fixed price begins,
    `next_price` what it is (None there: the percentage again).
    """

    variant: str
    sku: str
    name: str
    gtin: str | None
    unit: str
    state: str
    unit_price: str | None
    basis: PriceBasis | None
    valid_from: datetime | None
    next_price: str | None
    next_from: datetime | None
    vat_rate: str | None
    currency: str


class PriceFilter(msgspec.Struct, frozen=True):
    """Which of the wholesaler's variants to read prices of: all that is given must fit.

    A GTIN is the same with or without zeros before it; `name` is looked for anywhere in the name,
    whatever its capitals.
    """

    variant: Id | None = None
    sku: str | None = None
    gtin: str | None = None
    name: str | None = None


def price_faults(prices: Sequence[NewFixedPrice], now: datetime) -> Iterator[Fault]:
    """Name what is wrong with fixed prices, by the path of each field, but for unknown variants."""
    if not 1 <= len(prices) <= PRICES_MAX:
        yield Fault(
            errors.PRICES_NOT_VALID,
            f"Set from 1 to {PRICES_MAX} prices at once.",
            "prices",
            {"count": len(prices)},
        )
        return
    seen: set[tuple[Id, datetime]] = set()
    for place, price in enumerate(prices):
        path = f"prices[{place}]."
        if price.unit_price is not None and not _is_price(price.unit_price):
            yield Fault(
                errors.PRICE_NOT_VALID,
                f"A price is 0 to {PRICE_MAX}, with at most {PRICE_PLACES} decimals.",
                f"{path}unit_price",
                {"unit_price": str(price.unit_price)},
            )
        if price.valid_from is not None and price.valid_from < now:
            yield Fault(
                errors.PRICE_IN_THE_PAST,
                "A price holds from now on or from later; what passed keeps its price.",
                f"{path}valid_from",
                {"valid_from": price.valid_from.isoformat()},
            )
        key = (price.variant, price.valid_from or now)
        if price.variant and key in seen:
            yield Fault(
                errors.PRICE_GIVEN_TWICE,
                "This variant has another price from the same moment here. Leave one out.",
                f"{path}variant",
                {"variant": ids.VARIANT + price.variant},
            )
        seen.add(key)


def unknown_variant_faults(
    prices: Sequence[NewFixedPrice], known: set[Id], unknown_variant: str
) -> Iterator[Fault]:
    """Name the prices of variants that the wholesaler does not have."""
    for place, price in enumerate(prices):
        if price.variant not in known:
            yield Fault(
                unknown_variant,
                "You have no such variant. Check its id.",
                f"prices[{place}].variant",
                {"variant": ids.VARIANT + price.variant} if price.variant else {},
            )


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and 0 <= price <= PRICE_MAX and price == round(price, PRICE_PLACES)
