"""Invoices: a seller's own, or those of all sellers of the marketplace that a key belongs to."""

from collections.abc import Mapping
from typing import Any, Final

from entrepot.apis.graphql.connections import (
    Connection,
    after_place,
    forwards,
    nothing_of,
    page_found,
)
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import not_found
from entrepot.apis.graphql.ids import INVOICE, number_in
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.orders import InvoicesWanted, MarketSort, ShownInvoice, Side

_SORTS: Final[Mapping[str, MarketSort]] = {
    "CREATED_AT": "created_at",
    "PAID_AT": "paid_at",
    "UPDATED_AT": "updated_at",
}


async def invoices(
    _: object,
    info: Info,
    filters: dict[str, Any] | None = None,
    sort: dict[str, Any] | None = None,
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """Invoices that fit all that is given; without any of it, all."""
    size, cursor = forwards(given)
    context = context_of(info)
    wanted = _wanted(await side_of(context), filters or {}, sort or {})

    async def count() -> int:
        return await context.count_invoices(wanted)

    if not size:
        return nothing_of(cursor, count)
    found = await context.read_invoices(wanted.on(after_place(cursor), size))
    return page_found(found, cursor, count)


async def side_of(context: Context) -> Side:
    """Which invoices a key reads: its organisation's as a marketplace, if that is one."""
    own = await context.sellers.load(context.caller.organisation)
    assert own is not None, "a caller sees itself"
    return "marketplace" if own.is_marketplace else "seller"


async def need_invoice(context: Context, argument: str, id_: str) -> ShownInvoice:
    """The invoice that an argument names."""
    number = number_in(id_, INVOICE)
    found = None if number is None else await context.invoices_numbered.load(number)
    if found is None:
        raise not_found(argument, id_)
    return found


def _wanted(side: Side, filters: dict[str, Any], sort: dict[str, Any]) -> InvoicesWanted:
    fields = sort.get("fields") or ["CREATED_AT"]
    statuses = filters.get("statuses")
    return InvoicesWanted(
        side,
        _SORTS[fields[0]],
        sort.get("ordering") == "DESCENDING",
        created_since=filters.get("createdSince"),
        created_until=filters.get("createdUntil"),
        updated_since=filters.get("updatedSince"),
        updated_until=filters.get("updatedUntil"),
        paid_since=filters.get("paidSince"),
        paid_until=filters.get("paidUntil"),
        legacy_id=filters.get("legacyId"),
        order_number=filters.get("orderId"),
        external_id=filters.get("externalId"),
        external_id_part=filters.get("partialExternalId"),
        buyer_email=filters.get("buyerEmailAddress"),
        buyer_name=filters.get("buyerName"),
        not_dispatched=bool(filters.get("notDispatched")),
        statuses=None if statuses is None else tuple(each.lower() for each in statuses),
        awaiting_return=bool(filters.get("awaitingReturn")),
        awaiting_collection=bool(filters.get("awaitingCollection")),
    )


FIELDS: Final[Resolvers] = {"invoices": invoices}
