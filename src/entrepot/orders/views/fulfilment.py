"""Reads of what becomes of seller invoices: shipments, refund requests, and who carries parcels."""

from collections.abc import Sequence

from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model.fulfilment_showing import (
    RefundFilter,
    ShipmentCarrier,
    ShipmentFilter,
    ShownRefundRequest,
    ShownShipment,
    cut_refunds,
    gather_refunds,
    show_carriers,
    show_refund,
    show_shipment,
    unknown_refund,
    unknown_shipment,
)
from entrepot.orders.model.market_showing import Side
from entrepot.orders.store import numbering, shipments


def list_shipment_carriers(caller: Caller) -> list[ShipmentCarrier] | Refusal:
    """Who carries parcels, by number; a short list, the same for all.

    Refuses `identity.scope_missing`.
    """
    return check_scope(caller, Scope.MARKETPLACE_READ) or show_carriers()


async def list_shipments(
    pool: Pool, caller: Caller, page: Page, wanted: ShipmentFilter, side: Side
) -> Sequence[ShownShipment] | Refusal:
    """The caller's shipments, newest first, as the seller or as the marketplace.

    A page's key is the id. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await shipments.list_shipments(connection, caller.organisation, side, wanted, page)
    return [show_shipment(each) for each in found]


async def find_shipment(
    pool: Pool, caller: Caller, shipment: Id, side: Side
) -> ShownShipment | Refusal:
    """One of the caller's shipments, as the seller or as the marketplace.

    Refuses `identity.scope_missing` and `orders.unknown_shipment`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    if not shipment:
        return unknown_shipment(shipment)
    async with reading(pool) as connection:
        found = await shipments.list_shipments(
            connection, caller.organisation, side, ShipmentFilter(), Page(1), shipment
        )
    return show_shipment(found[0]) if found else unknown_shipment(shipment)


async def list_refund_requests(
    pool: Pool, caller: Caller, page: Page, wanted: RefundFilter, side: Side
) -> Stretch[ShownRefundRequest] | Refusal:
    """The caller's refund requests, newest first, as the seller or as the marketplace.

    However rare what is wanted is, a page looks through a bounded number. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        looked = await shipments.list_refunds(connection, caller.organisation, side, wanted, page)
    found, following = cut_refunds(looked, page)
    return Stretch(tuple([show_refund(each) for each in found]), following)


async def find_refund_request(
    pool: Pool, caller: Caller, refund: Id, side: Side
) -> ShownRefundRequest | Refusal:
    """One of the caller's refund requests, as the seller or as the marketplace.

    Refuses `identity.scope_missing` and `orders.unknown_refund_request`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    if not refund:
        return unknown_refund(refund)
    async with reading(pool) as connection:
        rows = await shipments.list_refunds(
            connection, caller.organisation, side, RefundFilter(), Page(1), refund
        )
    found = gather_refunds(rows)
    return show_refund(found[0]) if found else unknown_refund(refund)


async def count_refund_requests(
    pool: Pool, caller: Caller, wanted: RefundFilter, side: Side
) -> int | Refusal:
    """How many of the caller's refund requests fit. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.MARKETPLACE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await numbering.count_refunds(connection, caller.organisation, side, wanted)
