"""Sales sessions, catalogue items and offers that come alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec import UNSET

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.parts import ReadPrice
from entrepot.apis.dfc.reading import (
    ReadItem,
    ReadOffer,
    read_item,
    read_line,
    read_offer,
    read_session,
)
from tests.unit.dfc.sample import (
    ADDRESSES,
    CARROT,
    CARROT_OFFER,
    HERE,
    Node,
    document,
    example,
    fault,
    faults,
    offer,
    ok,
    session,
)

ITEM = f"{HERE}/CatalogItems/carrot-1kg"


def item(**more: object) -> Node:
    node: Node = {"@id": ITEM, "@type": "dfc-b:CatalogItem"}
    return node | {f"dfc-b:{name}": value for name, value in more.items()}


def test_a_session_of_the_npm_connector() -> None:
    read = ok(read_session(example("npm-sale-session"), ADDRESSES))
    assert read.id == f"{HERE}/SaleSessions/2026-w48-hub-a"
    assert read.begins_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert read.ends_at == datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert read.lists == (f"{HERE}/Offers/carrot-1kg",)


def test_a_session_without_times_or_address() -> None:
    read = ok(read_session(document({"@type": "dfc-b:SaleSession"}), ADDRESSES))
    assert (read.id, read.begins_at, read.ends_at, read.lists) == (None, None, None, ())


def test_what_a_session_lists_counts_once() -> None:
    body = document(session(lists=[CARROT_OFFER, {"@id": CARROT_OFFER}, offer("urn:o", CARROT)]))
    assert ok(read_session(body, ADDRESSES)).lists == (CARROT_OFFER, "urn:o")


@pytest.mark.parametrize(
    ("name", "sku", "stock"),
    [
        ("npm-catalog-item", "CAR-1", Decimal(10)),
        ("npm-catalog-item-zero-stock", "Z", Decimal(0)),
        ("npm-catalog-item-unlimited", "U", UNSET),
    ],
)
def test_an_item_of_the_npm_connector(name: str, sku: str, stock: object) -> None:
    read = ok(read_item(example(name), ADDRESSES))
    assert (read.sku, read.stock) == (sku, stock)
    assert read.product == f"{HERE}/SuppliedProducts/carrot-1kg"


@pytest.mark.parametrize(
    ("said", "stock"),
    [(-1, None), ("-1", None), (-0.5, None), ("2.50", Decimal("2.5")), (0, Decimal(0))],
)
def test_below_zero_is_no_limit(said: object, stock: Decimal | None) -> None:
    read = ok(read_item(document(item(stockLimitation=said)), ADDRESSES))
    assert read == ReadItem(ITEM, None, UNSET, stock)


def test_what_an_item_cannot_say() -> None:
    body = document(item(sku=" A ", stockLimitation="lots", references="carrot"))
    assert [(each.code, each.field) for each in faults(read_item(body, ADDRESSES))] == [
        (errors.IRI_NOT_VALID, "CatalogItem.references"),
        (errors.STOCK_NOT_VALID, "CatalogItem.stockLimitation"),
        (errors.SKU_NOT_VALID, "CatalogItem.sku"),
    ]
    assert fault(read_item(document(item(sku=7)), ADDRESSES)).code == errors.SKU_NOT_VALID
    found = fault(read_item(document(item(stockLimitation="1.2345")), ADDRESSES))
    assert found.code == errors.STOCK_NOT_VALID


def test_an_item_among_what_it_refers_to() -> None:
    product = {"@id": CARROT, "@type": "dfc-b:SuppliedProduct"}
    body = document(item(references=product, stockLimitation=3), offer(CARROT_OFFER, CARROT))
    assert ok(read_item(body, ADDRESSES)) == ReadItem(ITEM, CARROT, UNSET, Decimal(3))


def test_an_offer_of_the_npm_connector() -> None:
    read = ok(read_offer(example("npm-offer"), ADDRESSES))
    assert read.price == ReadPrice(Decimal("2.5"), "EUR", Decimal("5.5"))
    assert read.stock == Decimal(10)


@pytest.mark.parametrize("plain", [2.5, "2.5", {"@value": "2.50"}])
def test_a_price_is_a_plain_number(plain: object) -> None:
    read = ok(read_offer(document(offer(CARROT_OFFER, CARROT, hasPrice=plain)), ADDRESSES))
    assert read == ReadOffer(CARROT_OFFER, ReadPrice(Decimal("2.5")))


def test_a_price_that_is_not_in_the_document_changes_nothing() -> None:
    for reference in ("_:_:b7", "https://elsewhere.example/prices/1"):
        body = document(offer(CARROT_OFFER, CARROT, hasPrice=reference))
        assert ok(read_offer(body, ADDRESSES)).price is UNSET


def test_a_price_in_a_currency_without_a_term_has_none() -> None:
    price = {"@type": "dfc-b:Price", "dfc-b:value": 3, "dfc-b:hasUnit": "dfc-m:SwissFranc"}
    read = ok(read_offer(document(offer(CARROT_OFFER, CARROT, hasPrice=price)), ADDRESSES))
    assert read.price == ReadPrice(Decimal(3))


def test_an_undescribed_offer_of_another_server_says_too_little() -> None:
    found = fault(read_line(example("npm-orderline-only"), ADDRESSES))
    assert found.code == errors.PRODUCT_NOT_NAMED
    assert found.facts["value"] == f"{HERE}/Offers/carrot-1kg"
