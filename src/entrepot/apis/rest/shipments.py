"""Shipments of seller invoices: goods of an invoice that leave together, by a carrier."""

from datetime import date
from typing import Final

import msgspec

from entrepot import orders
from entrepot.apis.rest.bodies import LineQuantityBody, Text, parts
from entrepot.apis.rest.marketplace_orders import LegacyId, Note
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    acted,
    granted,
    page_of,
    page_type,
    show,
    show_page,
)
from entrepot.apis.rest.seller_invoices import SideQuery, invoice_of
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.orders import NewShipment, ShipmentCarrier, ShipmentFilter, ShownShipment, Side


class NewShipmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What leaves together, by a carrier of the list (its number), and on which day."""

    lines: list[LineQuantityBody]
    carrier: WireInt
    tracking_number: Text
    dispatched_on: date
    note: Note | None = None


class ShipmentsQuery(PageQuery, kw_only=True):
    """Which shipments to show, and as whom."""

    side: Side = "seller"
    invoice: Text | None = None
    legacy_id: LegacyId | None = None


class Carriers(msgspec.Struct, frozen=True):
    """Who carries parcels."""

    data: list[ShipmentCarrier]


async def list_carriers(call: Call[NoQuery, None]) -> Reply:
    """Show who carries parcels."""
    return show(Carriers(granted(orders.list_shipment_carriers(call.caller))))


async def ship(call: Call[NoQuery, NewShipmentBody]) -> Reply:
    """Let goods of an invoice leave."""
    body = call.body
    new = NewShipment(
        invoice_of(call),
        parts(body.lines),
        body.carrier,
        body.tracking_number,
        body.dispatched_on,
        body.note,
    )
    desk = call.services.desk
    return acted(await orders.ship_invoice(desk, call.caller, new, call.key, call.request), CREATED)


async def list_shipments(call: Call[ShipmentsQuery, None]) -> Reply:
    """Show the caller's shipments."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = ShipmentFilter(invoice_sought(query.invoice), query.legacy_id)
    rows = granted(
        await orders.list_shipments(call.services.database, call.caller, page, wanted, query.side)
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.SHIPMENT),))


async def find_shipment(call: Call[SideQuery, None]) -> Reply:
    """Show one of the caller's shipments."""
    text = call.path["shipment"]
    shipment = ids.from_wire(ids.SHIPMENT, text)
    if shipment is None:
        says = "There is no such shipment. Check its id."
        raise RefusedError(refuse("orders.unknown_shipment", says, facts={"shipment": text}))
    found = await orders.find_shipment(
        call.services.database, call.caller, shipment, call.query.side
    )
    return show(granted(found))


def invoice_sought(text: str | None) -> Id | None:
    """The invoice that a query names; what is no id is nobody's."""
    return None if text is None else ids.from_wire(ids.INVOICE, text) or "0" * 32


_TOPIC: Final = "Marketplace"

ON_LINES: Final = (
    "orders.no_lines",
    "orders.too_many_lines",
    "orders.line_of_another_invoice",
    "orders.quantity_not_positive",
    "orders.quantity_too_large",
    "orders.quantity_too_precise",
    "orders.quantity_not_whole",
    "orders.detail_not_valid",
)
"""What is refused of lines of an invoice, whatever is to become of them."""

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/shipment-carriers",
        topic=_TOPIC,
        summary="List who carries parcels",
        detail="The same for all. Where a carrier lets parcels be followed, `{number}` is the"
        " parcel's.",
        handler=list_carriers,
        answer=Carriers,
        scope=Scope.MARKETPLACE_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/seller-invoices/{{invoice}}/shipments",
        topic=_TOPIC,
        summary="Ship goods of a seller invoice",
        detail=(
            "By its seller or its marketplace: any number of shipments, each of a part of its"
            " lines, by their numbers. What somebody asked to cancel stays."
        ),
        handler=ship,
        body=NewShipmentBody,
        is_act=True,
        status=CREATED,
        answer=ShownShipment,
        scope=Scope.MARKETPLACE_WRITE,
        refusals=(
            "orders.unknown_invoice",
            "orders.under_review",
            "orders.unknown_carrier",
            *ON_LINES,
            "orders.dispatched_before_ordered",
            "orders.more_than_undispatched",
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/shipments",
        topic=_TOPIC,
        summary="List your shipments of seller invoices",
        detail="Newest first: as the seller your own, as the marketplace those of all sellers.",
        handler=list_shipments,
        query=ShipmentsQuery,
        answer=page_type("Shipment", ShownShipment),
        scope=Scope.MARKETPLACE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/shipments/{{shipment}}",
        topic=_TOPIC,
        summary="Show one shipment of a seller invoice",
        handler=find_shipment,
        query=SideQuery,
        answer=ShownShipment,
        scope=Scope.MARKETPLACE_READ,
        refusals=("orders.unknown_shipment",),
    ),
)
