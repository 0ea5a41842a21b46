"""Anything by its id: what a key does not see is null, like what is not there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from graphql import GraphQLError

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import LIMIT_PASSED, granted
from entrepot.apis.graphql.ids import (
    ADDRESS,
    ADJUSTMENT,
    ADVERT,
    COUNTRY,
    INVENTORY,
    INVOICE,
    LINE_ITEM,
    ORDER,
    REFUND_LINE,
    REFUND_REQUEST,
    SELLER,
    SHIPMENT,
    SHIPMENT_CARRIER,
    SHIPPED_ITEM,
    STATE,
    VARIANT,
    number_in,
    read_id,
    write_id,
)
from entrepot.apis.graphql.queries import webhooks
from entrepot.apis.graphql.queries.naming import NAMES_MAX
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.address import (
    STATES,
    Country,
    State,
    WrittenAddress,
    address_number,
    bill_address,
    country_numbered,
    goods_address,
)
from entrepot.apis.graphql.types.adjustment import (
    WrittenAdjustment,
    adjusted,
    adjustment_number,
)
from entrepot.apis.graphql.types.advert import Unpublished, type_of
from entrepot.apis.graphql.types.line_item import LineItem, line_numbered
from entrepot.apis.graphql.types.refund_request import RefundItem, refund_items
from entrepot.apis.graphql.types.shipment import ShippedItem, shipped_items, shipped_number
from entrepot.apis.graphql.types.variant import Inventory
from entrepot.orders import (
    ShipmentCarrier,
    ShownInvoice,
    ShownMarketplaceOrder,
    ShownRefundRequest,
    ShownShipment,
)
from entrepot.stock import MarketProduct, MarketSeller, MarketVariant

Found = Callable[[Context, str], Awaitable[Any]]


async def node(_: object, info: Info, id: str) -> object:  # noqa: A002 - an argument of the schema
    """What an id stands for, or None."""
    return await find_node(context_of(info), id)


async def nodes(_: object, info: Info, ids: list[str]) -> list[object]:
    """What ids stand for, in their order: one statement a type."""
    if len(ids) > NAMES_MAX:
        raise GraphQLError(
            f"Ask for at most {NAMES_MAX} ids at once.", extensions={"code": LIMIT_PASSED}
        )
    context = context_of(info)
    return await asyncio.gather(*[find_node(context, each) for each in ids])


async def find_node(context: Context, text: str) -> object:
    """What an id stands for, if the key sees it."""
    named = read_id(text)
    find = None if named is None else FINDERS.get(named.kind)
    return None if find is None else await find(context, text)


async def _find_advert(context: Context, text: str) -> object:
    number = number_in(text, ADVERT)
    found = None if number is None else await context.products_numbered.load(number)
    return found if found is not None and found.variants else None


async def find_variant(context: Context, text: str) -> MarketVariant | None:
    """The variant that an id names, if the key sees it."""
    number = number_in(text, VARIANT)
    return None if number is None else await context.variants_numbered.load(number)


async def _find_inventory(context: Context, text: str) -> object:
    number = number_in(text, INVENTORY)
    found = None if number is None else await context.variants_numbered.load(number)
    return None if found is None else Inventory(found)


async def _find_seller(context: Context, text: str) -> object:
    number = number_in(text, SELLER)
    return None if number is None else await context.sellers_numbered.load(number)


async def _find_order(context: Context, text: str) -> object:
    number = number_in(text, ORDER)
    return None if number is None else await context.orders_numbered.load(number)


async def _find_invoice(context: Context, text: str) -> ShownInvoice | None:
    number = number_in(text, INVOICE)
    return None if number is None else await context.invoices_numbered.load(number)


async def find_line_item(context: Context, text: str) -> LineItem | None:
    """The line that an id names, if the key sees it."""
    number = number_in(text, LINE_ITEM)
    invoice = None if number is None else await context.invoices_of_lines.load(number)
    return None if invoice is None or number is None else line_numbered(invoice, number)


async def _find_shipment(context: Context, text: str) -> ShownShipment | None:
    number = number_in(text, SHIPMENT)
    invoice = None if number is None else await context.invoices_of_shipments.load(number)
    some = () if invoice is None else invoice.shipments
    return next((each for each in some if each.legacy_id == number), None)


async def _find_shipped_item(context: Context, text: str) -> object:
    named = read_id(text)
    assert named is not None, "it was read before"
    number, place = shipped_number(named.number)
    shipment = await _find_shipment(context, write_id(SHIPMENT, number))
    some = [] if shipment is None else shipped_items(shipment)
    return some[place] if place < len(some) else None


async def _find_carrier(context: Context, text: str) -> object:
    number = number_in(text, SHIPMENT_CARRIER)
    some = granted(orders.list_shipment_carriers(context.caller))
    return next((each for each in some if each.legacy_id == number), None)


async def find_refund(context: Context, text: str) -> ShownRefundRequest | None:
    """The refund request that an id names, if the key sees it."""
    number = number_in(text, REFUND_REQUEST)
    invoice = None if number is None else await context.invoices_of_refunds.load(number)
    some = () if invoice is None else invoice.refund_requests
    return next((each for each in some if each.legacy_id == number), None)


async def _find_refund_line(context: Context, text: str) -> object:
    number = number_in(text, REFUND_LINE)
    invoice = None if number is None else await context.invoices_of_refund_lines.load(number)
    some = () if invoice is None else invoice.refund_requests
    items = [item for each in some for item in refund_items(each)]
    return next((item for item in items if item.part.legacy_id == number), None)


async def _find_adjustment(context: Context, text: str) -> object:
    named = read_id(text)
    assert named is not None, "it was read before"
    number, place = adjustment_number(named.number)
    invoice = await _find_invoice(context, write_id(INVOICE, number))
    some = [] if invoice is None else adjusted(invoice)
    return some[place] if place < len(some) else None


async def _find_address(context: Context, text: str) -> object:
    named = read_id(text)
    assert named is not None, "it was read before"
    number, is_invoice, is_bill = address_number(named.number)
    owner: Any
    if is_invoice:
        owner = await _find_invoice(context, write_id(INVOICE, number))
    else:
        owner = await _find_order(context, write_id(ORDER, number))
    if owner is None:
        return None
    return bill_address(owner) if is_bill else goods_address(owner)


async def _find_country(_: Context, text: str) -> object:
    number = number_in(text, COUNTRY)
    return None if number is None else country_numbered(number)


async def _find_state(_: Context, text: str) -> object:
    named = read_id(text)
    return None if named is None else STATES.get(named.number)


FINDERS: Final[Mapping[str, Found]] = {
    ADDRESS: _find_address,
    ADJUSTMENT: _find_adjustment,
    ADVERT: _find_advert,
    COUNTRY: _find_country,
    INVENTORY: _find_inventory,
    INVOICE: _find_invoice,
    LINE_ITEM: find_line_item,
    ORDER: _find_order,
    REFUND_LINE: _find_refund_line,
    REFUND_REQUEST: find_refund,
    SELLER: _find_seller,
    SHIPMENT: _find_shipment,
    SHIPMENT_CARRIER: _find_carrier,
    SHIPPED_ITEM: _find_shipped_item,
    STATE: _find_state,
    VARIANT: find_variant,
    **webhooks.FINDERS,
}
"""How what an id names is found, by the name of its type. A type that is served joins here."""

TYPES: Final[Mapping[type, str]] = {
    Country: "Country",
    Inventory: "Inventory",
    LineItem: "LineItem",
    MarketSeller: "Seller",
    MarketVariant: "Variant",
    RefundItem: "RefundRequestLineItem",
    ShipmentCarrier: "ShipmentCarrier",
    ShippedItem: "ShippedItem",
    ShownInvoice: "Invoice",
    ShownMarketplaceOrder: "Order",
    ShownRefundRequest: "RefundRequest",
    ShownShipment: "Shipment",
    State: "State",
    WrittenAddress: "Address",
    WrittenAdjustment: "Adjustment",
    **webhooks.TYPES,
}
"""The types of nodes by the classes that stand for them; adverts know theirs."""


def node_type(value: object) -> str:
    """The name of a node's type."""
    if isinstance(value, MarketProduct | Unpublished):
        return type_of(value)
    return TYPES[type(value)]


FIELDS: Final[Resolvers] = {"node": node, "nodes": nodes}
