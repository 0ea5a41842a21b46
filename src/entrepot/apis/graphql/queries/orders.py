"""Orders of the marketplace that a key belongs to."""

from datetime import datetime
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
from entrepot.apis.graphql.ids import ORDER, number_in
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.orders import ShownMarketplaceOrder


async def order(
    _: object,
    info: Info,
    orderId: str,  # noqa: N803 - an argument of the schema
) -> ShownMarketplaceOrder:
    """One order; what is not there for the key is an error."""
    return await need_order(context_of(info), "orderId", orderId)


async def need_order(context: Context, argument: str, id_: str) -> ShownMarketplaceOrder:
    """The order that an argument names."""
    number = number_in(id_, ORDER)
    found = None if number is None else await context.orders_numbered.load(number)
    if found is None:
        raise not_found(argument, id_)
    return found


async def updated_orders(
    _: object,
    info: Info,
    updatedSince: datetime,  # noqa: N803 - an argument of the schema
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """Orders that were made or changed since a moment, by when they were changed last."""
    size, cursor = forwards(given)
    context = context_of(info)

    async def count() -> int:
        return await context.count_changed_orders(updatedSince)

    if not size:
        return nothing_of(cursor, count)
    found = await context.read_changed_orders(updatedSince, after_place(cursor), size)
    return page_found(found, cursor, count)


FIELDS: Final[Resolvers] = {"order": order, "updatedOrders": updated_orders}
