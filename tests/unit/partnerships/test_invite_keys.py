"""Invite keys: long enough, read however they are typed over, and guessed slowly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.model import KEY_BYTES, count_try, hash_invite_key, make_invite_key

NOTHING = hash_invite_key("")
AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
RANDOM = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@given(RANDOM)
def test_a_key_is_groups_of_five_readable_digits(random: bytes) -> None:
    key = make_invite_key(random)
    groups = key.removeprefix("ent_inv_").split("-")
    assert [len(group) for group in groups] == [5] * 6
    assert not set("".join(groups)) & set("ILOU")
    assert hash_invite_key(key) != NOTHING


@given(RANDOM, RANDOM)
def test_keys_hold_130_random_bits(one: bytes, other: bytes) -> None:
    kept = (1 << 130) - 1
    is_same = not (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")) & kept
    assert (make_invite_key(one) == make_invite_key(other)) == is_same


@given(RANDOM)
def test_however_it_is_typed_over_it_is_the_same_key(random: bytes) -> None:
    key = make_invite_key(random)
    digits = key.removeprefix("ent_inv_")
    for typed in (
        key.lower(),
        key.replace("-", " "),
        key.replace("-", ""),
        f"  {key}\n",
        "ent_inv_" + digits.replace("0", "o").replace("1", "l"),
        "ent_inv_" + digits.replace("0", "O").replace("1", "I"),
    ):
        assert hash_invite_key(typed) == hash_invite_key(key), typed


@given(RANDOM, st.integers(0, 29), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_digit_is_no_key(random: bytes, place: int, digit: str) -> None:
    digits = list(make_invite_key(random).removeprefix("ent_inv_").replace("-", ""))
    is_same = digits[place] == digit
    digits[place] = digit
    assert (hash_invite_key("ent_inv_" + "".join(digits)) == NOTHING) != is_same


@pytest.mark.parametrize(
    "typed", ["", "ent_inv_", "nonsense", "ent_inv_" + "A" * 30, "é" * 30, "0" * 10_000, "\0"]
)
def test_what_cannot_be_a_key_is_hashed_like_nothing(typed: str) -> None:
    assert hash_invite_key(typed) == NOTHING


def test_ten_tries_count_and_an_hour_forgets_them() -> None:
    tried: list[datetime] = []
    for number in range(10):
        counted = count_try(tried, AT + timedelta(minutes=number))
        assert not isinstance(counted, Refusal)
        tried = counted
    refused = count_try(tried, AT + timedelta(minutes=30))
    assert isinstance(refused, Refusal)
    assert refused.code == "partnerships.too_many_tries"
    assert refused.faults[0].facts == {
        "again_at": "2026-03-04T13:00:00+00:00",
        "retry_after_seconds": 1801,
    }
    later = count_try(tried, AT + timedelta(hours=1))
    assert not isinstance(later, Refusal)
    assert len(later) == 10
