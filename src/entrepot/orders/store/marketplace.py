"""Loading what marketplaces' orders rest on, and saving them with their seller invoices."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.currencies import minor_digits_of
from entrepot.kernel.ids import Id
from entrepot.orders.model import MarketFacts, Marketplace, MarketSurvey, MarketVariant, Order
from entrepot.orders.model.invoices import InvoiceRecord, MarketRecord, Totals
from entrepot.orders.model.market_changes import ChangedOrder
from entrepot.orders.model.market_rows import MarketOrderFacts, MarketSidesRow
from entrepot.orders.store.fulfilment import read_invoiced_orders

SQL = load_statements("entrepot.orders.store", "marketplace.sql")

ROWS: Mapping[str, type] = {
    "read_market_order": MarketOrderFacts,
    "read_market_sides": MarketSidesRow,
}

_ENCODER: Final = msgspec.json.Encoder()
_VARIANT: Final = 1
_MARKETPLACE: Final = 2
_SELLER: Final = 3


async def read_market_facts(connection: Connection, asked: MarketSurvey | None) -> MarketFacts:
    """Read what is asked about marketplaces' orders; nothing where nothing is.

    In one statement for new ones, and two for those whose invoices are acted on.
    """
    if asked is None:
        return MarketFacts()
    facts = await _read_placing(connection, asked) if asked.marketplaces else MarketFacts()
    if asked.invoiced:
        facts.invoiced = await read_invoiced_orders(connection, asked.invoiced)
    return facts


async def _read_placing(connection: Connection, asked: MarketSurvey) -> MarketFacts:
    """Read what new orders rest on."""
    variants: dict[Id, MarketVariant] = {}
    marketplaces: dict[Id, Marketplace] = {}
    sellers: dict[Id, str] = {}
    taken: set[tuple[Id, str, str]] = set()
    rows = await connection.fetch(
        SQL["read_market_facts"],
        *columns(asked.variants, 2),
        asked.marketplaces,
        asked.sellers,
        *columns(asked.external_ids, 3),
    )
    for what, i, ident, l1, l2, t1, t2, t3, t4, t5, n1, n2, n3, some in rows:
        if what == _VARIANT:
            variants[asked.variants[i - 1][1]] = MarketVariant(
                ident, l1, t1, l2, t2, t3, t4, t5, n1, n2, n3
            )
        elif what == _MARKETPLACE:
            marketplaces[asked.marketplaces[i - 1]] = Marketplace(
                t1, t2, minor_digits_of(t2), tuple(some)
            )
        elif what == _SELLER:
            sellers[asked.sellers[i - 1]] = t1
        else:
            taken.add(asked.external_ids[i - 1])
    return MarketFacts(variants, marketplaces, sellers, taken)


async def write_marketplace_orders(
    connection: Connection, orders: Sequence[Order]
) -> Mapping[Id, int]:
    """Write what new orders of marketplaces have beside their core, after it, in one statement.

    Returns the numbers that orders and invoices were given, by id. Row counts are asserted.
    """
    pairs = [(order, order.market) for order in orders if order.market is not None]
    kinds = [
        [_order_row(order, market) for order, market in pairs],
        [row for order, market in pairs for row in _seller_rows(order, market)],
        [_invoice_row(order, each) for order, market in pairs for each in market.invoices],
        [row for order, market in pairs for row in _line_rows(order, market)],
        [row for order, market in pairs for row in _adjustment_rows(order, market)],
        [
            {"organisation": order.organisation, **msgspec.structs.asdict(each)}
            for order, market in pairs
            for each in market.external_ids
        ],
    ]
    rows = await connection.fetch(
        SQL["write_marketplace_orders"],
        *[_ENCODER.encode(kind) for kind in kinds],
        orders[0].placed_at,
    )
    numbers = {ident: number for what, ident, number in rows if what != "rows"}
    (others,) = [number for what, _, number in rows if what == "rows"]
    assert len(numbers) == len(kinds[0]) + len(kinds[2]), "every order and invoice has its number"
    assert others == sum(map(len, (kinds[1], *kinds[3:]))), "every row is written once"
    return numbers


async def offers_wholesale(connection: Connection, seller: Id) -> bool:
    """Read whether a marketplace that a seller is on offers wholesale prices; without any, true."""
    offers: bool = await connection.fetchval(SQL["offers_wholesale"], seller)
    return offers


def _order_row(order: Order, market: MarketRecord) -> dict[str, Any]:
    return {
        "organisation": order.organisation,
        "order_id": order.id,
        "token": market.token,
        "currency": market.currency,
        "minor_digits": market.minor_digits,
        "country": market.country,
        "buyer": market.buyer,
        "payment_details": market.payment_details,
        "metadata": market.metadata,
        **_totals(market.totals),
    }


def _totals(totals: Totals) -> dict[str, int]:
    return {
        "subtotal": totals.subtotal,
        "postage": totals.postage,
        "tax": totals.tax,
        "adjusted": totals.adjusted,
        "total": totals.total,
    }


def _seller_rows(order: Order, market: MarketRecord) -> Iterator[dict[str, Any]]:
    """One row a seller; one that has two pricing models would be two, which is refused below."""
    models = {(each.seller, each.pricing_model) for each in market.invoices}
    for seller, pricing_model in sorted(models):
        yield {
            "organisation": order.organisation,
            "order_id": order.id,
            "seller": seller,
            "pricing_model": pricing_model,
        }


def _invoice_row(order: Order, invoice: InvoiceRecord) -> dict[str, Any]:
    return {
        "organisation": order.organisation,
        "id": invoice.id,
        "order_id": order.id,
        "seller": invoice.seller,
        "delivery_type": invoice.delivery_type,
        "pricing_model": invoice.pricing_model,
        **_totals(invoice.totals),
        "withheld": invoice.withheld,
        "owed": invoice.owed,
        "metadata": invoice.metadata,
    }


def _line_rows(order: Order, market: MarketRecord) -> Iterator[dict[str, Any]]:
    for line in market.lines:
        variant = line.variant
        yield {
            "organisation": order.organisation,
            "order_id": order.id,
            "line_no": line.line_no,
            "invoice": line.invoice,
            "seller": line.seller,
            **{name: value for name, value in line.money._asdict().items() if name != "unit"},
            "pricing_model": variant.pricing_model,
            "wholesale_price": variant.wholesale_price,
            "product": variant.product,
            "product_legacy_id": variant.product_legacy_id,
            "product_name": variant.product_name,
            "variant_legacy_id": variant.legacy_id,
            "variant_name": variant.name,
            "sku": variant.sku,
            "gtin": variant.gtin,
            "metadata": line.metadata,
        }


def _adjustment_rows(order: Order, market: MarketRecord) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(market.adjustments, 1):
        yield {
            "organisation": order.organisation,
            "order_id": order.id,
            "adjustment_no": number,
            "invoice": each.invoice,
            "line_no": each.line_no,
            **msgspec.structs.asdict(each.adjustment),
        }


async def read_market_sides(connection: Connection, organisation: Id) -> MarketSidesRow:
    """Read whether an organisation runs a marketplace, and whether it sells on one."""
    row = await connection.fetchrow(SQL["read_market_sides"], organisation)
    assert row is not None, "it is one row whoever asks"
    return MarketSidesRow(*row)


async def read_market_order(
    connection: Connection, order: tuple[Id, Id]
) -> MarketOrderFacts | None:
    """Read what is known of a locked order, by (marketplace, id); None for one of another kind."""
    row = await connection.fetchrow(SQL["read_market_order"], *order)
    return None if row is None else MarketOrderFacts(*row)


async def update_market_order(
    connection: Connection, order: tuple[Id, Id], changed: ChangedOrder, now: datetime
) -> None:
    """Write what was changed of a locked order, by (marketplace, id), and that it was, now."""
    await connection.execute(
        SQL["update_market_order"],
        *order,
        _ENCODER.encode(changed.buyer),
        None if changed.payment_details is None else changed.payment_details.encode(),
        changed.is_under_review,
        now,
    )
