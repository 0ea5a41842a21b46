"""Addresses: what a client computes from them is what we mean, and no other host's say anything."""

from __future__ import annotations

import pytest

from entrepot.apis.dfc.addresses import Addresses, OrderAddress, ProductAddress, SessionAddress
from tests.unit.dfc.sample import ADDRESSES, CARROTS, HERE, SLUG

MINE = ProductAddress(SLUG, CARROTS, is_case=False)


def test_open_food_network_finds_orders_by_replacing_text() -> None:
    product = ADDRESSES.product(SLUG, CARROTS)
    catalogue = product.rpartition("/")[0]
    assert catalogue == ADDRESSES.products(SLUG)
    assert product.count("/SuppliedProducts") == 1
    assert catalogue.replace("/SuppliedProducts", "/Orders") == ADDRESSES.orders(SLUG)


def test_what_is_made_is_read() -> None:
    for make in (ADDRESSES.product, ADDRESSES.item, ADDRESSES.offer):
        assert ADDRESSES.read_product(make(SLUG, CARROTS)) == MINE
        case = ADDRESSES.read_product(make(SLUG, CARROTS, is_case=True))
        assert case == ProductAddress(SLUG, CARROTS, is_case=True)
    assert ADDRESSES.read_order(ADDRESSES.order(SLUG, "ord_1")) == OrderAddress(SLUG, "ord_1", None)
    assert ADDRESSES.read_order(ADDRESSES.line(SLUG, "ord_1", 7)) == OrderAddress(SLUG, "ord_1", 7)
    assert ADDRESSES.read_session(ADDRESSES.session(SLUG, "s-1")) == SessionAddress(SLUG, "s-1")
    assert ADDRESSES.read_enterprise(ADDRESSES.enterprise(SLUG)) == SLUG


def test_a_line_that_a_client_added_is_spelt_its_own_way() -> None:
    assert ADDRESSES.read_order(f"{HERE}/Orders/ord_1/OrderLines/2") == OrderAddress(
        SLUG, "ord_1", 2
    )


def test_the_scheme_and_the_case_of_the_host_do_not_matter() -> None:
    made = ADDRESSES.product(SLUG, CARROTS)
    assert ADDRESSES.read_product(made.replace("https://p", "http://P")) == MINE


def test_an_origin_may_have_a_path_and_a_port() -> None:
    addresses = Addresses("https://one.example:8443/entrepot/")
    made = addresses.product(SLUG, CARROTS)
    assert made == (
        f"https://one.example:8443/entrepot/api/dfc/Enterprises/jean/SuppliedProducts/var_{CARROTS}"
    )
    assert addresses.read_product(made) == MINE
    assert addresses.read_product(ADDRESSES.product(SLUG, CARROTS)) is None


@pytest.mark.parametrize(
    "iri",
    [
        f"https://elsewhere.example/api/dfc/Enterprises/jean/SuppliedProducts/var_{CARROTS}",
        f"https://platform.example.evil/api/dfc/Enterprises/jean/Offers/var_{CARROTS}",
        f"https://me@platform.example/api/dfc/Enterprises/jean/Offers/var_{CARROTS}",
        f"{HERE}/SuppliedProducts/var_{CARROTS}/more",
        f"{HERE}/SuppliedProducts/var_{CARROTS}?x=1",
        f"{HERE}/SuppliedProducts/var_{CARROTS}#x",
        f"{HERE}/SuppliedProducts/var_{CARROTS}-CASE",
        f"{HERE}/SuppliedProducts/var_{CARROTS.upper()}",
        f"{HERE}/SuppliedProducts/1",
        f"{HERE}/suppliedproducts/var_{CARROTS}",
        f"urn:{CARROTS}",
        "http://[bad",
        "",
    ],
)
def test_what_is_not_ours_says_nothing(iri: str) -> None:
    assert ADDRESSES.read_product(iri) is None


def test_the_address_of_all_sessions_names_none() -> None:
    assert ADDRESSES.read_session(f"{HERE}/SalesSession/#") is None
    assert ADDRESSES.read_order(f"{HERE}/Orders") is None
    assert ADDRESSES.read_order(f"{HERE}/Orders/#") is None
