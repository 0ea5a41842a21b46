"""Invoices: each one seller's part of an order, by one way of delivery."""

from collections.abc import Awaitable
from typing import Final

from graphql import GraphQLError

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.failures import NOT_PERMITTED
from entrepot.apis.graphql.ids import INVOICE, write_id
from entrepot.apis.graphql.money import cents
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.address import bill_address, goods_address
from entrepot.apis.graphql.types.adjustment import WrittenAdjustment, adjusted, whole_discount
from entrepot.apis.graphql.types.line_item import line_items
from entrepot.apis.graphql.types.naming import ExternalId, external_ids, metadata
from entrepot.kernel import ids
from entrepot.orders import ShownInvoice, ShownMarketplaceOrder
from entrepot.stock import MarketSeller

_DELIVERIES: Final = {
    "buy_online": "Delivery",
    "click_and_collect": "Click and collect",
    "no_dispatch": "No dispatch",
}


def _order(invoice: ShownInvoice, info: Info) -> Awaitable[ShownMarketplaceOrder | None]:
    number = invoice.order_legacy_id
    if number is None:
        raise GraphQLError(
            "You have no permission to query the order: it is the marketplace's.",
            extensions={"code": NOT_PERMITTED},
        )
    return context_of(info).orders_numbered.load(number)


def _seller(invoice: ShownInvoice, info: Info) -> Awaitable[MarketSeller | None]:
    seller = ids.from_wire(ids.ORGANISATION, invoice.seller)
    assert seller is not None, "an invoice is somebody's"
    return context_of(info).sellers.load(seller)


def _own_adjustments(invoice: ShownInvoice, _: Info) -> list[WrittenAdjustment]:
    return [each for each in adjusted(invoice) if each.line is None]


def _tax_rate(invoice: ShownInvoice, _: Info) -> float | None:
    return _common({line.tax_rate for line in invoice.lines})


def _postage_tax_rate(invoice: ShownInvoice, _: Info) -> float | None:
    return _common({line.postage_tax_rate for line in invoice.lines if line.postage})


def _common(rates: set[str | None]) -> float | None:
    """The rate that all have in common, if they do."""
    rate = rates.pop() if len(rates) == 1 else None
    return None if rate is None else float(rate)


def _external_ids(invoice: ShownInvoice, _: Info) -> list[ExternalId]:
    return external_ids(INVOICE, invoice.legacy_id, invoice, invoice.external_ids)


FIELDS: Final[Resolvers] = {
    "id": lambda invoice, _: write_id(INVOICE, invoice.legacy_id),
    "legacyId": lambda invoice, _: invoice.legacy_id,
    "adjustments": _own_adjustments,
    "buyerBillingAddress": lambda invoice, _: bill_address(invoice),
    "buyerEmailAddress": lambda invoice, _: invoice.buyer.email,
    "buyerFirstName": lambda invoice, _: invoice.buyer.first_name,
    "buyerMessageToSeller": lambda invoice, _: invoice.buyer.message_to_seller,
    "buyerPhone": lambda invoice, _: invoice.buyer.phone,
    "buyerSurname": lambda invoice, _: invoice.buyer.surname,
    "createdAt": lambda invoice, _: invoice.created_at,
    "deliveryType": lambda invoice, _: invoice.delivery_type.upper(),
    "externalIds": _external_ids,
    "lineItems": lambda invoice, _: line_items([invoice]),
    "metadata": lambda invoice, _: metadata(invoice.metadata, invoice),
    "notes": lambda invoice, _: invoice.buyer.notes,
    "order": _order,
    "paidAt": lambda invoice, _: invoice.paid_at,
    "postageTaxRate": _postage_tax_rate,
    "refundRequests": lambda invoice, _: invoice.refund_requests,
    "remittedAt": lambda *_: None,
    "seller": _seller,
    "shipments": lambda invoice, _: invoice.shipments,
    "shippingAddress": lambda invoice, _: goods_address(invoice),
    "shippingDescription": lambda invoice, _: _DELIVERIES[invoice.delivery_type],
    "status": lambda invoice, _: invoice.status.upper(),
    "statusFlags": lambda invoice, _: [flag.upper() for flag in invoice.status_flags],
    "taxRate": _tax_rate,
    "updatedAt": lambda invoice, _: invoice.updated_at,
    **cents("discount", whole_discount),
    **cents("shippingCost", lambda invoice: invoice.postage),
    **cents("subtotal", lambda invoice: invoice.subtotal),
    **cents("taxShipping", lambda invoice: sum(line.postage_tax for line in invoice.lines)),
    **cents("taxTotal", lambda invoice: invoice.tax),
    **cents("total", lambda invoice: invoice.subtotal + invoice.postage),
    **cents("totalIncludingAdjustments", lambda invoice: invoice.total),
}
"""Invoice."""
