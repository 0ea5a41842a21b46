"""VAT is taken out exactly: rounded half up, to four places."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.model.prices import PRICE_MAX, is_price, is_vat_rate, without_vat


def test_known_prices() -> None:
    for price, rate, net in (
        ("121", "21", "100.0000"),
        ("8.95", "21", "7.3967"),
        ("0.0001", "100", "0.0001"),  # half of it, rounded up
        ("2.40", "9", "2.2018"),
        ("7", "0", "7.0000"),
        ("99999999999.9999", "0", "99999999999.9999"),
    ):
        assert str(without_vat(Decimal(price), Decimal(rate))) == net


@given(
    st.decimals(0, PRICE_MAX, allow_nan=False, places=4),
    st.decimals(0, 100, allow_nan=False, places=2),
)
def test_it_is_the_exact_quotient_rounded_half_up(price: Decimal, rate: Decimal) -> None:
    exact = Fraction(price) / (1 + Fraction(rate) / 100) * 10_000
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    assert without_vat(price, rate) == Decimal(rounded).scaleb(-4)
    assert is_price(without_vat(price, rate))


def test_what_is_no_price_or_rate() -> None:
    for text in ("NaN", "sNaN", "Infinity", "-0.01", "0.00001", "1E+11", "1E-999999", "1E+999999"):
        assert not is_price(Decimal(text)), text
    for text in ("NaN", "sNaN", "-Infinity", "-1", "100.01", "5.125", "1E+999999"):
        assert not is_vat_rate(Decimal(text)), text
    assert is_price(Decimal("2.50000"))
    assert is_vat_rate(Decimal("21.000"))
