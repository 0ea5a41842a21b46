"""Refund requests: money that is asked back for goods that were cancelled or came back."""

from collections.abc import Awaitable
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import REFUND_LINE, REFUND_REQUEST, write_id
from entrepot.apis.graphql.money import cents
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.line_item import LineItem, line_numbered
from entrepot.apis.graphql.types.variant import whole
from entrepot.orders import ShownInvoice, ShownRefundLine, ShownRefundRequest


class RefundItem(NamedTuple):
    """What of a refund request is about one line, or an amount that it explains."""

    request: ShownRefundRequest
    part: ShownRefundLine

    @property
    def currency(self) -> str:
        """What its amounts are in."""
        return self.request.currency

    @property
    def minor_digits(self) -> int:
        """How many digits minor units are."""
        return self.request.minor_digits


def refund_items(request: ShownRefundRequest) -> list[RefundItem]:
    """What a refund request is about."""
    return [RefundItem(request, part) for part in request.lines]


def _invoice(request: ShownRefundRequest, info: Info) -> Awaitable[ShownInvoice | None]:
    return context_of(info).invoices_numbered.load(request.invoice_legacy_id)


async def _line_item(item: RefundItem, info: Info) -> LineItem | None:
    number = item.part.line_legacy_id
    invoice = None if number is None else await _invoice(item.request, info)
    return None if invoice is None or number is None else line_numbered(invoice, number)


def _notes(request: ShownRefundRequest, _: Info) -> list[dict[str, object]]:
    return [
        {"createdAt": each.at, "note": each.note, "status": each.status.upper()}
        for each in request.notes
    ]


FIELDS: Final[Resolvers] = {
    "id": lambda request, _: write_id(REFUND_REQUEST, request.legacy_id),
    "legacyId": lambda request, _: request.legacy_id,
    "createdAt": lambda request, _: request.created_at,
    "externalIds": lambda *_: [],
    "initiatedBy": lambda request, _: request.initiated_by.upper(),
    "invoice": _invoice,
    "lineItems": lambda request, _: refund_items(request),
    "metadata": lambda *_: [],
    "notes": _notes,
    "refundedAt": lambda request, _: request.refunded_at,
    "restock": lambda request, _: request.restock,
    "status": lambda request, _: request.status.upper(),
    "updatedAt": lambda request, _: request.updated_at,
    **cents("cashAmount", lambda request: request.cash_amount),
    **cents("refundAmount", lambda request: request.cash_amount),
    **cents("requestValue", lambda request: request.amount),
    **cents("total", lambda request: request.amount),
}
"""RefundRequest."""

ITEM_FIELDS: Final[Resolvers] = {
    "id": lambda item, _: write_id(REFUND_LINE, item.part.legacy_id),
    "legacyId": lambda item, _: item.part.legacy_id,
    "description": lambda item, _: item.part.description,
    "dispatched": lambda item, _: item.part.dispatched,
    "externalIds": lambda *_: [],
    "lineItem": _line_item,
    "metadata": lambda *_: [],
    "notes": lambda *_: [],
    "onlyRemittance": lambda *_: False,
    "quantity": lambda item, _: whole(Decimal(item.part.quantity)),
    "reason": lambda item, _: item.part.reason,
    "refundRequest": lambda item, _: item.request,
    "status": lambda item, _: item.part.status.upper(),
    **cents("amount", lambda item: item.part.amount),
    **cents("amountPerItem", lambda item: item.part.amount_per_item),
}
"""RefundRequestLineItem."""
