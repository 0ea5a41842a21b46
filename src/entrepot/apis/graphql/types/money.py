"""Money: an amount in whole units of its currency."""

from typing import Final

from entrepot.apis.graphql.money import formatted
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.variant import Price


def _formatted(
    price: Price,
    _: Info,
    currency: str | None = None,
    disambiguate: bool | None = None,  # noqa: FBT001 - an argument of the schema
) -> str:
    text = formatted(price.amount, price.currency, currency)
    return f"{text} {price.currency}" if disambiguate else text


FIELDS: Final[Resolvers] = {
    "amount": lambda price, _: price.amount,
    "currencyCode": lambda price, _: price.currency,
    "formatted": _formatted,
}
"""Money."""
