"""Prices as clients of marketplaces read them: as text, in minor units, and written for people."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TypeAlias

from babel.numbers import format_currency, get_currency_precision
from graphql import GraphQLError

from entrepot.apis.graphql.ids import INT_MAX
from entrepot.apis.graphql.resolving import Info, Resolver, Resolvers
from entrepot.apis.graphql.scalars import write_decimal

Price: TypeAlias = Callable[[Any], Decimal | None]
"""Finds a price in a row; the row says its currency."""
Amount: TypeAlias = Callable[[Any], int | None]
"""Finds an amount in minor units in a row; the row says its currency and its minor digits."""

_LOCALE: Final = "en_US"


def minor_units(price: Decimal, currency: str) -> int | None:
    """A price in whole minor units, halves away from zero; None where GraphQL's Int is too small.

    2.505 EUR is 251. The catalogue has four places, so this is what one unit costs about.
    """
    digits = get_currency_precision(currency)
    amount = int((price * 10**digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return amount if amount <= INT_MAX else None


def formatted(price: Decimal, currency: str, wanted: str | None) -> str:
    """A price as people read it: €10.00. Other currencies than its own are not known here."""
    if wanted is not None and wanted.upper() != currency:
        raise GraphQLError(f"Prices here are in {currency}; none is converted.")
    return format_currency(price, currency, locale=_LOCALE)


def as_text(price: Price) -> Resolver:
    """A resolver that answers a price as text."""

    def resolve(row: Any, _: Info) -> str | None:  # noqa: ANN401 - a row with prices
        found = price(row)
        return None if found is None else write_decimal(found)

    return resolve


def as_decimal(price: Price) -> Resolver:
    """A resolver that answers a price as an exact number."""

    def resolve(row: Any, _: Info) -> Decimal | None:  # noqa: ANN401 - as above
        return price(row)

    return resolve


def as_minor_units(price: Price) -> Resolver:
    """A resolver that answers a price in minor units."""

    def resolve(row: Any, info: Info) -> int | None:  # noqa: ANN401 - as above
        found = price(row)
        if found is None:
            return None
        amount = minor_units(found, row.currency)
        if amount is None:
            raise GraphQLError(f"{info.field_name} does not fit a whole number of GraphQL.")
        return amount

    return resolve


def as_formatted(price: Price) -> Resolver:
    """A resolver that answers a price as people read it."""

    def resolve(
        row: Any,  # noqa: ANN401 - as above
        _: Info,
        currency: str | None = None,
    ) -> str | None:
        found = price(row)
        return None if found is None else formatted(found, row.currency, currency)

    return resolve


def cents(name: str, amount: Amount) -> Resolvers:
    """The resolvers of an amount that is whole minor units, and of its twin for people."""

    def as_cents(row: Any, _: Info) -> int | None:  # noqa: ANN401 - as above
        return amount(row)

    def as_words(
        row: Any,  # noqa: ANN401 - as above
        _: Info,
        currency: str | None = None,
    ) -> str | None:
        found = amount(row)
        if found is None:
            return None
        return formatted(whole_units(found, row.minor_digits), row.currency, currency)

    return {f"{name}Cents": as_cents, f"{name}Formatted": as_words}


def whole_units(amount: int, minor_digits: int) -> Decimal:
    """Minor units in whole units of their currency: 1050 cents are 10.50."""
    return Decimal(amount).scaleb(-minor_digits)


def as_number(amount: Amount) -> Resolver:
    """A resolver that answers an amount in whole units, as GraphQL's Float has it."""

    def resolve(row: Any, _: Info) -> float | None:  # noqa: ANN401 - as above
        found = amount(row)
        return None if found is None else float(whole_units(found, row.minor_digits))

    return resolve


def twins(name: str, price: Price, *, is_text: bool) -> Resolvers:
    """The resolvers of a price and of its twins, in minor units and for people."""
    return {
        name: as_text(price) if is_text else as_decimal(price),
        f"{name}Cents": as_minor_units(price),
        f"{name}Formatted": as_formatted(price),
    }
