"""What a GTIN is, and which two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalogue.model import gtin_key, is_gtin

GOOD = ("96385074", "036000291452", "4006381333931", "10614141000415", "0036000291452")


@pytest.mark.parametrize("gtin", GOOD)
def test_good_ones(gtin: str) -> None:
    assert is_gtin(gtin)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "4006381333932",
        "400638133393",
        "96385074 ",
        "9638-5074",
        "９６３８５０７４",  # noqa: RUF001 - digits of another script
        "96385074\n",
        "000096385074" * 2,
        "+6385074",
    ],
)
def test_bad_ones(text: str) -> None:
    assert not is_gtin(text)


@given(st.sampled_from(GOOD), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_found(gtin: str, place: int, by: int) -> None:
    place %= len(gtin)
    wrong = str((int(gtin[place]) + by) % 10)
    assert not is_gtin(gtin[:place] + wrong + gtin[place + 1 :])


def test_zeros_before_it_make_no_difference() -> None:
    assert gtin_key("036000291452") == gtin_key("0036000291452") == "00036000291452"
    assert gtin_key("96385074") != gtin_key("4006381333931")
