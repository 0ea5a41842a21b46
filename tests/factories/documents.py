"""What a week's document must say, worked out from the transfers alone and in another way.

Nothing here is shared with the code that it judges: fractions instead of decimals, one transfer
after another instead of a grouped sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page, cut
from entrepot.kernel.refusal import Refusal
from entrepot.settlement import OpenSettlement, Settlement, SettlementLine, list_open_lines
from tests.factories.transfers import Moved


class Line(NamedTuple):
    """A line as one side counts and prices it; prices and amounts as exact fractions."""

    variant: str
    unit_price: Fraction | None
    vat_rate: Fraction | None
    transferred: Fraction
    reversed: Fraction
    amount: Fraction | None
    transfers: int


class Totals(NamedTuple):
    """By VAT rate, in minor units of two decimals: net and VAT."""

    by_rate: dict[Fraction | None, tuple[int, int | None]]
    net: int | None
    vat: int | None


def lines_of(moved: Iterable[Moved], face: str) -> list[Line]:
    """The lines of a week as a face has them, in no order."""
    found: dict[tuple[object, ...], Line] = {}
    for each in moved:
        pair = each.pair
        key = (pair.wholesaler_variant, pair.variant, pair.factor, each.unit_price, each.vat_rate)
        price = None if each.unit_price is None else Fraction(each.unit_price)
        rate = None if each.vat_rate is None else Fraction(each.vat_rate)
        units, variant = Fraction(each.quantity), pair.variant
        if face == "order":
            units, variant = units * pair.factor, pair.wholesaler_variant
        elif price is not None:
            price = price * pair.factor
        line = found.get(key)
        if line is None:
            amount = None if price is None else Fraction(0)
            line = Line(f"var_{variant}", price, rate, Fraction(0), Fraction(0), amount, 0)
        there, back = (units, 0) if each.reverses is None else (0, units)
        amount = None
        if price is not None and line.amount is not None:
            amount = line.amount + (there - back) * price
        found[key] = line._replace(
            transferred=line.transferred + there,
            reversed=line.reversed + back,
            amount=amount,
            transfers=line.transfers + 1,
        )
    return list(found.values())


def totals_of(lines: Iterable[Line]) -> Totals:
    """What the lines come to: the net rounded once a rate, then the VAT on it."""
    sums: dict[Fraction | None, Fraction] = {}
    unpriced = False
    for line in lines:
        if line.amount is None:
            unpriced = True
        else:
            sums[line.vat_rate] = sums.get(line.vat_rate, Fraction(0)) + line.amount
    by_rate: dict[Fraction | None, tuple[int, int | None]] = {}
    for rate, exact in sums.items():
        net = half_away(exact * 100)
        by_rate[rate] = (net, None if rate is None else half_away(net * rate / 100))
    if unpriced:
        return Totals(by_rate, None, None)
    vat: int | None = 0
    for _, part in by_rate.values():
        vat = None if vat is None or part is None else vat + part
    return Totals(by_rate, sum(net for net, _ in by_rate.values()), vat)


def half_away(exact: Fraction) -> int:
    """Round to a whole number, halves away from zero."""
    whole = (abs(exact) * 2 + 1) // 2
    return int(whole if exact >= 0 else -whole)


def shown(line: SettlementLine) -> Line:
    """A line that a view shows, as the model has it."""
    assert Fraction(line.net) == Fraction(line.transferred) - Fraction(line.reversed)
    return Line(
        line.variant,
        _exact(line.unit_price),
        _exact(line.vat_rate),
        Fraction(line.transferred),
        Fraction(line.reversed),
        _exact(line.amount),
        line.transfers,
    )


def totals_shown(document: Settlement | OpenSettlement) -> Totals:
    """The totals of a document that a view shows, as the model has them."""
    by_rate = {}
    for each in document.totals:
        assert each.net_minor is not None
        by_rate[_exact(each.vat_rate)] = (each.net_minor, each.vat_minor)
    return Totals(by_rate, document.net_minor, document.vat_minor)


def _exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


async def open_lines_of(
    pool: Pool, caller: Caller, partnership: Id, week: str
) -> list[SettlementLine]:
    """The lines of an open week, read two at a time."""
    found: list[SettlementLine] = []
    page, more = Page(2), True
    while more:
        rows = await list_open_lines(pool, caller, partnership, week, page)
        assert not isinstance(rows, Refusal), rows
        shown_rows, more = cut(rows, page)
        found += [line for _, line in shown_rows]
        page = Page(2, shown_rows[-1][0].key if shown_rows else None)
    return found
