"""Refund requests, and who carries parcels."""

from collections.abc import Mapping
from typing import Any, Final

from entrepot import orders
from entrepot.apis.graphql.connections import (
    Connection,
    after_id,
    forwards,
    nothing_of,
    page_stretch,
    part_of,
)
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import granted
from entrepot.apis.graphql.queries.invoices import side_of
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.paging import HIGHEST, Page
from entrepot.orders import RefundFilter, RefundStatus

_STATUSES: Final[Mapping[str, RefundStatus]] = {
    "AWAITING": "awaiting",
    "DENIED": "denied",
    "REFUNDED": "refunded",
    "RETURNED": "returned",
}


async def refund_requests(
    _: object,
    info: Info,
    filters: dict[str, Any] | None = None,
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """Refund requests that fit all that is given, the newest first; without any of it, all."""
    size, cursor = forwards(given)
    context = context_of(info)
    side = await side_of(context)
    wanted = await _wanted(context, filters or {})

    async def count() -> int:
        return 0 if wanted is None else await context.count_refunds(wanted, side)

    if wanted is None or not size:
        return nothing_of(cursor, count)
    after = HIGHEST if cursor is None else after_id(cursor)
    found = await context.read_refunds(wanted, side, Page(size, (after,)))
    return page_stretch(found, cursor, count, lambda row: row.id.removeprefix(ids.REFUND_REQUEST))


async def _wanted(context: Context, filters: dict[str, Any]) -> RefundFilter | None:
    """What filters ask for; None where nothing fits: no such invoice, a status that none has."""
    asked = filters.get("statuses") or ()
    statuses = tuple(_STATUSES[each] for each in asked if each in _STATUSES)
    if asked and not statuses:
        return None
    number, invoice = filters.get("invoiceLegacyId"), None
    if number is not None:
        found = await context.invoices_numbered.load(number)
        invoice = None if found is None else ids.from_wire(ids.INVOICE, found.id)
        if invoice is None:
            return None
    return RefundFilter(
        invoice,
        filters.get("legacyId"),
        statuses,
        filters.get("createdSince"),
        filters.get("updatedSince"),
    )


async def shipment_carriers(
    _: object,
    info: Info,
    **arguments: Any,  # noqa: ANN401 - as above
) -> Connection:
    """Who carries parcels: a short list, the same for all."""
    rows = granted(orders.list_shipment_carriers(context_of(info).caller))

    async def count() -> int:
        return len(rows)

    return part_of(rows, arguments, count)


FIELDS: Final[Resolvers] = {
    "refundRequests": refund_requests,
    "shipmentCarriers": shipment_carriers,
}
