"""Sellers whose goods a key sees."""

from typing import Any, Final

import msgspec

from entrepot.apis.graphql.connections import Connection, after_id, forwards, page_of
from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.queries.naming import sellers_in
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.stock import SellersWanted


async def all_sellers(
    _: object,
    info: Info,
    q: str | None = None,
    retailerIds: list[str] | None = None,  # noqa: N803 - an argument of the schema
    **given: Any,  # noqa: ANN401 - those of connections
) -> Connection:
    """Sellers by their name or ids; without these, all."""
    size, cursor = forwards(given)
    context = context_of(info)
    wanted = SellersWanted(numbers=sellers_in(retailerIds), text=q or "")
    page = msgspec.structs.replace(wanted, after=after_id(cursor), limit=size + 1)
    rows = await context.read_sellers(page)
    return page_of(rows, size, cursor, lambda: context.count(wanted), lambda row: (row.id,))


FIELDS: Final[Resolvers] = {"allSellers": all_sellers, "sellersWhere": all_sellers}
