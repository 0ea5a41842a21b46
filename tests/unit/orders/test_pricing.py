"""What marketplace lines come to: whole cents a unit, tax, and what sellers are owed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.orders.model.market import WHOLE_MAX, MarketLine, Money
from entrepot.orders.model.pricing import (
    LineMoney,
    MarketVariant,
    price_line,
    tax_within,
    untaxed_fields,
    whole_unit,
)


def variant(
    *,
    model: str = "marketplace",
    retail: str | None = "12.50",
    wholesale: str | None = "7.1250",
    vat: str | None = None,
) -> MarketVariant:
    return MarketVariant(
        "1" * 32,
        1,
        "Mugs",
        2,
        "Blue",
        "MUG",
        None,
        model,
        *(None if each is None else Decimal(each) for each in (vat, retail, wholesale)),
    )


def priced(line: MarketLine, quantity: int = 1, **of: str | None) -> LineMoney:
    return price_line(line, variant(**of), 2, quantity)  # type: ignore[arg-type] # passed on


@pytest.mark.parametrize(
    ("cost", "quantity", "unit"),
    [(10830, 4, 2708), (10829, 4, 2707), (1, 2, 1), (1, 3, 0), (0, 7, 0), (100, 3, 33), (5, 1, 5)],
)
def test_a_unit_costs_whole_cents_halves_up(cost: int, quantity: int, unit: int) -> None:
    assert whole_unit(cost, quantity) == unit


def test_10830_for_4_is_10832() -> None:
    assert priced(MarketLine(Money(10830)), 4).cost == 10832


@given(st.integers(0, WHOLE_MAX), st.integers(1, 10_000))
def test_rounding_moves_a_line_by_less_than_a_cent_a_unit(cost: int, quantity: int) -> None:
    paid = whole_unit(cost, quantity) * quantity
    assert 2 * abs(paid - cost) <= quantity
    assert whole_unit(paid, quantity) * quantity == paid


def test_a_wholesale_seller_is_owed_its_price_and_the_postage_without_tax() -> None:
    line = MarketLine(Money(3000, 273), Money(550, 50))
    money = priced(line, 2, model="wholesale")
    assert (money.cost, money.cost_tax, money.postage, money.postage_tax) == (3000, 273, 550, 50)
    assert money.owed == 1425 + 550
    assert priced(line, 2).owed == 3000 + 550


def test_wholesale_prices_of_parts_of_a_cent_are_summed_before_they_are_rounded() -> None:
    assert priced(MarketLine(Money(1)), 3, model="wholesale", wholesale="0.3350").owed == 101
    assert priced(MarketLine(Money(1)), 1, model="wholesale", wholesale="0.3350").owed == 34


def test_without_a_cost_the_retail_price_counts_with_its_tax() -> None:
    money = priced(MarketLine(), 2, vat="10")
    assert (money.cost, money.cost_tax, money.tax_rate) == (2750, 250, Decimal(10))
    assert priced(MarketLine(), 2).cost == 2500


def test_money_without_small_units_is_counted_in_whole_ones() -> None:
    assert price_line(MarketLine(), variant(retail="1250"), 0, 2).cost == 2500


def test_a_tax_that_was_not_said_is_what_the_rate_makes() -> None:
    said = priced(MarketLine(Money(1100, tax_rate=Decimal(10)), Money(110)), vat="20")
    assert (said.cost_tax, said.tax_rate) == (100, Decimal(10))
    assert (said.postage_tax, said.postage_tax_rate) == (18, Decimal(20))
    assert priced(MarketLine(Money(1100))).cost_tax == 0


def test_a_tax_that_was_said_stands_and_absent_postage_has_none() -> None:
    money = priced(MarketLine(Money(1000, 0)), vat="10")
    assert (money.cost_tax, money.tax_rate, money.postage_tax, money.postage_tax_rate) == (
        0,
        None,
        0,
        None,
    )


@given(st.integers(0, WHOLE_MAX), st.decimals(0, 100, places=4))
def test_a_tax_is_part_of_its_amount(amount: int, rate: Decimal) -> None:
    assert 0 <= tax_within(amount, rate) <= amount


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([MarketLine(Money(10)), MarketLine()], []),
        ([MarketLine(Money(10, 0)), MarketLine(Money(10, 0), Money(5, 0))], []),
        ([MarketLine(Money(10, 0)), MarketLine(Money(10))], ["lines[1].cost.tax"]),
        ([MarketLine(Money(10, 0), Money(5))], ["lines[0].postage.tax"]),
        ([MarketLine(Money(10), Money(5, 0))], ["lines[0].cost.tax"]),
        ([MarketLine(Money(10, 1)), MarketLine()], ["lines[1].cost.tax"]),
    ],
)
def test_tax_is_said_of_everything_or_of_nothing(
    lines: list[MarketLine], missing: list[str]
) -> None:
    assert untaxed_fields(lines) == missing
