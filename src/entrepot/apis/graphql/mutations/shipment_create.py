"""shipmentCreate: lets goods of an invoice leave."""

from decimal import Decimal
from typing import Final

import msgspec

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import not_found
from entrepot.apis.graphql.ids import SHIPMENT_CARRIER, number_in
from entrepot.apis.graphql.mutations.fulfilment_refusals import refuse_act
from entrepot.apis.graphql.mutations.invoice_lines import lines_named
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.queries.invoices import need_invoice
from entrepot.apis.graphql.queries.nodes import find_node
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import LineQuantity, NewShipment, ShownShipment

_SHIPMENT: Final = msgspec.json.Decoder(ShownShipment)


async def shipment_create(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Make a shipment; sent again under the same key, it is made once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "shipment", lambda: _create(context, sending, input))


async def _create(context: Context, sending: Sending, given: Given) -> ShownShipment:
    need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ)
    invoice = await need_invoice(context, "invoiceId", given["invoiceId"])
    carrier = number_in(given["postageCarrierId"], SHIPMENT_CARRIER)
    if carrier is None or await find_node(context, given["postageCarrierId"]) is None:
        raise not_found("postageCarrierId", given["postageCarrierId"])
    items = given["shippedItems"]
    lines = await lines_named(context, invoice, [each["lineItemId"] for each in items])
    new = NewShipment(
        invoice.id.removeprefix(ids.INVOICE),
        tuple(
            [
                LineQuantity(line, Decimal(each["quantity"]))
                for line, each in zip(lines, items, strict=True)
            ]
        ),
        carrier,
        given["trackingNumber"],
        given["dispatchedAt"],
        given.get("note"),
    )
    done = await orders.ship_invoice(
        context.services.desk, context.caller, new, sending.key("shipment"), context.request
    )
    if isinstance(done, Refusal):
        refuse_act(done, "shipped_items", len(items))
    context.forget()
    return _SHIPMENT.decode(done.body)


FIELDS: Final[Resolvers] = {"shipmentCreate": shipment_create}
