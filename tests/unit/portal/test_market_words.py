"""Marketplace orders in pictures: each seller one colour on a page, and who has none of its own."""

from __future__ import annotations

from typing import Any

from entrepot.orders import Buyer, ShownInvoice
from entrepot.portal.pages.market_words import (
    TONES,
    Purse,
    draw_split,
    lines_of,
    name_of,
    tones_of,
)
from entrepot.portal.words import NOTHING, words_of

WORDS = words_of("en", "UTC")


def invoice(seller: str, name: str, total: int) -> ShownInvoice:
    """An invoice of which nothing but its seller and its total matters."""
    given: dict[str, Any] = dict.fromkeys(ShownInvoice.__struct_fields__)
    return ShownInvoice(**given | {"seller": seller, "seller_name": name, "total": total})


def test_sellers_keep_their_colour_from_order_to_order() -> None:
    first = [invoice("org_b", "Rugs", 300), invoice("org_a", "Chairs", 700)]
    second = [invoice("org_a", "Chairs", 50), invoice("org_a", "Chairs", 50)]
    tones = tones_of([*first, *second])
    assert tones == {"org_a": "in", "org_b": "moved"}
    drawn = draw_split(WORDS, first, tones)
    assert [(each.name, each.tone, each.total) for each in drawn.parts] == [
        ("Chairs", "in", 700),
        ("Rugs", "moved", 300),
    ]
    assert [(each.x, each.width) for each in drawn.gauge] == [(0, 700), (700, 300)]
    (alone,) = draw_split(WORDS, second, tones).parts
    assert (alone.name, alone.total) == ("Chairs", 100)


def test_who_comes_after_the_colours_shares_the_last() -> None:
    """Also sellers of one name are told apart."""
    many = [invoice(f"org_{number}", "Seller", 100) for number in range(6)]
    drawn = draw_split(WORDS, many)
    assert [each.tone for each in drawn.parts] == list(TONES)
    assert [each.name for each in drawn.parts][-1] == "3 other sellers"
    assert drawn.parts[-1].total == 300
    assert sum(each.width for each in drawn.gauge) == 1_000


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert Purse(WORDS, "EUR", 2)(1_050) == "€10.50"
    assert Purse(WORDS, "EUR", 2)(-5) == "-€0.05"
    assert Purse(WORDS, "EUR", 2).price("7.125") == "€7.125"


def test_a_buyer_of_whom_nothing_is_known_has_no_label() -> None:
    assert name_of(Buyer()) == NOTHING
    assert lines_of(WORDS, Buyer(), None) == []
    assert name_of(Buyer(business_name="Shop")) == "Shop"
    assert lines_of(WORDS, Buyer(business_name="Shop"), None) == ["Shop"]
