"""What a document's lines come to: rounded once a rate, in the currency's own minor unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.settlement.model import LineRow, RateSum, TotalRow, show_line, totals_of

ID = "0" * 32


def line(
    transferred: str, back: str = "0", price: str | None = "1", rate: str | None = "21"
) -> LineRow:
    return LineRow(
        1,
        ID,
        ID,
        3,
        "SKU",
        "Name",
        None,
        None if price is None else Decimal(price),
        None if rate is None else Decimal(rate),
        Decimal(transferred),
        Decimal(back),
        1,
    )


@pytest.mark.parametrize(
    ("exact", "currency", "rate", "net", "vat"),
    [
        ("10.005", "EUR", "21", 1001, 210),
        ("-10.005", "EUR", "21", -1001, -210),
        ("2.5", "EUR", "21", 250, 53),
        ("0.0049", "EUR", "21", 0, 0),
        ("24.5", "JPY", "10", 25, 3),
        ("1.0005", "KWD", "5", 1001, 50),
        ("0", "EUR", "0", 0, 0),
    ],
)
def test_half_a_minor_unit_goes_away_from_zero(
    exact: str, currency: str, rate: str, net: int, vat: int
) -> None:
    """The VAT is that of the rounded net, so that whoever reads a document can check it."""
    (total,) = totals_of([RateSum(Decimal(rate), Decimal(exact))], currency)
    assert total == TotalRow(Decimal(rate), net, vat)


def test_without_a_rate_there_is_no_vat() -> None:
    assert totals_of([RateSum(None, Decimal("3.5"))], "EUR") == [TotalRow(None, 350, None)]


def test_what_is_too_large_to_write_has_no_total() -> None:
    (total,) = totals_of([RateSum(Decimal(9), Decimal("1E+17"))], "EUR")
    assert total == TotalRow(Decimal(9), None, 9 * 10**17)


quantities = st.decimals(0, 999_999_999_999, places=3, allow_nan=False)
prices = st.decimals(0, 99_999_999_999, places=4, allow_nan=False)


@given(quantities, quantities, prices, st.integers(1, 2**31 - 1))
def test_both_sides_see_one_amount(
    transferred: Decimal, back: Decimal, price: Decimal, factor: int
) -> None:
    """To the last digit, however many there are."""
    row = line(str(transferred), str(back), str(price))._replace(factor=factor)
    order, inbound = show_line(row, "order"), show_line(row, "inbound")
    assert order.amount == inbound.amount is not None
    exact = (Fraction(transferred) - Fraction(back)) * factor * Fraction(price)
    assert Fraction(inbound.amount) == exact


def test_a_mirrored_document_has_mirrored_totals() -> None:
    (there,) = totals_of([RateSum(Decimal(21), Decimal("3.015"))], "EUR")
    (back,) = totals_of([RateSum(Decimal(21), Decimal("-3.015"))], "EUR")
    assert (there.net_minor, there.vat_minor) == (302, 63)
    assert (back.net_minor, back.vat_minor) == (-302, -63)
