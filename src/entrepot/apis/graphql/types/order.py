"""Orders of marketplaces, over many sellers."""

from typing import Any, Final

from entrepot.apis.graphql.connections import Connection, part_of
from entrepot.apis.graphql.ids import ORDER, write_id
from entrepot.apis.graphql.money import as_number, cents
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.address import bill_address, goods_address
from entrepot.apis.graphql.types.adjustment import whole_discount
from entrepot.apis.graphql.types.line_item import line_items
from entrepot.apis.graphql.types.naming import ExternalId, external_ids, metadata
from entrepot.orders import ShownMarketplaceOrder, ShownShipment

_FINAL: Final = frozenset({"cancelled", "collected", "refunded", "sent"})
"""What invoices are called of which nothing is to be done any more."""


def _invoices(
    order: ShownMarketplaceOrder,
    _: Info,
    **arguments: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    return _part(order.invoices, arguments)


def _line_items(
    order: ShownMarketplaceOrder,
    _: Info,
    **arguments: Any,  # noqa: ANN401 - as above
) -> Connection:
    return _part(line_items(order.invoices), arguments)


def _part(rows: list[Any], arguments: dict[str, Any]) -> Connection:
    async def count() -> int:
        return len(rows)

    return part_of(rows, arguments, count)


def _discount(order: ShownMarketplaceOrder) -> int:
    return sum(map(whole_discount, order.invoices))


def _external_id(order: ShownMarketplaceOrder, _: Info) -> str | None:
    return order.external_ids[0].value if order.external_ids else None


def _external_ids(order: ShownMarketplaceOrder, _: Info) -> list[ExternalId]:
    return external_ids(ORDER, order.legacy_id, order, order.external_ids)


def _shipments(order: ShownMarketplaceOrder, _: Info) -> list[ShownShipment]:
    return [shipment for invoice in order.invoices for shipment in invoice.shipments]


def _aggregate(order: ShownMarketplaceOrder, _: Info) -> str | None:
    """The word that all its invoices have; null where they differ."""
    return None if order.aggregate_status == "mixed" else order.aggregate_status.upper()


def _is_final(order: ShownMarketplaceOrder, _: Info) -> bool:
    return all(invoice.status in _FINAL for invoice in order.invoices)


FIELDS: Final[Resolvers] = {
    "id": lambda order, _: write_id(ORDER, order.legacy_id),
    "legacyId": lambda order, _: order.legacy_id,
    "address": lambda order, _: goods_address(order),
    "aggregateInvoiceStatus": _aggregate,
    "aggregateInvoiceStatusFinal": _is_final,
    "billingAddress": lambda order, _: bill_address(order),
    "billingBusinessRegistrationCode": lambda order, _: order.buyer.billing_business_code,
    "billingCompanyName": lambda order, _: order.buyer.billing_business_name,
    "billingEmailAddress": lambda order, _: order.buyer.billing_email,
    "billingFirstName": lambda order, _: order.buyer.billing_first_name,
    "billingPhone": lambda order, _: order.buyer.billing_phone,
    "billingSurname": lambda order, _: order.buyer.billing_surname,
    "companyName": lambda order, _: order.buyer.business_name,
    "createdAt": lambda order, _: order.created_at,
    "emailAddress": lambda order, _: order.buyer.email,
    "externalId": _external_id,
    "externalIds": _external_ids,
    "firstName": lambda order, _: order.buyer.first_name,
    "invoices": _invoices,
    "isGift": lambda order, _: order.buyer.is_gift,
    "lineItems": _line_items,
    "messageToGiftRecipient": lambda order, _: order.buyer.message_to_gift_recipient,
    "messageToSeller": lambda order, _: order.buyer.message_to_seller,
    "metadata": lambda order, _: metadata(order.metadata, order),
    "notes": lambda order, _: order.buyer.notes,
    "paymentGatewayDetails": lambda order, _: order.payment_details,
    "phone": lambda order, _: order.buyer.phone,
    "purchaseOrderNumber": lambda order, _: order.buyer.purchase_order_number,
    "surname": lambda order, _: order.buyer.surname,
    "shipments": _shipments,
    "status": lambda order, _: "PENDING_REVIEW" if order.is_under_review else "COMPLETE",
    "token": lambda order, _: order.token,
    "updatedAt": lambda order, _: order.updated_at,
    "postage": as_number(lambda order: order.postage),
    "subtotal": as_number(lambda order: order.subtotal),
    "taxTotal": as_number(lambda order: order.tax),
    "total": as_number(lambda order: order.total),
    **cents("discount", _discount),
    **cents("shippingCost", lambda order: order.postage),
    **cents("subtotal", lambda order: order.subtotal),
    **cents("taxTotal", lambda order: order.tax),
    **cents("total", lambda order: order.total),
}
"""Order."""
