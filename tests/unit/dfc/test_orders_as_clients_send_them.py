"""Each way in which a known client departs from the standard, and that it is read as meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from entrepot.apis.dfc.parts import ReadPrice
from entrepot.apis.dfc.reading import read_line, read_order, read_replacement
from tests.unit.dfc.sample import (
    ADDRESSES,
    BEAN,
    BEAN_OFFER,
    CARROT,
    CARROT_OFFER,
    HERE,
    HUB,
    ORDERS,
    document,
    example,
    line,
    offer,
    ok,
    order,
    session,
    simple,
)

L1 = f"{ORDERS}/OrderLines/1"
L2 = f"{ORDERS}/OrderLines/2"


def quantities(body: bytes) -> dict[str, Decimal]:
    return {each.product: each.quantity for each in ok(read_order(body, ADDRESSES)).lines}


def test_open_food_networks_new_order_has_the_collections_id() -> None:
    read = ok(read_order(example("ruby-ofn-post-new-order"), ADDRESSES))
    assert read.id == f"{HERE}/Orders"
    assert (read.status, read.fulfilment_status, read.payment_status) == ("held", None, None)
    assert read.ordered_by == "http://hub.example/api/dfc/enterprises/7"
    assert read.session_id == f"{HERE}/SalesSession/#"
    assert read.session is not None
    assert read.session.begins_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert read.session.ends_at == datetime(2026, 11, 27, 18, tzinfo=UTC)
    (only,) = read.lines
    assert (only.product, only.quantity) == (f"{HERE}/SuppliedProducts/1", Decimal(6))
    assert only.offer == f"{HERE}/SuppliedProducts/1/Offer"
    assert only.price == ReadPrice(Decimal("2.5"), "EUR", Decimal(0))


def test_open_food_networks_complete_echoes_held_fulfilment() -> None:
    read = ok(read_replacement(example("ruby-ofn-put-complete"), ADDRESSES))
    assert (read.id, read.status) == (f"{HERE}/Orders/1001", "complete")
    assert [(each.product, each.quantity) for each in read.lines] == [
        (f"{HERE}/SuppliedProducts/carrot-1kg", Decimal(6))
    ]


def test_the_npm_connectors_order() -> None:
    read = ok(read_order(example("npm-order-held"), ADDRESSES))
    assert (read.status, read.fulfilment_status, read.payment_status) == ("held", "held", "unpaid")
    assert read.ordered_by == HUB
    (only,) = read.lines
    assert only.quantity == Decimal(6)
    assert only.price == ReadPrice(Decimal("2.5"), "EUR", Decimal("5.5"))


def test_what_we_write_is_read_when_it_is_echoed() -> None:
    for name in ("server-order-held", "server-order-complete"):
        read = ok(read_order(example(name), ADDRESSES))
        assert read.id == f"{HERE}/Orders/1001"
        assert [each.quantity for each in read.lines] == [Decimal(6)]


@pytest.mark.parametrize("offered", [CARROT, {"@id": CARROT}, {"@value": CARROT}])
def test_offered_item_is_a_literal_or_a_reference(offered: object) -> None:
    body = document(order(L1), line(L1, 6, "urn:o"), offer("urn:o", offered))
    assert quantities(body) == {CARROT: Decimal(6)}


def test_the_product_is_what_is_offered_not_what_the_offers_address_looks_like() -> None:
    body = document(order(L1), line(L1, 6, CARROT_OFFER), offer(CARROT_OFFER, BEAN))
    assert quantities(body) == {BEAN: Decimal(6)}


def test_an_offer_of_ours_needs_no_description() -> None:
    read = ok(read_order(simple(), ADDRESSES))
    assert [(each.product, each.offer) for each in read.lines] == [(CARROT, CARROT_OFFER)]


def test_an_offer_stands_in_its_place_with_or_without_an_address() -> None:
    price = {"@type": "dfc-b:Price", "dfc-b:value": 2, "dfc-b:hasUnit": "dfc-m:Euro"}
    named = offer(CARROT_OFFER, CARROT, hasPrice=price)
    for inside, address in (
        (named, CARROT_OFFER),
        ({"@id": CARROT_OFFER, "@type": "dfc-b:Offer", "dfc-b:hasPrice": price}, CARROT_OFFER),
        ({name: value for name, value in named.items() if name != "@id"}, None),
        (named | {"@id": "_:b4"}, None),
    ):
        (only,) = ok(read_order(document(order(L1), line(L1, 6, inside)), ADDRESSES)).lines
        assert (only.product, only.offer) == (CARROT, address)
        assert only.price == ReadPrice(Decimal(2), "EUR")


def test_an_offer_with_no_more_than_its_type_needs_no_description() -> None:
    bare = {"@id": CARROT_OFFER, "@type": "dfc-b:Offer"}
    assert quantities(document(order(L1), line(L1, 6, CARROT_OFFER), bare)) == {CARROT: Decimal(6)}


@pytest.mark.parametrize("described", [True, False])
def test_a_line_concerns_a_product_itself(*, described: bool) -> None:
    nodes = [order(L1), line(L1, 6, CARROT)]
    if described:
        nodes.append({"@id": CARROT, "@type": "dfc-b:SuppliedProduct", "dfc-b:name": "<b>X</b>"})
    assert quantities(document(*nodes)) == {CARROT: Decimal(6)}


def test_a_line_concerns_a_product_of_another_host_that_is_described() -> None:
    foreign = "https://elsewhere.example/products/1"
    node = {"@id": foreign, "@type": "dfc-b:SuppliedProduct"}
    assert quantities(document(order(L1), line(L1, 6, foreign), node)) == {foreign: Decimal(6)}


def test_an_offer_leads_to_a_product_through_a_catalogue_item() -> None:
    item = {"@id": "urn:i", "@type": "dfc-b:CatalogItem", "dfc-b:references": CARROT}
    through = {"@id": "urn:o", "@type": "dfc-b:Offer", "dfc-b:offers": {"@id": "urn:i"}}
    assert quantities(document(order(L1), line(L1, 6, "urn:o"), through, item)) == {
        CARROT: Decimal(6)
    }
    assert quantities(document(order(L1), line(L1, 6, "urn:i"), item)) == {CARROT: Decimal(6)}


def test_a_supplied_product_echoed_back_says_nothing() -> None:
    echo = {"@id": CARROT, "@type": "dfc-b:SuppliedProduct", "dfc-b:name": "Other", "x": [[1]]}
    body = document(order(L1), line(L1, 6, CARROT_OFFER), offer(CARROT_OFFER, CARROT), echo)
    assert quantities(body) == {CARROT: Decimal(6)}


@pytest.mark.parametrize(
    "quantity",
    [
        6,
        "6",
        6.0,
        "6.000",
        "6E0",
        "0.6e1",
        {"@value": "6", "@type": "http://www.w3.org/2001/XMLSchema#float"},
        {"@value": 6},
    ],
)
def test_a_quantity_is_a_number_or_text_or_typed(quantity: object) -> None:
    body = document(order(L1), line(L1, quantity, CARROT_OFFER))
    assert quantities(body) == {CARROT: Decimal(6)}


def test_a_fraction_is_exact() -> None:
    body = b'{"@context":"%s","@graph":[%s,%s]}' % (
        b"https://www.datafoodconsortium.org",
        json.dumps(order(L1)).encode(),
        json.dumps(line(L1, "Q", CARROT_OFFER)).encode().replace(b'"Q"', b"2.675E0"),
    )
    assert quantities(body) == {CARROT: Decimal("2.675")}


def test_has_quantity_stands_in_for_quantity() -> None:
    measure = {"@type": "dfc-b:QuantitativeValue", "dfc-b:value": "2.5"}
    measure["dfc-b:hasUnit"] = "dfc-m:Kilogram"
    node = {"@id": L1, "@type": "dfc-b:OrderLine", "dfc-b:concerns": CARROT_OFFER}
    read = ok(read_order(document(order(L1), node | {"dfc-b:hasQuantity": measure}), ADDRESSES))
    assert [(each.quantity, each.unit) for each in read.lines] == [(Decimal("2.5"), "kg")]
    both = node | {"dfc-b:hasQuantity": measure, "dfc-b:quantity": 3}
    assert quantities(document(order(L1), both)) == {CARROT: Decimal(3)}


def test_quantity_zero_is_kept_for_taking_a_line_away() -> None:
    body = document(order(L1), line(L1, "0", CARROT_OFFER))
    assert quantities(body) == {CARROT: Decimal(0)}


@pytest.mark.parametrize("blank", ["_:b1", "_:_:b1"])
def test_a_price_is_a_flat_node(blank: str) -> None:
    price = {"@id": blank, "@type": "dfc-b:Price", "dfc-b:value": "2.5"}
    price |= {"dfc-b:VATrate": "5.5", "dfc-b:hasUnit": "dfc-m:Euro"}
    body = document(order(L1), line(L1, 6, CARROT_OFFER, hasPrice=blank), price)
    (only,) = ok(read_order(body, ADDRESSES)).lines
    assert only.price == ReadPrice(Decimal("2.5"), "EUR", Decimal("5.5"))


def test_a_price_stands_in_its_place() -> None:
    price = {"@type": "dfc-b:Price", "dfc-b:value": 2.5, "dfc-b:hasUnit": {"@id": "dfc-m:USDollar"}}
    body = document(order(L1), line(L1, 6, CARROT_OFFER, hasPrice=price))
    (only,) = ok(read_order(body, ADDRESSES)).lines
    assert only.price == ReadPrice(Decimal("2.5"), "USD")


def test_the_slips_of_the_sample_api() -> None:
    price = {"@type": "dfc-b:Price", "dfc-b:hasValue": "£0.27"}
    body = document(
        order(
            L1,
            OrderedBy=HUB,
            hasPaymentState="dfc-v:Unpaid",
            belongsTo={"@id": "urn:s"},
        ),
        line(L1, 6, CARROT_OFFER, Price=price),
        session("urn:s", startDate="2026-11-23T08:00:00Z", endDate="2026-11-27T18:00:00Z"),
    )
    read = ok(read_order(body, ADDRESSES))
    assert read.ordered_by == HUB
    assert read.payment_status == "unpaid"
    assert read.lines[0].price == ReadPrice(Decimal("0.27"), "GBP")
    assert read.session is not None
    assert read.session.begins_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "dfc-v:Held",
        "dfc-v:held",
        {"@id": "dfc-v:Held"},
        "http://static.datafoodconsortium.org/data/vocabulary.rdf#Held",
        "http://w3id.org/dfc/taxonomies/v2.0.0/vocabulary.rdf#held",
    ],
)
def test_a_status_by_any_of_its_addresses(said: object) -> None:
    assert ok(read_order(simple(hasOrderStatus=said), ADDRESSES)).status == "held"


def test_a_hub_without_ordered_by_and_with_javascript_dates() -> None:
    number = f"{ORDERS}/#/OrderLines/1"
    body = document(
        {**order(number, belongsTo=f"{HERE}/SalesSession/#"), "@id": f"{ORDERS}/#"},
        line(number, 6, f"{HERE}/Offers/1"),
        offer(f"{HERE}/Offers/1", CARROT),
        session(beginDate="Mon Dec 16 2024 02:30:56 GMT+0100 (Central European Standard Time)"),
    )
    read = ok(read_order(body, ADDRESSES))
    assert read.ordered_by is None
    assert read.session is not None
    assert read.session.begins_at == datetime(2024, 12, 16, 1, 30, 56, tzinfo=UTC)
    assert read.session.ends_at is None
    assert [each.product for each in read.lines] == [CARROT]


def test_an_order_that_names_no_session_belongs_to_the_only_one() -> None:
    body = document(order(L1), line(L1, 6, CARROT_OFFER), session(endDate="2026-11-27T18:00:00Z"))
    read = ok(read_order(body, ADDRESSES))
    assert read.session_id is None
    assert read.session is not None
    assert read.session.ends_at == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_a_bare_order_without_parts_has_no_lines() -> None:
    bare = {"@context": CONTEXT_OF_NPM, **order(), "@id": f"{ORDERS}/1001"}
    read = ok(read_replacement(json.dumps(bare).encode(), ADDRESSES))
    assert (read.id, read.status, read.lines) == (f"{ORDERS}/1001", "held", ())


def test_lines_with_the_same_id_are_told_apart_by_product() -> None:
    """A client that adds a line counts those there are, and may meet the id of one of them."""
    body = document(order(L1, L1), line(L1, 6, CARROT_OFFER), line(L1, 2, BEAN_OFFER))
    assert quantities(body) == {CARROT: Decimal(6), BEAN: Decimal(2)}


def test_several_lines_of_one_product_are_one_of_their_sum() -> None:
    body = document(order(L1, L2), line(L1, 6, CARROT_OFFER), line(L2, "1.5", CARROT))
    assert quantities(body) == {CARROT: Decimal("7.5")}


def test_a_node_that_stands_twice_counts_once() -> None:
    twice = line(L1, 6, CARROT_OFFER)
    assert quantities(document(order(L1), order(L1), twice, twice)) == {CARROT: Decimal(6)}


def test_a_node_in_pieces_is_one() -> None:
    pieces = ({"@id": L1, "dfc-b:quantity": 6}, {"@id": L1, "dfc-b:concerns": CARROT_OFFER})
    assert quantities(document(order(L1), *pieces)) == {CARROT: Decimal(6)}


def test_lines_that_stand_inside_their_order() -> None:
    inside = {"@type": "dfc-b:OrderLine", "dfc-b:quantity": 6, "dfc-b:concerns": CARROT_OFFER}
    nested = order() | {"dfc-b:hasPart": [inside, line(L2, 2, offer("urn:o", BEAN))]}
    assert quantities(json.dumps({"@context": CONTEXT_OF_NPM, **nested}).encode()) == {
        CARROT: Decimal(6),
        BEAN: Decimal(2),
    }


def test_a_line_may_name_its_order_instead() -> None:
    body = document(order(), line(L1, 6, CARROT_OFFER, partOf=ORDERS))
    assert quantities(body) == {CARROT: Decimal(6)}


def test_cycles_end() -> None:
    body = document(
        order(L1, belongsTo=ORDERS, hasPart=[L1]),
        line(L1, 6, "urn:o", partOf=ORDERS),
        offer("urn:o", "urn:i"),
        {"@id": "urn:i", "@type": "dfc-b:CatalogItem", "dfc-b:references": "urn:o"},
    )
    assert quantities(body) == {"urn:o": Decimal(6)}


CONTEXT_OF_NPM = (
    "https://www.datafoodconsortium.org/wp-content/plugins/"
    "wordpress-context-jsonld/context_1.16.0.jsonld"
)


@pytest.mark.parametrize(
    "context",
    [
        CONTEXT_OF_NPM,
        "https://www.datafoodconsortium.org",
        "https://www.datafoodconsortium.org/",
        "http://www.datafoodconsortium.org/",
        "http://static.datafoodconsortium.org/ontologies/context.json",
        "https://w3id.org/dfc/ontology/contexts/context.v1.16.0.json",
        ["https://www.datafoodconsortium.org", {"ofn": "https://ofn.example/#"}],
        {
            "dfc-b": "http://static.datafoodconsortium.org/ontologies/DFC_BusinessOntology.owl#",
            "dfc-v": "http://static.datafoodconsortium.org/data/vocabulary.rdf#",
        },
        {
            "dfc-b": "https://www.w3id.org/dfc/ontology/src/DFC_BusinessOntology.owl#",
            "dfc-v": "https://www.w3id.org/dfc/taxonomies/vocabulary.rdf#",
        },
        {
            "dfc-b": "http://w3id.org/dfc/ontology/v2.0.0/src/DFC_BusinessOntology.owl#",
            "dfc-v": "http://w3id.org/dfc/taxonomies/v2.0.0/vocabulary.rdf#",
        },
        {},
        None,
    ],
)
def test_every_context_that_is_met_in_documents(context: object) -> None:
    body = document(order(L1), line(L1, 6, CARROT_OFFER), context=context)
    read = ok(read_order(body, ADDRESSES))
    assert (read.status, len(read.lines), read.lines[0].quantity) == ("held", 1, Decimal(6))


def test_a_second_context_further_in() -> None:
    inner = {"@context": "https://www.datafoodconsortium.org", **line(L1, 6, CARROT_OFFER)}
    assert quantities(document(order(L1), inner)) == {CARROT: Decimal(6)}


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert quantities(b"\xef\xbb\xbf" + simple()) == {CARROT: Decimal(6)}


def test_a_replacement_is_read_for_its_lines_and_status_alone() -> None:
    """A client that echoes what it cannot write as it was read shall not be refused for it."""
    body = document(
        order(L1, belongsTo="urn:s", orderedBy="nobody", hasPaymentStatus="dfc-v:Odd"),
        line(L1, 6, CARROT_OFFER),
        session("urn:s", beginDate="some day"),
    )
    read = ok(read_replacement(body, ADDRESSES))
    assert (read.status, [each.quantity for each in read.lines]) == ("held", [Decimal(6)])


def test_a_line_comes_alone() -> None:
    body = document(line("urn:l", "6", CARROT_OFFER, partOf=ORDERS))
    read = ok(read_line(body, ADDRESSES))
    assert (read.product, read.quantity, read.offer) == (CARROT, Decimal(6), CARROT_OFFER)
