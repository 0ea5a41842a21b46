"""Shipments of invoices, what left in them, and who carries them."""

from collections.abc import Awaitable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import SHIPMENT, SHIPMENT_CARRIER, SHIPPED_ITEM, write_id
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.line_item import LineItem, line_numbered
from entrepot.apis.graphql.types.variant import whole
from entrepot.orders import ShownInvoice, ShownShipment, ShownShippedLine

_PLACES: Final = 1 << 12
"""More than a shipment has lines."""


class ShippedItem(NamedTuple):
    """What left of one line in a shipment, and where it stands there."""

    shipment: ShownShipment
    place: int
    part: ShownShippedLine


def shipped_items(shipment: ShownShipment) -> list[ShippedItem]:
    """What left in a shipment; it never changes."""
    return [ShippedItem(shipment, place, part) for place, part in enumerate(shipment.lines)]


def shipped_number(number: int) -> tuple[int, int]:
    """What a shipped item's number says: its shipment's number, and its place there."""
    return divmod(number, _PLACES)


def _invoice(shipment: ShownShipment, info: Info) -> Awaitable[ShownInvoice | None]:
    return context_of(info).invoices_numbered.load(shipment.invoice_legacy_id)


async def _line_item(item: ShippedItem, info: Info) -> LineItem | None:
    invoice = await _invoice(item.shipment, info)
    return None if invoice is None else line_numbered(invoice, item.part.line_legacy_id)


def _dispatched_at(shipment: ShownShipment, _: Info) -> datetime:
    """The beginning of the day: no more is known."""
    return datetime.combine(shipment.dispatched_on, time(), UTC)


FIELDS: Final[Resolvers] = {
    "id": lambda shipment, _: write_id(SHIPMENT, shipment.legacy_id),
    "legacyId": lambda shipment, _: shipment.legacy_id,
    "carrier": lambda shipment, _: shipment.carrier_name,
    "createdAt": lambda shipment, _: shipment.created_at,
    "dispatchedAt": _dispatched_at,
    "externalIds": lambda *_: [],
    "homepageLink": lambda shipment, _: shipment.homepage_url,
    "invoice": _invoice,
    "metadata": lambda *_: [],
    "note": lambda shipment, _: shipment.note,
    "shippedItems": lambda shipment, _: shipped_items(shipment),
    "trackingLink": lambda shipment, _: shipment.tracking_link,
    "trackingNumber": lambda shipment, _: shipment.tracking_number,
    "updatedAt": lambda shipment, _: shipment.created_at,
}
"""Shipment."""

ITEM_FIELDS: Final[Resolvers] = {
    "id": lambda item, _: write_id(SHIPPED_ITEM, item.shipment.legacy_id * _PLACES + item.place),
    "lineItem": _line_item,
    "quantity": lambda item, _: whole(Decimal(item.part.quantity)),
}
"""ShippedItem."""

CARRIER_FIELDS: Final[Resolvers] = {
    "id": lambda carrier, _: write_id(SHIPMENT_CARRIER, carrier.legacy_id),
    "homepageUrl": lambda carrier, _: carrier.homepage_url,
    "name": lambda carrier, _: carrier.name,
    "trackingUrl": lambda carrier, _: carrier.tracking_url,
}
"""ShipmentCarrier."""
