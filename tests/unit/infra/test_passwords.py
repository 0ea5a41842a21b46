"""Hashing passwords: at a cost that fits the machine, two at once, and never without end."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from entrepot.infra.intake import IntakeFullError
from entrepot.infra.passwords import FLOOR, PASSES_MAX, WAITING_MAX, Cost, Passwords, calibrate

CHEAP = Cost(memory=8, passes=1)
DEARER = Cost(memory=8, passes=2)


async def test_a_password_is_found_right_and_no_other() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("seven purple carrots")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(hashed, "seven purple carrots")
    for wrong in ("Seven purple carrots", "", "x" * 10_000, "\ud800", "carrots\0"):
        assert not await passwords.verify(hashed, wrong)
    assert await passwords.hash("seven purple carrots") != hashed


async def test_letters_are_the_same_however_they_are_composed() -> None:
    passwords = Passwords(CHEAP)
    assert await passwords.verify(await passwords.hash("cafe\u0301 creme"), "caf\u00e9 creme")


@pytest.mark.parametrize("hashed", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
async def test_without_a_hash_nothing_is_right(hashed: str | None) -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(hashed, "a password that nobody has")


async def test_a_hash_is_outdated_when_the_cost_rose() -> None:
    cheap, dearer = Passwords(CHEAP), Passwords(DEARER)
    assert await dearer.is_outdated(await cheap.hash("x"))
    assert not await cheap.is_outdated(await dearer.hash("x"))
    assert not await cheap.is_outdated(await cheap.hash("x"))


async def test_what_would_wait_for_long_is_refused() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("x")
    results = await asyncio.gather(
        *[passwords.verify(hashed, "x") for _ in range(WAITING_MAX + 20)], return_exceptions=True
    )
    assert results.count(True) == WAITING_MAX
    assert sum(isinstance(result, IntakeFullError) for result in results) == 20
    assert await passwords.verify(hashed, "x")


@pytest.mark.parametrize(
    ("seconds", "passes"), [(1.0, 2), (0.08, 3), (0.044, 5), (0.0001, PASSES_MAX)]
)
def test_a_quick_machine_makes_more_passes(seconds: float, passes: int) -> None:
    ticks = count()
    found = calibrate(lambda: next(ticks) * seconds, Cost(memory=8, passes=2))
    assert found == Cost(memory=8, passes=passes)


def test_no_hash_costs_less_than_the_floor() -> None:
    assert Cost(19 * 1024, 2, 1) == FLOOR


async def test_without_a_cost_it_is_found_at_first_use() -> None:
    hashed = await Passwords().hash("x")
    assert "m=19456,t=" in hashed
