"""Numbers, money, dates and addresses: what is read, exactly, and what is not read at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from entrepot.apis.dfc.values import is_iri, read_amount, read_instant, read_number

AT = datetime(2024, 12, 16, 2, 30, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Mon Dec 16 2024 02:30:56 UTC",
        "Mon Dec 16 2024 02:30:56 GMT+0000 (Coordinated Universal Time)",
        "Mon Dec 16 2024 03:30:56 GMT+0100 (Central European Standard Time)",
        "Sun Dec 15 2024 21:30:56 GMT-0500",
        "Mon, 16 Dec 2024 02:30:56 GMT",
        "Mon, 16 Dec 2024 03:30:56 +0100",
        "Mon, 16 Dec 2024 02:30:56 UTC +00:00",
        "2024-12-16 02:30:56 UTC",
        "2024-12-16 03:30:56 +0100",
        "2024-12-16T02:30:56Z",
        "2024-12-16T02:30:56.000Z",
        "2024-12-16T03:30:56+01:00",
        "2024-12-16T02:30:56",
        " 2024-12-16T02:30:56Z ",
    ],
)
def test_a_moment_is_read_in_every_form_that_is_met(text: str) -> None:
    assert read_instant(text) == AT


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2024-12-16",
        "2024-13-16T02:30:56Z",
        "2024-12-16T25:30:56Z",
        "Mon Foo 16 2024 02:30:56 UTC",
        "Mon Dec 32 2024 02:30:56 UTC",
        "0001-01-01T00:00:00+14:00",
        "Mon Dec 16 2024 02:30:56 GMT+9900",
        "20241216T023056Z",
        "1734316256",
        1734316256,
        True,
        None,
        "2024-12-16T02:30:56Z" + " " * 100,
    ],
)
def test_anything_else_is_no_moment(value: object) -> None:
    assert read_instant(value) is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (6, "6"),
        ("6", "6"),
        (" 6.50 ", "6.50"),
        ("2.5E0", "2.5"),
        ("1e3", "1000"),
        ("-1", "-1"),
        (".5", "0.5"),
        ("0.1000000000000000055511151231", "0.1000000000000000055511151231"),
    ],
)
def test_a_number_is_exact(value: object, number: str) -> None:
    assert read_number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    ["", "six", "NaN", "Infinity", "1e999", "1,5", "1_000", "0x10", "٦" * 40, True, None, 10**40],
)
def test_anything_else_is_no_number(value: object) -> None:
    assert read_number(value) is None


def test_an_amount_may_carry_its_sign() -> None:
    assert read_amount("£0.27") == (Decimal("0.27"), "GBP")
    assert read_amount("2.50 €") == (Decimal("2.50"), "EUR")
    assert read_amount("$3") == (Decimal(3), "USD")
    assert read_amount("2.50") == (Decimal("2.50"), None)
    assert read_amount("£") is None
    assert read_amount(None) is None


def test_an_iri_is_absolute_and_one_line() -> None:
    assert is_iri("https://hub.example/api/dfc/enterprises/7")
    assert is_iri("https://hub.example/Orders/#")
    assert is_iri("urn:uuid:1")
    for text in (
        "",
        "hub/7",
        "_:b1",
        "relative:///hub/7",
        "https://a b",
        "https://a\n",
        "https://x/" + "a" * 2000,
    ):
        assert not is_iri(text), text
