"""orderCreate: places an order over many sellers, which splits into their invoices."""

from typing import Final

import msgspec
from graphql import GraphQLError

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import NOT_PERMITTED
from entrepot.apis.graphql.mutations.order_input import new_order, said_lines
from entrepot.apis.graphql.mutations.order_refusals import refuse_order
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.queries.invoices import side_of
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import ShownMarketplaceOrder


class _Numbered(msgspec.Struct, frozen=True):
    """The number that an order got."""

    legacy_id: int


class _Placed(msgspec.Struct, frozen=True):
    """What is read of the answer to an order that was placed."""

    marketplace: _Numbered


_PLACED: Final = msgspec.json.Decoder(_Placed)


async def order_create(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Place an order; sent again under the same key, it is placed once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "order", lambda: _create(context, sending, input))


async def _create(context: Context, sending: Sending, given: Given) -> ShownMarketplaceOrder | None:
    need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ, Scope.CATALOGUE_READ)
    await need_marketplace(context)
    lines = said_lines(given)
    new = await new_order(context, given, lines)
    placed = await orders.place_marketplace_order(
        context.services.desk, context.caller, new, sending.key("order"), context.request
    )
    if isinstance(placed, Refusal):
        refuse_order(placed, lines)
    context.forget()
    return await context.orders_numbered.load(_PLACED.decode(placed.body).marketplace.legacy_id)


async def need_marketplace(context: Context) -> None:
    """Refuse what only a marketplace's key may do."""
    if await side_of(context) != "marketplace":
        raise GraphQLError(
            "Only a marketplace's key may do this.", extensions={"code": NOT_PERMITTED}
        )


FIELDS: Final[Resolvers] = {"orderCreate": order_create}
