"""Every fault of a body or a query is named, with its path, and nothing else is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.apis.rest.faults import FAULTS_MAX, name_faults, name_nuls
from entrepot.apis.rest.wire import (
    decode_body,
    decode_query,
    idempotency_key,
    read_cursor,
    request_id,
    write_cursor,
)
from entrepot.kernel.refusal import RefusedError

Small = Annotated[int, msgspec.Meta(ge=0, le=9)]


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """A line."""

    quantity: Decimal
    name: Annotated[str, msgspec.Meta(max_length=3)] | None = None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """A body."""

    lines: list[Inner]
    kind: Literal["a", "b"] = "a"
    size: Small = 0
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    sure: bool = False


BODY = msgspec.json.Decoder(Outer)


def refused(body: object) -> list[tuple[str, str | None]]:
    with pytest.raises(RefusedError) as caught:
        decode_body(BODY, msgspec.json.encode(body))
    return [
        (fault.code.removeprefix("request."), fault.field) for fault in caught.value.refusal.faults
    ]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (5, [("field_not_valid", None)]),
        ({}, [("field_missing", "lines")]),
        ({"lines": {}}, [("field_not_valid", "lines")]),
        ({"lines": None}, [("field_not_valid", "lines")]),
        ({"lines": [], "size": 10}, [("field_not_valid", "size")]),
        ({"lines": [], "size": "1"}, [("field_not_valid", "size")]),
        ({"lines": [], "size": True}, [("field_not_valid", "size")]),
        ({"lines": [], "sure": 1}, [("field_not_valid", "sure")]),
        ({"lines": [], "at": "2026-01-01T00:00:00"}, [("field_not_valid", "at")]),
        ({"lines": [], "at": 5}, [("field_not_valid", "at")]),
        (
            {"lines": [{"quantity": "1", "name": "long"}, {"quantity": "x"}, {"q": 1}, []]},
            [
                ("field_unknown", "lines[2].q"),
                ("field_missing", "lines[2].quantity"),
                ("field_not_valid", "lines[0].name"),
                ("field_not_valid", "lines[1].quantity"),
                ("field_not_valid", "lines[3]"),
            ],
        ),
        (
            {"lines": [{"quantity": 1, "name": "\0"}], "kind": "c", "k\0": "\0"},
            [
                ("field_unknown", "k\0"),
                ("field_not_valid", "lines[0].name"),
                ("field_not_valid", "k?"),
                ("field_not_valid", "kind"),
            ],
        ),
    ],
)
def test_every_fault_has_its_path(body: object, faults: list[tuple[str, str | None]]) -> None:
    assert refused(body) == faults


def test_what_is_expected_is_said_in_words() -> None:
    words = {
        fault.field: fault.facts["expected"]
        for fault in name_faults(
            Outer, {"lines": [{"quantity": []}], "size": "", "kind": "", "at": "", "sure": ""}
        ).faults
    }
    assert words == {
        "lines[0].quantity": "a number, or a number as text",
        "size": "a whole number from 0 to 9",
        "kind": "one of a, b",
        "at": "a time with its zone, such as 2026-01-31T12:00:00Z",
        "sure": "true or false",
    }


def test_faults_are_many_but_not_endless() -> None:
    assert len(refused({"lines": [5] * 1000})) == FAULTS_MAX
    assert len(name_nuls(["\0"] * 1000)) == FAULTS_MAX


def test_good_bodies_pass() -> None:
    body = decode_body(BODY, b'{"lines": [{"quantity": 0.1}], "at": "2026-01-01T00:00:00Z"}')
    assert body.lines == [Inner(Decimal("0.1"))]
    quoted = decode_body(BODY, b'{"lines": [{"quantity": 1, "name": "\\\\u0"}]}')
    assert quoted.lines[0].name == "\\u0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lines", "kind", "size", "at", "sure", "quantity", "name", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_anything_is_decoded_or_refused_with_faults(value: Any) -> None:  # noqa: ANN401 - any JSON
    content = msgspec.json.encode(value) if not _too_large(value) else b"1e999"
    try:
        decode_body(BODY, content)
    except RefusedError as error:
        assert error.refusal.faults  # noqa: PT017 - both ways are right


def _too_large(value: object) -> bool:
    """Whether a number in it is beyond what the encoder writes."""
    if isinstance(value, list):
        return any(_too_large(each) for each in value)
    if isinstance(value, dict):
        return any(_too_large(each) for each in value.values())
    return isinstance(value, int) and not -(2**63) <= value < 2**63


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """A query."""

    limit: Small = 5
    name: str | None = None


def test_queries_are_texts_that_become_values() -> None:
    assert decode_query(Query, b"limit=7&name=a%20b+c") == Query(7, "a b c")
    assert decode_query(Query, b"") == Query()
    for text, fields in {
        b"limit=x&nam=1": ["nam", "limit"],
        b"limit=1&limit=2": ["limit"],
        b"name=%00": ["name"],
        b"name=%ff": [None],
        b"&".join([b"name=1"] * 60): [None],
    }.items():
        with pytest.raises(RefusedError) as caught:
            decode_query(Query, text)
        assert [fault.field for fault in caught.value.refusal.faults] == fields


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)
        | st.integers(0, 2**60),
        min_size=1,
        max_size=4,
    )
)
def test_a_cursor_comes_back_as_it_was(key: list[str | int]) -> None:
    assert read_cursor(write_cursor(tuple(key)), tuple[str | int, ...]) == tuple(key)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_a_strange_cursor_is_refused(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_cursor(text, tuple[Small, Small, Small])
    assert caught.value.refusal.code == "request.cursor_not_valid"


def test_keys_and_request_ids_are_plain() -> None:
    assert idempotency_key({}) is None
    assert idempotency_key({b"idempotency-key": b"k" * 255}) == "k" * 255
    for bad in (b"", b"k" * 256, b"a\tb", "é".encode(), b"\x7f"):
        with pytest.raises(RefusedError):
            idempotency_key({b"idempotency-key": bad})
    assert request_id({b"x-request-id": b"a.B-1_"}, lambda: "new") == "a.B-1_"
    for bad in (b"", b"a b", b"x" * 65, b"a\n", b"\xff"):
        assert request_id({b"x-request-id": bad}, lambda: "new") == "new"


def test_a_cursor_with_a_nul_is_refused() -> None:
    with pytest.raises(RefusedError):
        read_cursor(write_cursor(("a\0",)), tuple[str])
