"""Ids: what clients make them, and what is none."""

from __future__ import annotations

import base64

import pytest

from entrepot.apis.graphql.ids import (
    Named,
    number_in,
    read_id,
    write_id,
)


def test_ids_are_base64_with_padding_of_type_and_number() -> None:
    assert write_id("Order", 10033) == "T3JkZXItMTAwMzM="
    assert read_id("T3JkZXItMTAwMzM=") == Named("Order", 10033)
    assert number_in("VmFyaWFudC01MzU2", "Variant") == 5356
    assert number_in("VmFyaWFudC01MzU2", "Advert") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "T3JkZXItMTAwMzM",
        "T3JkZXItMTAwMzM=\n",
        base64.b64encode(b"Order").decode(),
        base64.b64encode(b"Order-").decode(),
        base64.b64encode(b"Order-01").decode(),
        base64.b64encode(b"Order--1").decode(),
        base64.b64encode("Order-²".encode()).decode(),
        base64.b64encode(b"-1").decode(),
        base64.b64encode(b"Order-" + b"9" * 500).decode(),
        "é",
    ],
)
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert read_id(text) is None
    assert number_in(text, "Order") is None


def test_numbers_that_no_legacy_id_can_be_name_nothing() -> None:
    assert number_in(write_id("Variant", 2**31), "Variant") is None
    assert number_in(write_id("Variant", 2**31 - 1), "Variant") == 2**31 - 1
