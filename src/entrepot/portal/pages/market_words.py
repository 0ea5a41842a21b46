"""Marketplace orders and seller invoices in words and pictures: money, who gets what, how far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot.orders import OTHER_CARRIER, Address, Buyer, ShownInvoice, ShownInvoiceLine
from entrepot.portal.charts import Part, draw_gauge
from entrepot.portal.words import NOTHING, Words

Progress: TypeAlias = Literal["done", "now", "later"]

TONES: Final = ("in", "moved", "sold", "held")
"""What sellers look like on one page: the last tone is that of all who come after the others."""


def carrier_name(words: Words, number: int, name: str) -> str:
    """What a carrier is called: all but one by their own names."""
    return words("Another carrier") if number == OTHER_CARRIER else name


class Purse:
    """Writes amounts of a currency that are kept in its minor units."""

    def __init__(self, words: Words, currency: str, minor_digits: int) -> None:
        """Write in a language."""
        self._words = words
        self._currency = currency
        self._digits = minor_digits

    def __call__(self, amount: int | Decimal) -> str:
        """An amount, which is a whole number of minor units."""
        return self._words.money(Decimal(amount).scaleb(-self._digits), self._currency)

    def price(self, price: str) -> str:
        """A price in whole units of the currency, with as many decimals as it has."""
        return self._words.money(price, self._currency)


class SellerPart(msgspec.Struct, frozen=True):
    """What one seller, or all the others together, sells in an order; in minor units."""

    name: str
    tone: str
    total: int


class Split(msgspec.Struct, frozen=True):
    """An order over its sellers: each one's part, and the bar that they make."""

    parts: tuple[SellerPart, ...]
    gauge: tuple[Part, ...]


class Stage(msgspec.Struct, frozen=True):
    """One step in the life of an invoice: what it is called, what is known of it, and how far."""

    name: str
    more: str
    progress: Progress


class Standing(msgspec.Struct, frozen=True):
    """How many units of an invoice were ordered, left, were cancelled, and are still to leave."""

    ordered: Decimal
    shipped: Decimal
    cancelled: Decimal
    to_ship: Decimal


def tones_of(invoices: Iterable[ShownInvoice]) -> Mapping[str, str]:
    """What each seller looks like on one page: by their names, the last tone for all the others."""
    sellers = sorted({(each.seller_name, each.seller) for each in invoices})
    last = len(TONES) - 1
    return {seller: TONES[min(place, last)] for place, (_, seller) in enumerate(sellers)}


def draw_split(
    words: Words, invoices: Sequence[ShownInvoice], tones: Mapping[str, str] | None = None
) -> Split:
    """Draw what the customer pays, seller by seller; those of one tone are one part.

    `tones` are those of the page, where it shows several orders.
    """
    looks = tones_of(invoices) if tones is None else tones
    parts = []
    for tone in TONES:
        some = [each for each in invoices if looks[each.seller] == tone]
        if some:
            sellers = {each.seller: each.seller_name for each in some}
            name = some[0].seller_name
            if len(sellers) > 1:
                name = words("%(num)d other sellers", num=len(sellers))
            parts.append(SellerPart(name, tone, sum(each.total for each in some)))
    gauge = draw_gauge([(each.tone, Decimal(each.total)) for each in parts])
    return Split(tuple(parts), gauge)


def standing_of(invoice: ShownInvoice) -> Standing:
    """Add up an invoice's lines."""

    def total(figures: Iterable[str]) -> Decimal:
        return sum(map(Decimal, figures), Decimal(0))

    lines = invoice.lines
    return Standing(
        total(line.quantity for line in lines),
        total(line.shipped for line in lines),
        total(line.cancelled for line in lines),
        total(line.quantity_awaiting_dispatch for line in lines),
    )


def stages_of(words: Words, purse: Purse, invoice: ShownInvoice) -> tuple[Stage, ...]:
    """The steps of an invoice: paid, left, and what was cancelled or went back of it."""
    it = standing_of(invoice)
    stages = [
        Stage(words("Paid"), words.moment(invoice.paid_at), "done")
        if invoice.paid_at is not None
        else Stage(words("Paid"), words("not yet"), "now")
    ]
    leaving = it.shipped + it.to_ship
    if leaving:
        progress: Progress = "done" if not it.to_ship else "now" if invoice.paid_at else "later"
        more = words(
            "%(shipped)s of %(units)s units",
            shipped=words.quantity(it.shipped),
            units=words.quantity(leaving),
        )
        name = (
            words("Collected") if invoice.delivery_type == "click_and_collect" else words("Shipped")
        )
        stages.append(Stage(name, more, progress))
    if it.cancelled:
        said = words.ngettext("%(units)s unit", "%(units)s units", int(it.cancelled))
        more = said % {"units": words.quantity(it.cancelled)}
        stages.append(Stage(words("Cancelled"), more, "done"))
    flags = invoice.status_flags
    back = went_back(invoice)
    if "awaiting_refund" in flags:
        stages.append(Stage(words("Refund"), words("money is to go back"), "now"))
    elif "awaiting_return" in flags:
        stages.append(Stage(words("Refund"), words("goods are to come back"), "now"))
    elif back:
        stages.append(Stage(words("Refunded"), purse(back), "done"))
    return tuple(stages)


def went_back(invoice: ShownInvoice) -> int:
    """How much of an invoice's money went back."""
    done = [each for each in invoice.refund_requests if each.status == "refunded"]
    return sum(each.amount if each.cash_amount is None else each.cash_amount for each in done)


def tell_owed(words: Words, purse: Purse, line: ShownInvoiceLine) -> str:
    """Why a line's seller is owed what it is owed."""
    if line.pricing_model == "wholesale" and line.wholesale_price is not None:
        said = words(
            "%(units)s at the wholesale price of %(price)s, without sales tax",
            units=words.quantity(line.quantity),
            price=purse.price(line.wholesale_price),
        )
    else:
        said = words("what the customer pays for it")
    if line.postage:
        return words(
            "%(said)s, and the postage of %(amount)s", said=said, amount=purse(line.postage)
        )
    return said


def unit_cost(purse: Purse, line: ShownInvoiceLine) -> str:
    """What the customer pays for one unit."""
    return purse(Decimal(line.cost) / Decimal(line.quantity))


def name_of(buyer: Buyer) -> str:
    """Who bought: a person, else a business; a dash for nobody that was named."""
    name = " ".join([each for each in (buyer.first_name, buyer.surname) if each])
    return name or buyer.business_name or NOTHING


def lines_of(words: Words, buyer: Buyer, address: Address | None) -> Sequence[str]:
    """Where goods go or a bill is sent, line by line as on a label."""
    name = name_of(buyer)
    found = [name if name != NOTHING else "", buyer.business_name or ""]
    if address is not None:
        place = " ".join([each for each in (address.city, address.state, address.postcode) if each])
        found += [address.address or "", address.subaddress or "", place]
        found.append(country_of(words, address.country) if address.country else "")
    return [each for each in dict.fromkeys(found) if each]


def country_of(words: Words, code: str) -> str:
    """A country by its name in the reader's language; its code where it has none."""
    return str(words.locale.territories.get(code, code))
