"""Splitting an order into invoices: who gets which lines, and what each comes to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from entrepot.kernel.ids import Id
from entrepot.orders.model import Marketplace, MarketVariant, WantedLine
from entrepot.orders.model.invoices import MarketRecord
from entrepot.orders.model.invoicing import PricedLine, make_record
from entrepot.orders.model.market import (
    DELIVERY_TYPES,
    Address,
    Adjustment,
    Buyer,
    DeliveryType,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    Money,
    with_billing,
)
from entrepot.orders.model.pricing import price_line

AT_HOME = Marketplace("AU", "AUD", 2, ("AU", "NZ"))
MUG = MarketVariant("p" * 32, 1, "Mug", 2, "Blue", "MUG", None, "marketplace", None, None, None)
GROSS = MarketVariant(
    "p" * 32, 1, "Mug", 2, "Blue", "MUG", None, "wholesale", None, None, Decimal("7.125")
)
ORDER: Id = "0" * 32


def line(
    number: int,
    seller: Id = "one",
    amount: int = 1000,
    delivery: DeliveryType = "buy_online",
    *adjustments: Adjustment,
) -> PricedLine:
    said = MarketLine(Money(amount), Money(10), delivery, adjustments)
    variant = GROSS if seller == "gross" else MUG
    wanted = WantedLine("v" * 32, Decimal(1))
    return PricedLine(number, seller, wanted, said, variant, price_line(said, variant, 2, 1))


def record(lines: Sequence[PricedLine], **of_market: object) -> MarketRecord:
    numbers = count(1)
    said = Market(tuple(each.said for each in lines), **of_market)  # type: ignore[arg-type] # passed on
    return make_record(AT_HOME, ORDER, said, lines, lambda: f"{next(numbers):032x}")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["one", "two", "gross"]),
            st.integers(0, 10_000),
            st.sampled_from(DELIVERY_TYPES),
            st.integers(-50, 50).filter(bool),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_line_is_on_one_invoice_and_all_adds_up(
    drawn: list[tuple[str, int, DeliveryType, int]],
) -> None:
    lines = [
        line(
            number,
            seller,
            amount,
            delivery,
            Adjustment("fee" if change > 0 else "promotion", change, 0, "Change"),
        )
        for number, (seller, amount, delivery, change) in enumerate(drawn, 1)
    ]
    made = record(lines)
    keys = [(each.seller, each.delivery_type) for each in made.invoices]
    assert len(set(keys)) == len(keys)
    assert sorted(each.line_no for each in made.lines) == [each.line_no for each in lines]
    for each in made.lines:
        (invoice,) = [one for one in made.invoices if one.id == each.invoice]
        drawn_as = drawn[each.line_no - 1]
        assert (invoice.seller, invoice.delivery_type) == (drawn_as[0], drawn_as[2])
    assert made.totals.total == sum(each.totals.total for each in made.invoices)
    assert made.totals.total == sum(amount + 10 + change for _, amount, _, change in drawn)
    owed = sum(713 if seller == "gross" else amount for seller, amount, _, _ in drawn)
    assert sum(each.owed for each in made.invoices) == owed + 10 * len(drawn)


def test_what_is_said_of_an_invoice_is_put_on_the_one_of_its_lines() -> None:
    fee = Adjustment("fee", 100, 30, "Wrapping")
    terms = (
        InvoiceTerms((1,), (fee,), (KeyValue("erp", "7"),), (KeyValue("lane", "b"),)),
        InvoiceTerms((2,), (), (KeyValue("erp", "8"),)),
    )
    made = record([line(1), line(2, "two"), line(3, "two")], invoices=terms)
    first, second = made.invoices
    assert (first.totals.adjusted, first.withheld, first.metadata) == (0, 0, {})
    assert (second.totals.adjusted, second.withheld) == (100, 30)
    assert second.owed == 2 * 1010 - 30
    assert second.metadata == {"lane": "b"}
    named = [(each.subject, each.value) for each in made.external_ids]
    assert named == [(second.id, "7"), (second.id, "8")]


def test_who_does_not_say_is_at_home_and_pays_where_they_are() -> None:
    buyer = Buyer("Ann", address=Address(city="Perth"), billing_first_name="Bo")
    made = record([line(1)], buyer=buyer)
    filled = with_billing(made.buyer)
    assert filled.address == Address(city="Perth", country="AU")
    assert filled.billing_address == filled.address
    assert (filled.first_name, filled.billing_first_name) == ("Ann", "Bo")
    assert filled.billing_surname is None
