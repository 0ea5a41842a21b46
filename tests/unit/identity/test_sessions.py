"""Counting tries, and choosing an organisation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.identity.model import Place, Whence, choose_place, count_try, hash_email
from entrepot.kernel.refusal import Refusal

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
HUB = Place("a" * 32, "hub-a", "owner")
FARM = Place("b" * 32, "jeans-farm", "reader")


@given(st.lists(st.integers(0, 7200), max_size=60))
def test_never_more_than_ten_within_any_hour(gaps: list[int]) -> None:
    """Whatever the times, no hour that ends at a try has more than ten that were looked at."""
    moment, tried, looked_at = NOW, list[datetime](), list[datetime]()
    for gap in gaps:
        moment += timedelta(seconds=gap)
        counted = count_try(tried, moment)
        if isinstance(counted, Refusal):
            continue
        tried = counted
        looked_at.append(moment)
        within = [at for at in looked_at if at > moment - timedelta(hours=1)]
        assert len(within) <= 10
        assert len(tried) <= 10


def test_it_says_when_to_come_back_and_then_lets_in() -> None:
    tried = [NOW + timedelta(minutes=minute) for minute in range(10)]
    moment = tried[-1] + timedelta(seconds=30)
    refusal = count_try(tried, moment)
    assert isinstance(refusal, Refusal)
    facts = refusal.faults[0].facts
    assert facts["again_at"] == "2026-03-29T02:30:00+00:00"
    seconds = int(str(facts["retry_after_seconds"]))
    assert not isinstance(count_try(tried, moment + timedelta(seconds=seconds)), Refusal)
    assert isinstance(count_try(tried, moment + timedelta(seconds=seconds - 2)), Refusal)


def test_a_clock_that_went_back_counts_on() -> None:
    tried = [NOW + timedelta(minutes=5)] * 9
    counted = count_try(tried, NOW)
    assert isinstance(counted, list)
    assert isinstance(count_try(counted, NOW), Refusal)


def test_an_address_is_counted_however_it_is_capitalised() -> None:
    assert hash_email("Ann@Example.com") == hash_email("ann@example.COM")
    assert hash_email("\ud800") != hash_email("")


@pytest.mark.parametrize("wanted", [None, "hub-a", "org_" + "a" * 32])
def test_one_organisation_is_chosen(wanted: str | None) -> None:
    places = [HUB] if wanted is None else [HUB, FARM]
    assert choose_place(places, wanted) == HUB


@pytest.mark.parametrize(
    ("places", "wanted", "code"),
    [
        ([], None, "identity.unknown_organisation"),
        ([HUB], "jeans-farm", "identity.unknown_organisation"),
        ([HUB, FARM], "", "identity.unknown_organisation"),
        ([HUB, FARM], None, "identity.organisation_needed"),
    ],
)
def test_no_organisation_is_guessed(places: list[Place], wanted: str | None, code: str) -> None:
    refusal = choose_place(places, wanted)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_only_some_of_many_organisations_are_named() -> None:
    places = [Place(f"{number:032x}", f"org-{number}", "clerk") for number in range(500)]
    refusal = choose_place(places, None)
    assert isinstance(refusal, Refusal)
    assert len(str(refusal.faults[0].facts["organisations"]).split()) == 20


def test_where_from_is_kept_short_and_plain() -> None:
    kept = Whence("x" * 100, "  Browser\r\n\x1b[31m ").shortened()
    assert kept == Whence("x" * 60, "Browser   [31m")
    assert Whence().shortened() == Whence()
