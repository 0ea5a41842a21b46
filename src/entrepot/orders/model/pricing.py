"""What marketplace lines come to: whole-cent unit prices, tax, and what their seller is owed.

Rules R5 to R9 and R14 of marketplace-api.md, 4.3; who is owed what, 5 there. All amounts are whole
minor units; nothing is rounded anywhere else.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment import InvoicedOrder
from entrepot.orders.model.market import MarketLine, Money

_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)


class MarketVariant(msgspec.Struct, frozen=True):
    """What a marketplace order keeps of a variant as it is when it is sold."""

    product: Id
    product_legacy_id: int
    product_name: str
    legacy_id: int
    name: str
    sku: str
    gtin: str | None
    pricing_model: str
    vat_rate: Decimal | None
    retail_price: Decimal | None
    wholesale_price: Decimal | None


class Marketplace(msgspec.Struct, frozen=True):
    """The organisation that runs a marketplace: its home country and its money."""

    country: str
    currency: str
    minor_digits: int
    wholesale_countries: tuple[str, ...]

    @property
    def offers_wholesale(self) -> bool:
        """Whether its sellers may sell at wholesale prices: by its home country."""
        return self.country in self.wholesale_countries


class MarketFacts(msgspec.Struct):
    """What a batch knows of marketplaces: variants, who runs one, and sellers' names.

    `taken` are external ids of orders, as (marketplace, key, value); it grows with the batch.
    `invoiced` are the orders whose invoices are acted on.
    """

    variants: Mapping[Id, MarketVariant] = {}
    marketplaces: Mapping[Id, Marketplace] = {}
    sellers: Mapping[Id, str] = {}
    taken: set[tuple[Id, str, str]] = set()
    invoiced: Mapping[tuple[Id, Id], InvoicedOrder] = {}


class LineMoney(NamedTuple):
    """What one line comes to: at retail with the tax in it, and for its seller."""

    unit: int
    cost: int
    cost_tax: int
    tax_rate: Decimal | None
    postage: int
    postage_tax: int
    postage_tax_rate: Decimal | None
    owed: int


def whole_unit(cost: int, quantity: int) -> int:
    """The unit price of a line in whole minor units, halves up: 10830 for 4 is 2708 each (R5, R6).

    The line then costs unit x quantity. Which way other fractions go is not known of the API that
    this follows, so it is decided here and nowhere else.
    """
    return round_half_up(Decimal(cost) / Decimal(quantity))


def round_half_up(amount: Decimal) -> int:
    """Whole minor units, halves away from zero."""
    return int(amount.quantize(_ONE, context=_EXACT))


def tax_within(amount: int, rate: Decimal | None) -> int:
    """How much of an amount is tax of so many percent; none without a rate."""
    if rate is None:
        return 0
    return round_half_up(_EXACT.divide(Decimal(amount) * rate, _HUNDRED + rate))


def cost_of(line: MarketLine, variant: MarketVariant, digits: int, quantity: int) -> Money | None:
    """What a line costs: as said, else the variant's retail price with its tax, if it has one."""
    if line.cost is not None:
        return line.cost
    if variant.retail_price is None:
        return None
    rate = variant.vat_rate or Decimal(0)
    with_tax = _EXACT.divide(variant.retail_price * (_HUNDRED + rate), _HUNDRED)
    return Money(round_half_up(with_tax.scaleb(digits, _EXACT)) * quantity)


def price_line(line: MarketLine, variant: MarketVariant, digits: int, quantity: int) -> LineMoney:
    """Work out a line whose money was checked.

    A tax that was not said is what the rate (as said, else the variant's) makes of the amount. A
    wholesale seller is owed its wholesale price, on which there is no sales tax, and the postage.
    """
    cost = cost_of(line, variant, digits, quantity)
    assert cost is not None, "a line without any price was refused"
    unit = whole_unit(cost.amount, quantity)
    paid = unit * quantity
    tax, rate = _tax(Money(paid, cost.tax, cost.tax_rate), variant)
    postage = line.postage or Money(0, None if cost.tax is None else 0)
    postage_tax, postage_rate = _tax(postage, variant)
    sold_for = paid
    if variant.pricing_model == "wholesale":
        assert variant.wholesale_price is not None, "wholesale without its price was refused"
        sold_for = round_half_up((variant.wholesale_price * quantity).scaleb(digits, _EXACT))
    return LineMoney(
        unit,
        paid,
        min(tax, paid),
        rate,
        postage.amount,
        postage_tax,
        postage_rate if postage.amount else None,
        sold_for + postage.amount,
    )


def _tax(money: Money, variant: MarketVariant) -> tuple[int, Decimal | None]:
    """The tax in an amount and its rate."""
    rate = variant.vat_rate if money.tax_rate is None else money.tax_rate
    if money.tax is None:
        return tax_within(money.amount, rate), rate
    return money.tax, money.tax_rate


def untaxed_fields(lines: Sequence[MarketLine]) -> list[str]:
    """Where tax is missing that must be said: of cost and postage alike, on all lines or none.

    Zero counts as said. Postage that is not there is zero with no tax on it (R7 to R9).
    """
    said = [_says_tax(line) for line in lines]
    if not any(said):
        return []
    missing = []
    for number, line in enumerate(lines):
        if line.cost is None or line.cost.tax is None:
            missing.append(f"lines[{number}].cost.tax")
        if line.postage is not None and line.postage.tax is None:
            missing.append(f"lines[{number}].postage.tax")
    return missing


def _says_tax(line: MarketLine) -> bool:
    return any(money is not None and money.tax is not None for money in (line.cost, line.postage))
