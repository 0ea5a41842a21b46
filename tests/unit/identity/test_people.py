"""Roles, addresses and passwords: what each role may do, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.identity.model import (
    ROLE_SCOPES,
    check_last_owner,
    is_email,
    password_faults,
)
from entrepot.kernel.caller import Scope

ABOUT = ("ann.other@example.com", "Ann Other-Person")


def codes(password: str) -> list[str]:
    return [fault.code for fault in password_faults(password, ABOUT)]


def test_each_role_may_do_what_the_next_one_may_and_more() -> None:
    assert list(ROLE_SCOPES) == ["owner", "manager", "clerk", "reader"]
    owner, manager, clerk, reader = ROLE_SCOPES.values()
    assert owner == {scope.value for scope in Scope}
    assert owner > manager > clerk > reader
    assert reader == {
        "orders:read",
        "stock:read",
        "catalogue:read",
        "partnerships:read",
        "settlement:read",
        "marketplace:read",
    }
    assert clerk - reader == {"orders:write", "stock:write", "marketplace:write"}
    assert manager - clerk == {
        "catalogue:write",
        "audit:read",
        "partnerships:write",
        "settlement:write",
    }


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "abababababab",
        "password123",
        "P@ssw0rd2026",
        "!!Welkom2026!!",
        "w@chtw00rd1",
        "ann.other@example.com",
        "ANN.OTHER@EXAMPLE.COM",
        "Ann Other-Person",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert codes(password) == ["identity.password_guessable"]


@pytest.mark.parametrize("length", [0, 1, 9, 201, 5000])
def test_too_short_and_too_long(length: int) -> None:
    assert codes("qX7!z"[:length].ljust(length, "k")) == ["identity.password_not_valid"]


@pytest.mark.parametrize(
    "password",
    [
        "seven purple carrots",
        "welkom in de schuur",
        "wörter für später",
        "7h$Kq-2vPz",
        "x7" * 5 + "abc",
    ],
)
def test_a_good_password_passes(password: str) -> None:
    assert codes(password) == []


@given(st.text())
def test_no_text_breaks_the_rules(text: str) -> None:
    faults = list(password_faults(text, ABOUT))
    assert len(faults) <= 1
    assert all(text not in str(fault.facts) for fault in faults if len(text) > 3)


@given(st.emails())
def test_addresses_as_they_are_written_pass(email: str) -> None:
    assert is_email(email)


def test_the_last_owner_is_the_one_without_another() -> None:
    assert check_last_owner(["a", "b"], "a") is None
    refusal = check_last_owner(["a"], "a")
    assert refusal is not None
    assert refusal.code == "identity.last_owner"
