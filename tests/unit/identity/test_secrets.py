"""What a token's secret looks like, and what a typing error does to it."""

from __future__ import annotations

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.identity.model import is_well_formed, make_secret, shown_part

BYTES = st.binary(min_size=32, max_size=64)
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@given(BYTES, st.sampled_from(["app", "pat"]))
def test_a_secret_is_well_formed(random: bytes, kind: str) -> None:
    secret = make_secret(kind, random)  # type: ignore[arg-type] # one of the two kinds
    assert re.fullmatch(rf"ent_{kind}_[0-9A-Za-z]{{36}}", secret)
    assert is_well_formed(secret)
    assert shown_part(secret) == f"ent_{kind}_...{secret[-4:]}"


@given(BYTES)
def test_the_last_digits_check_the_others(random: bytes) -> None:
    secret = make_secret("app", random)
    value = 0
    for letter in secret[-6:]:
        value = value * 62 + LETTERS.index(letter)
    assert value == zlib.crc32(secret[:-6].encode())


@given(BYTES, st.integers(0, 35), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_noticed(random: bytes, place: int, letter: str) -> None:
    secret = make_secret("app", random)
    at = len("ent_app_") + place
    wrong = secret[:at] + letter + secret[at + 1 :]
    assert is_well_formed(wrong) == (wrong == secret)


@given(st.text())
def test_any_text_is_no_secret(text: str) -> None:
    assert not is_well_formed(text)


def test_too_few_random_bytes_are_a_bug() -> None:
    with pytest.raises(AssertionError):
        make_secret("app", b"few")
