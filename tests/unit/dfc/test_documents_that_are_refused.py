"""Documents that are refused: each says what is wrong, where, and what to send instead."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from entrepot.apis.dfc import contexts, errors
from entrepot.apis.dfc.documents import LIMITS, Limits
from entrepot.apis.dfc.reading import read_line, read_order, read_replacement
from tests.unit.dfc.sample import (
    ADDRESSES,
    CARROT_OFFER,
    CONTEXT,
    ORDERS,
    document,
    fault,
    faults,
    line,
    offer,
    ok,
    order,
    session,
    simple,
)

L1 = f"{ORDERS}/OrderLines/1"
L2 = f"{ORDERS}/OrderLines/2"
SMALL = Limits(
    bytes_max=3000,
    nodes_max=20,
    values_max=60,
    depth_max=6,
    text_length_max=400,
    context_terms_max=3,
    contexts_max=3,
)


def refused(body: bytes, limits: Limits = LIMITS) -> tuple[str, str | None]:
    found = fault(read_order(body, ADDRESSES, limits))
    return found.code, found.field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe",
        b"\x00",
        b"{'a': 1}",
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json(body: bytes) -> None:
    assert refused(body)[0] == errors.NOT_JSON


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'"x"', b"1", b"null", b"true"])
def test_json_that_is_no_object(body: bytes) -> None:
    assert refused(body) == (errors.NOT_AN_OBJECT, None)


def test_a_key_that_stands_twice() -> None:
    found = fault(read_order(b'{"@id": "urn:a", "x": [{"q": 1, "q": 2}]}', ADDRESSES))
    assert (found.code, found.facts) == (errors.KEY_REPEATED, {"key": "q"})


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/context.json",
        "https://w3id.org/dfc/ontology/context/context_2.0.0.json",
        "file:///etc/passwd",
        "context_1.16.0.json",
        "",
    ],
)
@pytest.mark.parametrize("place", ["top", "list", "node"])
def test_a_context_that_is_not_shipped_is_never_fetched(
    address: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("something was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(socket.socket, "connect", never)
    inner = line(L1, 6, CARROT_OFFER)
    if place == "node":
        body = document(order(L1), {"@context": address, **inner})
    else:
        body = document(
            order(L1), inner, context=[CONTEXT, address] if place == "list" else address
        )
    where = "@graph[1].@context" if place == "node" else "@context"
    assert refused(body) == (errors.CONTEXT_NOT_KNOWN, where)


@pytest.mark.parametrize(
    "context",
    [
        {"@import": CONTEXT},
        {"x": {"@id": "urn:x", "@context": CONTEXT}},
        {"x": {"@id": "urn:x", "@context": {"y": "urn:y"}}},
        {"x": {"y": {"z": 1}}},
        [[CONTEXT]],
        7,
    ],
)
def test_an_inline_context_is_plain(context: object) -> None:
    body = document(order(L1), line(L1, 6, CARROT_OFFER), context=context)
    assert refused(body) == (errors.CONTEXT_NOT_VALID, "@context")


def test_the_loader_itself_serves_nothing_else() -> None:
    assert contexts.load(CONTEXT, {})["document"]["@context"]["dfc-b"]
    with pytest.raises(LookupError):
        contexts.load("https://evil.example/", {})


@pytest.mark.parametrize(
    "node",
    [
        {"@id": 7},
        {"@id": ["urn:a"]},
        {"@type": 7},
        {"@type": {"x": 1}},
        {"dfc-b:quantity": {"@value": 1, "@id": "urn:x"}},
        {"dfc-b:quantity": {"@value": 1, "@language": "en", "@type": "x"}},
        {"@reverse": "x"},
        {"@context": {"loop": "loop:x"}, "loop:y": 1},
    ],
)
def test_keywords_of_the_wrong_type(node: dict[str, object]) -> None:
    assert refused(document(order(L1) | node, line(L1, 6, CARROT_OFFER)))[0] in {
        errors.NOT_JSON_LD,
        errors.NODE_REPEATED,
        errors.NODE_MISSING,
    }


@pytest.mark.parametrize(
    ("body", "limit_of"),
    [
        (simple() + b" " * 3000, "bytes"),
        (document(order(L1), *({"@id": f"urn:{n}"} for n in range(30))), "nodes"),
        (b'{"a":' + b"[" * 390 + b"]" * 390 + b"}", "depth"),
        (b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", "nodes"),
        (document({"@id": "urn:a", "dfc-b:quantity": [1] * 100}), "values"),
        (document({f"k{number}": 1 for number in range(100)}), "values"),
        (simple(description="x" * 500), "text"),
        (document(order("x" * 500)), "text"),
        (document({"x" * 500: 1}), "text"),
        (document(order(), context={str(n): f"urn:{n}" for n in range(9)}), "terms"),
        (document(order(), context=[CONTEXT] * 9), "contexts"),
    ],
)
def test_limits_stand_before_expansion(body: bytes, limit_of: str) -> None:
    found = fault(read_order(body, ADDRESSES, SMALL))
    assert found.code == errors.DOCUMENT_TOO_LARGE
    assert found.facts["limit_of"] == limit_of


def test_depth_beyond_what_a_reader_can_stand() -> None:
    deep = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    assert refused(deep)[0] == errors.DOCUMENT_TOO_LARGE


def test_a_chain_of_terms_ends() -> None:
    chain = {f"t{n}": f"t{n + 1}:x" for n in range(499)}
    assert refused(document(order(L1), {"t0": 1}, context=chain))[0] in {
        errors.NOT_JSON_LD,
        errors.NODE_MISSING,
    }


def test_a_document_about_nothing() -> None:
    assert refused(b"{}") == (errors.NODE_MISSING, "Order")
    assert refused(document(line(L1, 6, CARROT_OFFER))) == (errors.NODE_MISSING, "Order")


def test_a_document_about_two_orders() -> None:
    found = fault(read_order(document(order(), order() | {"@id": "urn:o"}), ADDRESSES))
    assert (found.code, found.facts["found"]) == (errors.NODE_REPEATED, 2)


@pytest.mark.parametrize("read", [read_order, read_replacement])
def test_a_part_that_is_not_in_the_document(read: Callable[..., object]) -> None:
    found = fault(read(document(order(L1, L2), line(L1, 6, CARROT_OFFER)), ADDRESSES))
    assert (found.code, found.field) == (errors.NODE_MISSING, "Order.hasPart[1]")
    assert found.facts == {"node": ORDERS, "missing": L2}


def test_a_part_that_is_no_line() -> None:
    assert refused(document(order("urn:o"), offer("urn:o", CARROT_OFFER))) == (
        errors.TYPE_NOT_VALID,
        "Order.hasPart[0]",
    )
    assert refused(document(order(ORDERS))) == (errors.TYPE_NOT_VALID, "Order.hasPart[0]")


def test_a_line_of_no_order_is_not_taken_for_left_out() -> None:
    found = fault(read_order(document(order(), line(L1, 6, CARROT_OFFER)), ADDRESSES))
    assert (found.code, found.facts) == (errors.LINE_OF_NO_ORDER, {"node": L1})


@pytest.mark.parametrize(
    ("quantity", "code", "field"),
    [
        (None, errors.VALUE_MISSING, "quantity"),
        ([], errors.VALUE_MISSING, "quantity"),
        ([1, 2], errors.VALUE_NOT_CLEAR, "quantity"),
        ([1, "x"], errors.QUANTITY_NOT_VALID, "quantity"),
        (-1, errors.QUANTITY_NOT_VALID, "quantity"),
        ("1.2345", errors.QUANTITY_NOT_VALID, "quantity"),
        (0.30000000000000004, errors.QUANTITY_NOT_VALID, "quantity"),
        ("NaN", errors.QUANTITY_NOT_VALID, "quantity"),
        ("1e99", errors.QUANTITY_NOT_VALID, "quantity"),
        ("1e999999999", errors.QUANTITY_NOT_VALID, "quantity"),
        (10**13, errors.QUANTITY_NOT_VALID, "quantity"),
        (True, errors.QUANTITY_NOT_VALID, "quantity"),
        ("six", errors.QUANTITY_NOT_VALID, "quantity"),
        ({"@id": "urn:x"}, errors.QUANTITY_NOT_VALID, "quantity"),
        ({"x": 1}, errors.QUANTITY_NOT_VALID, "quantity"),
    ],
)
def test_a_quantity_that_is_none(quantity: object, code: str, field: str) -> None:
    found = fault(read_order(document(order(L1), line(L1, quantity, CARROT_OFFER)), ADDRESSES))
    assert (found.code, found.field) == (code, f"Order.hasPart[0].{field}")
    assert found.facts["node"] == L1


@pytest.mark.parametrize(
    ("concerns", "code"),
    [
        (None, errors.VALUE_MISSING),
        (["urn:a", "urn:b"], errors.VALUE_NOT_CLEAR),
        ("urn:nowhere", errors.PRODUCT_NOT_NAMED),
        ("carrots", errors.PRODUCT_NOT_NAMED),
        ({"@type": "dfc-b:Offer"}, errors.PRODUCT_NOT_NAMED),
        ({"@type": "dfc-b:SuppliedProduct"}, errors.PRODUCT_NOT_NAMED),
        (offer("urn:o", ["urn:a", "urn:b"]), errors.VALUE_NOT_CLEAR),
        (offer("urn:o", "carrots"), errors.PRODUCT_NOT_NAMED),
        (offer("urn:o", 7), errors.PRODUCT_NOT_NAMED),
        ("https://elsewhere.example/Offers/1", errors.PRODUCT_NOT_NAMED),
        (7, errors.PRODUCT_NOT_NAMED),
        (True, errors.PRODUCT_NOT_NAMED),
    ],
)
def test_a_line_that_leads_to_no_product(concerns: object, code: str) -> None:
    body = document(order(L1), line(L1, 6, concerns))
    assert refused(body) == (code, "Order.hasPart[0].concerns")


@pytest.mark.parametrize(
    "price",
    [
        {"@type": "dfc-b:Price", "dfc-b:value": "a lot"},
        {"@type": "dfc-b:Price", "dfc-b:value": -1},
        {"@type": "dfc-b:Price", "dfc-b:value": 1, "dfc-b:VATrate": 101},
        {"@type": "dfc-b:Price", "dfc-b:value": 1, "dfc-b:VATrate": "x"},
        {"@type": "dfc-b:Price", "dfc-b:value": 10**12},
        "a lot",
        -1,
        True,
    ],
)
def test_a_price_that_is_none(price: object) -> None:
    found = fault(
        read_order(document(order(L1), line(L1, 6, CARROT_OFFER, hasPrice=price)), ADDRESSES)
    )
    assert found.code == errors.PRICE_NOT_VALID
    assert str(found.field).startswith("Order.hasPart[0].hasPrice")


@pytest.mark.parametrize("value", ["hub/7", "nobody", 7, True, "https://a b"])
def test_who_ordered_is_an_address(value: object) -> None:
    assert refused(simple(orderedBy=value)) == (errors.IRI_NOT_VALID, "Order.orderedBy")


@pytest.mark.parametrize("value", ["dfc-v:Sold", "dfc-v:Fulfilled", 7, True, {"x": 1}])
def test_a_status_that_there_is_not(value: object) -> None:
    found = fault(read_order(simple(hasOrderStatus=value), ADDRESSES))
    assert (found.code, found.field) == (errors.STATUS_NOT_VALID, "Order.hasOrderStatus")
    assert "dfc-v:Held" in found.message


def test_dates_that_cannot_be_read() -> None:
    body = document(order(), session(beginDate="2026-11-23", endDate="Friday"))
    found = faults(read_order(body, ADDRESSES))
    assert [(each.code, each.field) for each in found] == [
        (errors.DATE_NOT_VALID, "SaleSession.beginDate"),
        (errors.DATE_NOT_VALID, "SaleSession.endDate"),
    ]
    assert found[1].facts["value"] == "Friday"


def test_a_session_that_ends_before_it_begins() -> None:
    body = document(
        order(), session(beginDate="2026-11-23T08:00:00Z", endDate="2026-11-22T08:00:00Z")
    )
    assert refused(body) == (errors.DATES_NOT_IN_ORDER, "SaleSession.endDate")


def test_two_sessions_of_which_none_is_named() -> None:
    assert refused(document(order(), session("urn:a"), session("urn:b"))) == (
        errors.NODE_REPEATED,
        "SaleSession",
    )


def test_one_id_with_two_quantities_of_one_product() -> None:
    body = document(order(L1), line(L1, 6, CARROT_OFFER), line(L1, 7, CARROT_OFFER))
    assert refused(body) == (errors.VALUE_NOT_CLEAR, "Order.hasPart[0].quantity")


def test_a_sum_beyond_all_quantities() -> None:
    most = "999999999999.999"
    body = document(order(L1, L2), line(L1, most, CARROT_OFFER), line(L2, most, CARROT_OFFER))
    assert refused(body) == (errors.QUANTITY_NOT_VALID, "Order.hasPart[1]")


def test_all_that_is_wrong_is_named_at_once() -> None:
    body = document(
        order(L1, L2, hasOrderStatus="dfc-v:Sold", orderedBy="nobody"),
        line(L1, -1, CARROT_OFFER),
        line(L2, None, "urn:nowhere"),
        session(beginDate="soon"),
    )
    assert [each.code for each in faults(read_order(body, ADDRESSES))] == [
        errors.VALUE_MISSING,
        errors.PRODUCT_NOT_NAMED,
        errors.IRI_NOT_VALID,
        errors.QUANTITY_NOT_VALID,
        errors.STATUS_NOT_VALID,
        errors.DATE_NOT_VALID,
    ]


def test_answers_stay_short() -> None:
    found = fault(read_order(simple(orderedBy="x" * 5000), ADDRESSES))
    assert len(json.dumps(found.facts)) < 500


def test_of_a_document_that_is_all_wrong_a_part_is_told() -> None:
    body = document(order(*(f"urn:{number}" for number in range(1000))))
    assert len(faults(read_order(body, ADDRESSES))) == 100


def test_an_order_of_the_most_lines_there_may_be_is_within_the_limits() -> None:
    lines = [f"{ORDERS}/OrderLines/{number}" for number in range(1000)]
    nodes = [order(*lines)]
    for number, name in enumerate(lines):
        price = {"@type": "dfc-b:Price", "dfc-b:value": 1, "dfc-b:VATrate": 9}
        price["dfc-b:hasUnit"] = {"@id": "dfc-m:Euro"}
        nodes.append(line(name, 1, f"urn:o{number}", hasPrice=price, partOf=ORDERS))
        nodes.append(offer(f"urn:o{number}", {"@id": f"urn:p{number}"}, hasPrice=price))
        nodes.append({"@id": f"urn:p{number}", "@type": "dfc-b:SuppliedProduct"})
    body = json.dumps({"@context": CONTEXT, "@graph": nodes}).encode()
    read = read_order(body, ADDRESSES)
    assert len(ok(read).lines) == 1000


def test_a_lone_line_has_to_be_one() -> None:
    assert fault(read_line(document(order()), ADDRESSES)).code == errors.NODE_MISSING
    two = document(line(L1, 1, CARROT_OFFER), line(L2, 1, CARROT_OFFER))
    assert fault(read_line(two, ADDRESSES)).code == errors.NODE_REPEATED
    assert fault(read_line(document(line(L1, 6, "urn:x")), ADDRESSES)).field == "OrderLine.concerns"
