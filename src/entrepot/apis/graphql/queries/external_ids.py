"""What others call orders, invoices and lines, found by what they call them."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLError

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import granted
from entrepot.apis.graphql.ids import INVOICE, LINE_ITEM, ORDER, write_id
from entrepot.apis.graphql.limits import PAGE_MAX
from entrepot.apis.graphql.queries.naming import names_of
from entrepot.apis.graphql.queries.nodes import find_node
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.naming import ExternalId
from entrepot.orders import NamedRow, OwnerType

_OWNERS: Final[Mapping[str, OwnerType]] = {ORDER: "order", INVOICE: "invoice", LINE_ITEM: "line"}
_TYPES: Final = {owner: name for name, owner in _OWNERS.items()}


async def external_ids(
    _: object,
    info: Info,
    key: str | None = None,
    value: str | None = None,
    values: list[str] | None = None,
    ownerType: str | None = None,  # noqa: N803 - an argument of the schema
    first: int | None = None,
) -> list[ExternalId]:
    """What others call something by this key and one of these values, with what they call so."""
    context = context_of(info)
    wanted = names_of([*(values or ()), *(() if value is None else (value,))])
    if key is None or wanted is None:
        raise GraphQLError("Give a key, and a value or values, to find external ids by.")
    if ownerType is not None and ownerType not in _OWNERS:
        return []
    if first is not None and not 0 <= first <= PAGE_MAX:
        raise GraphQLError(f"first is a whole number from 0 to {PAGE_MAX}.")
    owners = list(_OWNERS.values()) if ownerType is None else [_OWNERS[ownerType]]
    rows = granted(
        await orders.find_external_ids(
            context.services.database,
            context.caller,
            owners,
            key,
            wanted,
            PAGE_MAX if first is None else first,
        )
    )
    context.spend(len(rows))
    found = await asyncio.gather(*[_with_owner(context, row) for row in rows])
    return [each for each in found if each is not None]


async def _with_owner(context: Context, row: NamedRow) -> ExternalId | None:
    kind = _TYPES[row.owner_type]
    owner: Any = await find_node(context, write_id(kind, row.number))
    return owner and ExternalId(owner, f"{kind}-{row.number}", row.key, row.value)


FIELDS: Final[Resolvers] = {"externalIds": external_ids}
