"""orderUpdate: changes who bought an order, and has its payment reviewed."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import ActRefusedError
from entrepot.apis.graphql.mutations.order_create import need_marketplace
from entrepot.apis.graphql.mutations.order_input import changes_of
from entrepot.apis.graphql.mutations.order_refusals import refuse_order
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.queries.orders import need_order
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import MarketOrderChanges, MarketStatus, ShownMarketplaceOrder

_STATUSES: Final[Mapping[str, MarketStatus]] = {
    "COMPLETE": "complete",
    "PENDING_REVIEW": "pending_review",
}
NO_SUCH_STATUS: Final = (
    "Orders here are paid when they are placed: say COMPLETE, or PENDING_REVIEW while the payment"
    " is looked at. To cancel, ask for a refund of lines that were not dispatched."
)


async def order_update(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Change an order; sent again under the same key, it is changed once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "order", lambda: _update(context, sending, input))


async def _update(context: Context, sending: Sending, given: Given) -> ShownMarketplaceOrder | None:
    need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ, Scope.CATALOGUE_READ)
    await need_marketplace(context)
    order = await need_order(context, "orderId", given["orderId"])
    status = _STATUSES.get(given["status"])
    if status is None:
        raise ActRefusedError([("status", NO_SUCH_STATUS)])
    details = given.get("paymentGatewayDetails")
    changes = MarketOrderChanges(
        status,
        changes_of(given.get("attributes") or {}),
        UNSET if details is None else msgspec.json.encode(details).decode(),
    )
    done = await orders.change_marketplace_order(
        context.services.database,
        context.services.desk.new_id,
        context.caller,
        order.id.removeprefix(ids.ORDER),
        changes,
        sending.sent("order"),
    )
    if isinstance(done, Refusal):
        refuse_order(done, ())
    context.forget()
    return await context.orders_numbered.load(order.legacy_id)


FIELDS: Final[Resolvers] = {"orderUpdate": order_update}
