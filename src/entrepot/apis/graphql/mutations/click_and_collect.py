"""clickAndCollectStatusUpdate: says that goods can be fetched, or were."""

from typing import Final

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.mutations.fulfilment_refusals import refuse_act
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.queries.invoices import need_invoice
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import ShownInvoice


async def click_and_collect_status_update(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Say how far an invoice is; sent again under the same key, it is said once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "invoice", lambda: _update(context, sending, input))


async def _update(context: Context, sending: Sending, given: Given) -> ShownInvoice | None:
    need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ)
    found = await need_invoice(context, "invoiceId", given["invoiceId"])
    invoice, services = found.id.removeprefix(ids.INVOICE), context.services
    done: object
    if given["status"] == "READY":
        done = await orders.mark_invoice_ready(
            services.database, services.desk.new_id, context.caller, invoice, sending.sent("ready")
        )
    else:
        key = sending.key("collected")
        done = await orders.hand_over_invoice(
            services.desk, context.caller, invoice, key, context.request
        )
    if isinstance(done, Refusal):
        refuse_act(done, "status")
    context.forget()
    return await context.invoices_numbered.load(found.legacy_id)


FIELDS: Final[Resolvers] = {"clickAndCollectStatusUpdate": click_and_collect_status_update}
