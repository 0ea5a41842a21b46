"""Anything by its id: what a key does not see is null, like what is not there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from graphql import GraphQLError

from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import LIMIT_PASSED
from entrepot.apis.graphql.ids import (
    ADVERT,
    INVENTORY,
    SELLER,
    VARIANT,
    number_in,
    read_id,
    seller_in,
)
from entrepot.apis.graphql.queries.naming import NAMES_MAX
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.advert import Unpublished, type_of
from entrepot.apis.graphql.types.variant import Inventory
from entrepot.stock import MarketProduct, MarketSeller, MarketVariant

Found = Callable[[Context, str], Awaitable[Any]]


async def node(_: object, info: Info, id: str) -> object:  # noqa: A002 - an argument of the schema
    """What an id stands for, or None."""
    return await _find(context_of(info), id)


async def nodes(_: object, info: Info, ids: list[str]) -> list[object]:
    """What ids stand for, in their order: one statement a type."""
    if len(ids) > NAMES_MAX:
        raise GraphQLError(
            f"Ask for at most {NAMES_MAX} ids at once.", extensions={"code": LIMIT_PASSED}
        )
    context = context_of(info)
    return await asyncio.gather(*[_find(context, each) for each in ids])


async def _find(context: Context, text: str) -> object:
    named = read_id(text)
    find = None if named is None else FINDERS.get(named.kind)
    return None if find is None else await find(context, text)


async def _find_advert(context: Context, text: str) -> object:
    number = number_in(text, ADVERT)
    found = None if number is None else await context.products_numbered.load(number)
    return found if found is not None and found.variants else None


async def find_variant(context: Context, text: str) -> MarketVariant | None:
    """The variant that an id names, if the key sees it."""
    number = number_in(text, VARIANT)
    return None if number is None else await context.variants_numbered.load(number)


async def _find_inventory(context: Context, text: str) -> object:
    number = number_in(text, INVENTORY)
    found = None if number is None else await context.variants_numbered.load(number)
    return None if found is None else Inventory(found)


async def _find_seller(context: Context, text: str) -> object:
    seller = seller_in(text)
    return None if seller is None else await context.sellers.load(seller)


FINDERS: Final[Mapping[str, Found]] = {
    ADVERT: _find_advert,
    INVENTORY: _find_inventory,
    SELLER: _find_seller,
    VARIANT: find_variant,
}
"""How what an id names is found, by the name of its type. A type that is served joins here."""

TYPES: Final[Mapping[type, str]] = {
    Inventory: "Inventory",
    MarketSeller: "Seller",
    MarketVariant: "Variant",
}
"""The types of nodes by the classes that stand for them; adverts know theirs."""


def node_type(value: object) -> str:
    """The name of a node's type."""
    if isinstance(value, MarketProduct | Unpublished):
        return type_of(value)
    return TYPES[type(value)]


FIELDS: Final[Resolvers] = {"node": node, "nodes": nodes}
