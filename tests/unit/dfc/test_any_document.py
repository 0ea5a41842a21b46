"""Whatever is sent, a reader answers: with what it read, or with faults that are documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as some

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.reading import (
    read_item,
    read_line,
    read_offer,
    read_order,
    read_replacement,
    read_session,
)
from entrepot.kernel.refusal import Refusal
from tests.unit.dfc.sample import (
    ADDRESSES,
    BEAN_OFFER,
    CARROT,
    CARROT_OFFER,
    CONTEXT,
    ORDERS,
    line,
    offer,
    order,
    session,
)

Reader: TypeAlias = Callable[..., object]
READERS: tuple[Reader, ...] = (
    read_order,
    read_replacement,
    read_line,
    read_session,
    read_item,
    read_offer,
)

IDS = some.sampled_from([CARROT, CARROT_OFFER, BEAN_OFFER, ORDERS, "urn:a", "_:b1", "x", ""])
TYPES = some.sampled_from(
    ["Order", "OrderLine", "Offer", "SuppliedProduct", "CatalogItem", "SaleSession", "Price"]
).map(lambda name: f"dfc-b:{name}")
KEYS = some.sampled_from(
    [
        "@id",
        "@type",
        "@value",
        "@list",
        "@graph",
        "@context",
        "@reverse",
        "@language",
        "@included",
        "@nest",
        "@index",
        "@direction",
        *(
            f"dfc-b:{name}"
            for name in (
                "hasPart",
                "concerns",
                "quantity",
                "hasQuantity",
                "hasPrice",
                "value",
                "offeredItem",
                "references",
                "belongsTo",
                "orderedBy",
                "partOf",
                "hasOrderStatus",
                "beginDate",
                "endDate",
                "lists",
                "stockLimitation",
                "sku",
            )
        ),
    ]
)
SCALARS = (
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=8)
    | some.sampled_from([CONTEXT, "dfc-v:Held", "2026-11-23T08:00:00Z", "1e5", "-0"])
    | IDS
    | TYPES
)
VALUES: some.SearchStrategy[Any] = some.recursive(
    SCALARS,
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(KEYS | some.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=30,
)
NODES = some.fixed_dictionaries(
    {"@type": TYPES | VALUES}, optional={"@id": IDS}
) | some.dictionaries(KEYS, VALUES, max_size=8)
SOUND = [
    order("urn:l"),
    line("urn:l", 6, CARROT_OFFER),
    offer(CARROT_OFFER, CARROT),
    session(beginDate="2026-11-23T08:00:00Z"),
]


def answer(reader: Reader, body: bytes) -> None:
    found = reader(body, ADDRESSES)
    if isinstance(found, Refusal):
        assert found.faults
        for fault in found.faults:
            assert fault.code in errors.PRECEDENCE
            assert fault.message.endswith(".")
            # What is answered is written as JSON in UTF-8.
            msgspec.json.encode(fault)


@settings(max_examples=200, deadline=None)
@given(some.sampled_from(READERS), VALUES)
@example(
    read_order,
    {"@context": CONTEXT, "@graph": [{"@type": "dfc-b:Order", "dfc-b:hasPart": {"@list": []}}]},
)
def test_any_json(reader: Reader, value: object) -> None:
    answer(reader, json.dumps(value).encode())


@settings(max_examples=200, deadline=None)
@given(some.sampled_from(READERS), some.lists(NODES, max_size=8), some.booleans())
def test_any_nodes_of_the_standard(
    reader: Reader,
    nodes: list[object],
    with_sound: bool,  # noqa: FBT001 - an argument that Hypothesis passes
) -> None:
    graph = [*nodes, *SOUND] if with_sound else nodes
    answer(reader, json.dumps({"@context": CONTEXT, "@graph": graph}).encode())


@settings(max_examples=50, deadline=None)
@given(some.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    answer(read_order, body)
