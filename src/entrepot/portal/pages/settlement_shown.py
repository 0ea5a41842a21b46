"""How documents and open weeks are written down for people: numbers, dates, money, and states.

Weeks and their days are those of the partnership's own zone; moments are by the reader's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec
from babel.dates import format_interval

from entrepot.kernel.weeks import read_week
from entrepot.portal.words import NOTHING, Words
from entrepot.settlement import (
    OpenSettlement,
    OpenWeek,
    Settlement,
    SettlementChange,
    SettlementLine,
    Total,
)

LineKey: TypeAlias = tuple[str, str | None, str | None]
"""What tells a line from others: its variant, price and VAT rate."""
NUMBER_LENGTH: Final = 6
"""Signs of a document's id in its number: enough to tell documents of one week apart."""


class RateShown(msgspec.Struct, frozen=True):
    """What the lines of one VAT rate come to."""

    rate: str | None
    net: str
    vat: str


class SettlementShown(msgspec.Struct, frozen=True, kw_only=True):
    """A document, or an open week, with everything that is written in a special way.

    `number` is the same on both faces. `state_key` is a document's state, with `open` for a week
    that is.
    """

    it: Settlement | OpenSettlement
    number: str
    period: str
    first_day: str
    last_day: str
    rates: tuple[RateShown, ...]
    net: str
    vat: str
    gross: str
    is_known: bool
    units: str = ""
    ends_at: datetime
    is_open: bool = False

    @property
    def is_order(self) -> bool:
        """Whether this is the wholesaler's side."""
        return self.it.face == "order"


def show_document(document: Settlement, words: Words) -> SettlementShown:
    """A closed document as it is written down."""
    return _shown(document, words, number_of(document))


def show_open_week(opened: OpenWeek, words: Words) -> SettlementShown:
    """An open week as it is written down."""
    it = opened.settlement
    return _shown(it, words, it.week, units=words.quantity(opened.units), is_open=True)


def number_of(document: Settlement) -> str:
    """What people call a document: its week, and the end of its id."""
    return f"{document.week}-{document.inner_id[-NUMBER_LENGTH:].upper()}"


def file_name(document: Settlement, words: Words) -> str:
    """What the file of a document is called, so that files of several sort by week."""
    face = words("settlement order") if document.face == "order" else words("settlement inbound")
    signs = [sign if sign.isalnum() else "-" for sign in f"{face} {document.partner_name}".lower()]
    return f"{number_of(document)}-{''.join(signs)}"


def corrections_of(
    changes: Sequence[SettlementChange], week: str, lines: Sequence[SettlementLine]
) -> dict[LineKey, list[SettlementChange]]:
    """What went back in a week of earlier ones, by the line that it stands in.

    Two lines that look alike (goods of two of the wholesaler's products) are told nothing apart.
    """
    alike = Counter((line.variant, line.unit_price, line.vat_rate) for line in lines)
    found: dict[LineKey, list[SettlementChange]] = {}
    for each in changes:
        key = each.variant, each.unit_price, each.vat_rate
        if each.week == week and alike[key] == 1:
            found.setdefault(key, []).append(each)
    return found


def later_of(changes: Sequence[SettlementChange], week: str) -> list[SettlementChange]:
    """What went back later of a week."""
    return [each for each in changes if each.of_week == week]


def _shown(
    it: Settlement | OpenSettlement,
    words: Words,
    number: str,
    *,
    units: str = "",
    is_open: bool = False,
) -> SettlementShown:
    monday = read_week(it.week)
    assert monday is not None, "a document's week is one"
    sunday = monday + timedelta(days=6)

    def money(minor: int | None) -> str:
        if minor is None:
            return NOTHING
        return words.money(Decimal(minor).scaleb(-it.minor_digits), it.currency)

    def rate(total: Total) -> RateShown:
        name = None if total.vat_rate is None else words.percentage(total.vat_rate)
        return RateShown(name, money(total.net_minor), money(total.vat_minor))

    return SettlementShown(
        it=it,
        number=number,
        period=format_interval(monday, sunday, "yMMMd", locale=words.locale),
        first_day=words.day(monday),
        last_day=words.day(sunday),
        rates=tuple([rate(each) for each in it.totals]),
        net=money(it.net_minor),
        vat=money(it.vat_minor),
        gross=money(it.gross_minor),
        is_known=it.net_minor is not None,
        units=units,
        ends_at=it.ends_at,
        is_open=is_open,
    )
