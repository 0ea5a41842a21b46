"""Seller invoices: a seller's own parts of marketplaces' orders, and those of a marketplace."""

from typing import Any, Final

import msgspec

from entrepot import orders
from entrepot.apis.rest.bodies import Moment, Text
from entrepot.apis.rest.marketplace_orders import LegacyId, Value, external_id, since
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    PageQuery,
    Route,
    granted,
    page_of,
    page_type,
    show,
    show_stretch,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.orders import InvoiceFilter, InvoiceSort, ShownInvoice, Side


class SideQuery(msgspec.Struct, forbid_unknown_fields=True):
    """As whom to look: as the seller, or as the marketplace."""

    side: Side = "seller"


class InvoicesQuery(PageQuery, kw_only=True):
    """Which invoices to show, and as whom.

    An external id, a key and a value, is one of their order. `not_dispatched`: of which something
    has neither left nor been cancelled.
    """

    side: Side = "seller"
    created_since: Moment | None = None
    paid_since: Moment | None = None
    not_dispatched: bool = False
    legacy_id: LegacyId | None = None
    external_id_key: Text | None = None
    external_id_value: Value | None = None
    sort: InvoiceSort = "created_at"
    descending: bool = False


async def list_invoices(call: Call[InvoicesQuery, None]) -> Reply:
    """Show the caller's invoices."""
    query = call.query
    page = page_of(query, tuple[WireInt, HexId])
    wanted = InvoiceFilter(
        since(query.created_since, "created_since"),
        since(query.paid_since, "paid_since"),
        query.not_dispatched,
        query.legacy_id,
        external_id(query.external_id_key, query.external_id_value),
        query.sort,
        query.descending,
    )
    found = await orders.list_invoices(
        call.services.database, call.caller, page, wanted, query.side
    )
    return show_stretch(granted(found))


async def find_invoice(call: Call[SideQuery, None]) -> Reply:
    """Show one of the caller's invoices."""
    found = await orders.find_invoice(
        call.services.database, call.caller, invoice_of(call), call.query.side
    )
    return show(granted(found))


def invoice_of(call: Call[Any, Any]) -> Id:
    """The invoice that the path names; what is no id answers like an absent one."""
    text = call.path["invoice"]
    invoice = ids.from_wire(ids.INVOICE, text)
    if invoice is None:
        says = "There is no such invoice. Check its id."
        raise RefusedError(refuse("orders.unknown_invoice", says, facts={"invoice": text}))
    return invoice


_TOPIC: Final = "Marketplace"

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/seller-invoices",
        topic=_TOPIC,
        summary="List your seller invoices",
        detail=(
            "As the seller, what all marketplaces ordered of you, each with its lines and who it"
            " goes to; as the marketplace, those of all your sellers. The oldest first, unless"
            " `descending`. A page may hold fewer invoices than its limit, even none, with more"
            " behind it."
        ),
        handler=list_invoices,
        query=InvoicesQuery,
        answer=page_type("Invoice", ShownInvoice),
        scope=Scope.MARKETPLACE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/seller-invoices/{{invoice}}",
        topic=_TOPIC,
        summary="Show one seller invoice with its lines",
        handler=find_invoice,
        query=SideQuery,
        answer=ShownInvoice,
        scope=Scope.MARKETPLACE_READ,
        refusals=("orders.unknown_invoice",),
    ),
)
