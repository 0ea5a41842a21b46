"""Reads of the catalogue for doors: an organisation's own locations and variants."""

from collections.abc import Sequence

from entrepot.catalogue import store
from entrepot.catalogue.model import Location, Variant
from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def list_locations(pool: Pool, caller: Caller) -> list[Location] | Refusal:
    """The caller's locations, in the order in which orders ship from them.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_locations(connection, caller.organisation)


async def list_variants(
    pool: Pool, caller: Caller, after: str = "", limit: int = 100
) -> list[Variant] | Refusal:
    """The caller's variants by sku, from after the sku `after` on, without deleted ones.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_variants(connection, caller.organisation, after, limit)


async def find_variants(pool: Pool, caller: Caller, skus: Sequence[str]) -> list[Variant] | Refusal:
    """The caller's variants with these skus, by sku, without deleted ones.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_variants(connection, caller.organisation, skus)


async def find_variant(pool: Pool, caller: Caller, id_: Id) -> Variant | Refusal | None:
    """One of the caller's own variants; None where it has no such variant.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_variant(connection, caller.organisation, id_)
