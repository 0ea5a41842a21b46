"""Scalars: what is taken, what is refused in which words, and how values are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from graphql import GraphQLError, GraphQLScalarType, parse_const_value

from entrepot.apis.graphql import open_schema
from entrepot.apis.graphql.scalars import (
    read_date,
    read_decimal,
    read_moment,
    read_whole,
    write_decimal,
    write_moment,
)


@pytest.mark.parametrize(
    "value", ["2024-03-27T00:08:29.581Z", "2024-03-27", "2024-03-27T23:59:59+11:00"]
)
def test_the_day_of_a_moment_is_the_one_that_is_written(value: str) -> None:
    assert read_date(value) == date(2024, 3, 27)


@pytest.mark.parametrize("value", ["2024-06-21T00", "", "x", "2024-13-01", 20240621, None, True])
def test_a_broken_day_is_refused_in_known_words(value: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        read_date(value)
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    assert refused.value.message == f"Could not coerce value {shown} to ISO8601Date"


def test_moments_are_read_in_utc_and_written_so() -> None:
    assert read_moment("2024-03-27T12:00:00+02:00") == datetime(2024, 3, 27, 10, tzinfo=UTC)
    assert read_moment("2024-03-27T12:00:00") == datetime(2024, 3, 27, 12, tzinfo=UTC)
    assert read_moment("2024-03-27") == datetime(2024, 3, 27, tzinfo=UTC)
    there = datetime(2024, 3, 27, 1, 2, 3, 999, tzinfo=timezone(timedelta(hours=11)))
    assert write_moment(there) == "2024-03-26T14:02:03Z"
    for wrong in ("now", 5, None, "0001-01-01T00:00:00+23:00"):
        with pytest.raises(GraphQLError):
            read_moment(wrong)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("349.99", "349.99"), (349.99, "349.99"), (3, "3"), ("-0.5", "-0.5"), ("1e2", "1E+2")],
)
def test_decimals_are_taken_as_text_and_as_numbers(value: object, expected: str) -> None:
    assert str(read_decimal(value)) == expected


@pytest.mark.parametrize("value", ["", "x", "NaN", "Infinity", True, None, [], "1e999", "9" * 50])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        read_decimal(value)


def test_decimals_are_written_as_text_with_a_place() -> None:
    assert [write_decimal(Decimal(text)) for text in ("25", "25.50", "0.001", "-1")] == [
        "25.0",
        "25.5",
        "0.001",
        "-1.0",
    ]


def test_whole_numbers_of_any_size() -> None:
    assert read_whole("-12345678901234567890") == -12345678901234567890
    assert read_whole(7) == 7
    for wrong in ("1.5", "", "--1", True, 1.5, "²"):
        with pytest.raises(GraphQLError):
            read_whole(wrong)


@pytest.mark.parametrize(
    ("scalar", "literal", "expected"),
    [
        ("Decimal", "1.50", Decimal("1.50")),
        ("Decimal", '"1.50"', Decimal("1.50")),
        ("BigInt", "99999999999", 99999999999),
        ("ISO8601Date", '"2024-03-27T00:00:00Z"', date(2024, 3, 27)),
        ("JSON", '{a: [1, "x", null, {b: true}]}', {"a": [1, "x", None, {"b": True}]}),
    ],
)
def test_literals_are_read_like_variables(scalar: str, literal: str, expected: object) -> None:
    kind = open_schema().type_map[scalar]
    assert isinstance(kind, GraphQLScalarType)
    assert kind.coerce_input_literal is not None
    assert kind.coerce_input_literal(parse_const_value(literal)) == expected
    if scalar != "JSON":
        with pytest.raises(GraphQLError, match=f"to {scalar}"):
            kind.coerce_input_literal(parse_const_value("true"))
