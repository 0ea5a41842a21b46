"""Splitting a marketplace's order into seller invoices, one a seller and delivery type (R11)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from entrepot.kernel.ids import Id, IdSource
from entrepot.orders.model.commands import WantedLine
from entrepot.orders.model.invoices import (
    AdjustmentRecord,
    ExternalId,
    InvoiceRecord,
    LineRecord,
    MarketRecord,
    Totals,
)
from entrepot.orders.model.market import (
    Address,
    Adjustment,
    Buyer,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
)
from entrepot.orders.model.pricing import LineMoney, Marketplace, MarketVariant


class PricedLine(NamedTuple):
    """A line with its seller, what was said of it, what it is of, and what it comes to."""

    line_no: int
    seller: Id
    wanted: WantedLine
    said: MarketLine
    variant: MarketVariant
    money: LineMoney


def make_record(
    marketplace: Marketplace,
    order: Id,
    market: Market,
    lines: Sequence[PricedLine],
    new_id: IdSource,
) -> MarketRecord:
    """Split checked lines into invoices and add up what each, and the order, comes to."""
    parts: dict[tuple[Id, str], list[PricedLine]] = {}
    for line in lines:
        parts.setdefault((line.seller, line.said.delivery_type), []).append(line)
    made: list[LineRecord] = []
    invoices: list[InvoiceRecord] = []
    adjustments: list[AdjustmentRecord] = []
    external_ids = _external_ids("order", order, 0, market.external_ids)
    for (seller, delivery_type), some in parts.items():
        ident = new_id()
        terms = _terms_of(market.invoices, {line.line_no - 1 for line in some})
        changes = _adjustments(ident, some, terms)
        adjustments += changes
        withheld = sum(each.adjustment.withheld for each in changes)
        metadata: dict[str, str] = {}
        for each in terms:
            metadata |= _metadata(each.metadata)
            external_ids += _external_ids("invoice", ident, 0, each.external_ids)
        for line in some:
            external_ids += _external_ids("line", order, line.line_no, line.said.external_ids)
            said = _metadata(line.said.metadata)
            made.append(LineRecord(line.line_no, ident, seller, line.money, line.variant, said))
        invoices.append(
            InvoiceRecord(
                ident,
                seller,
                delivery_type,
                some[0].variant.pricing_model,
                _totals(some, changes),
                withheld,
                sum(line.money.owed for line in some) - withheld,
                metadata,
            )
        )
    return MarketRecord(
        new_id(),
        marketplace.currency,
        marketplace.minor_digits,
        marketplace.country,
        _at_home(market.buyer, marketplace.country),
        market.payment_details,
        _metadata(market.metadata),
        _totals(lines, adjustments),
        tuple(invoices),
        tuple(made),
        tuple(adjustments),
        tuple(dict.fromkeys(external_ids)),
    )


def _terms_of(terms: Iterable[InvoiceTerms], lines: set[int]) -> list[InvoiceTerms]:
    """What was said of the invoice of these lines, in as many parts as the caller split it."""
    return [each for each in terms if lines.issuperset(each.lines)]


def _adjustments(
    invoice: Id, lines: Sequence[PricedLine], terms: Iterable[InvoiceTerms]
) -> list[AdjustmentRecord]:
    """Adjustments of an invoice's lines, then those of the whole of it."""
    return [
        *(
            AdjustmentRecord(invoice, line.line_no, each)
            for line in lines
            for each in line.said.adjustments
        ),
        *(AdjustmentRecord(invoice, None, each) for some in terms for each in some.adjustments),
    ]


def _totals(lines: Iterable[PricedLine], adjustments: Iterable[AdjustmentRecord]) -> Totals:
    """Add up lines and what was taken off or put on."""
    totals = Totals(adjusted=_sum(each.adjustment for each in adjustments))
    for line in lines:
        totals.subtotal += line.money.cost
        totals.postage += line.money.postage
        totals.tax += line.money.cost_tax + line.money.postage_tax
    return totals


def _sum(adjustments: Iterable[Adjustment]) -> int:
    return sum(each.amount for each in adjustments)


def _external_ids(
    owner_type: str, subject: Id, line_no: int, some: Iterable[KeyValue]
) -> list[ExternalId]:
    return [ExternalId(owner_type, subject, line_no, each.key, each.value) for each in some]


def _metadata(some: Iterable[KeyValue]) -> dict[str, str]:
    return {each.key: each.value for each in some}


def _at_home(buyer: Buyer, country: str) -> Buyer:
    """A buyer whose addresses are in the marketplace's home country where they do not say."""
    return msgspec.structs.replace(
        buyer,
        address=_in_country(buyer.address, country),
        billing_address=_in_country(buyer.billing_address, country),
    )


def _in_country(address: Address | None, country: str) -> Address | None:
    if address is None or address.country is not None:
        return address
    return msgspec.structs.replace(address, country=country)
