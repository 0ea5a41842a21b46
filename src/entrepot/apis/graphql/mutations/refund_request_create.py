"""refundRequestCreate: asks money back for what is cancelled or comes back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.mutations.fulfilment_refusals import refuse_act
from entrepot.apis.graphql.mutations.invoice_lines import lines_named
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.queries.invoices import need_invoice
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Initiator, NewRefund, RefundLine, ShownRefundRequest

REFUND: Final = msgspec.json.Decoder(ShownRefundRequest)
"""Reads a refund request as an act answers it."""
_INITIATORS: Final[Mapping[str, Initiator]] = {
    "ADMIN": "admin",
    "BUYER": "buyer",
    "SELLER": "seller",
}


async def refund_request_create(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Make a refund request; sent again under the same key, it is made once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "refundRequest", lambda: _create(context, sending, input))


async def _create(context: Context, sending: Sending, given: Given) -> ShownRefundRequest:
    need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ)
    invoice = await need_invoice(context, "invoiceId", given["invoiceId"])
    items: list[Given] = given["lineItems"]
    named = [each["lineItemId"] for each in items if each.get("lineItemId") is not None]
    lines = iter(await lines_named(context, invoice, named))
    notes = [*given["notes"], *(note for each in items for note in each.get("notes") or ())]
    new = NewRefund(
        invoice.id.removeprefix(ids.INVOICE),
        tuple(
            [
                RefundLine(
                    None if each.get("lineItemId") is None else next(lines),
                    Decimal(each["quantity"]),
                    bool(each.get("dispatched")),
                    each.get("reason"),
                    each.get("amountPerItemCents"),
                    each.get("custom"),
                )
                for each in items
            ]
        ),
        noted(notes),
        _INITIATORS.get(given.get("initiatedBy") or ""),
        given.get("restock"),
    )
    done = await orders.request_refund(
        context.services.desk, context.caller, new, sending.key("refund"), context.request
    )
    if isinstance(done, Refusal):
        refuse_act(done, "line_items", len(items))
    context.forget()
    return REFUND.decode(done.body)


def noted(notes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What notes say; those that say nothing are left out."""
    return tuple([each["note"] for each in notes if each.get("note")])


FIELDS: Final[Resolvers] = {"refundRequestCreate": refund_request_create}
