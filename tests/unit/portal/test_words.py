"""How the portal tells facts: amounts and moments as the language has them, all else as it is."""

from __future__ import annotations

import pytest

from entrepot.kernel.refusal import Fault
from entrepot.portal.words import Words, preferred_language

DUTCH = Words("nl")
ENGLISH = Words("en")


def test_a_refusal_is_told_with_its_facts() -> None:
    fault = Fault(
        "stock.insufficient_available",
        "English.",
        "quantity",
        {"quantity": "1500.5", "sku": "1001", "available": "0"},
    )
    assert DUTCH.fault(fault) == "Je vroeg 1.500,5 van 1001; er zijn er 0."
    assert ENGLISH.fault(fault) == "English."


def test_a_piece_is_one_unit_in_every_language() -> None:
    for words, typed in ((DUTCH, "Stuk"), (DUTCH, "piece"), (ENGLISH, "Piece")):
        assert words.unit_typed(typed) == "piece"
    assert DUTCH.unit_typed("doos") == "doos"
    assert DUTCH.unit(DUTCH.unit_typed("stuk")) == "stuk"


def test_of_several_sentences_the_first_is_told_whose_facts_are_there() -> None:
    facts = {"sku": "1001"}
    assert DUTCH.told("refusals", "stock.insufficient_available", facts) == (
        "Zoveel is er niet beschikbaar."
    )
    assert DUTCH.told("refusals", "nobody.knows", facts) is None


def test_a_moment_is_told_as_in_the_readers_time_zone() -> None:
    facts = {"again_at": "2026-07-01T10:30:00+00:00"}
    told = DUTCH.told("refusals", "partnerships.too_many_tries", facts)
    assert told is not None
    assert "1 jul 2026 12:30" in told
    lisbon = Words("en", "Europe/Lisbon").told("refusals", "partnerships.too_many_tries", facts)
    assert lisbon is not None
    assert "1 Jul 2026 11:30" in lisbon


def test_a_notice_is_told_by_its_reason_where_there_is_a_sentence_for_it() -> None:
    facts = {"sku": "0042", "partner": "Tulip"}
    kind = "stock.allocation_ended"
    assert ENGLISH.notice(kind, facts | {"reason": "expired"}).endswith("has expired.")
    assert ENGLISH.notice(kind, facts | {"reason": "closed"}).endswith("has ended.")
    assert ENGLISH.notice(kind, {}) == kind


def test_texts_of_one_and_of_many() -> None:
    one, many = "This could not be done:", "This could not be done, for %(num)d reasons:"
    assert DUTCH.ngettext(one, many, 1) == "Dit is niet gelukt:"
    assert DUTCH.ngettext(one, many, 2) == "Dit is niet gelukt, om %(num)d redenen:"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl-BE,nl;q=0.9", "nl"),
        ("en;q=0.1, nl;q=0.2", "nl"),
        ("de", "en"),
        ("nl;q=x", "en"),
        ("", "en"),
    ],
)
def test_a_browser_asks_for_a_language(header: str, language: str) -> None:
    assert preferred_language(header) == language
