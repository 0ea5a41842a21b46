"""Prices in minor units, by the currency's own places, and as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from graphql import GraphQLError

from entrepot.apis.graphql.money import formatted, minor_units


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [
        ("2.5", "EUR", 250),
        ("2.505", "EUR", 251),
        ("2.5049", "EUR", 250),
        ("100", "JPY", 100),
        ("0.5", "JPY", 1),
        ("1.2345", "KWD", 1235),
        ("21474836.47", "AUD", 2**31 - 1),
        ("21474836.48", "AUD", None),
    ],
)
def test_minor_units(price: str, currency: str, expected: int | None) -> None:
    assert minor_units(Decimal(price), currency) == expected


def test_prices_for_people_are_in_their_own_currency() -> None:
    assert formatted(Decimal(10), "AUD", None) == "A$10.00"
    assert formatted(Decimal("1234.5"), "USD", "usd") == "$1,234.50"
    with pytest.raises(GraphQLError, match="none is converted"):
        formatted(Decimal(10), "AUD", "USD")
