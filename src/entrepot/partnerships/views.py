"""Reads of partnerships for doors: who trades with whom, and what that opens."""

from collections.abc import Sequence

from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST, Page
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import store
from entrepot.partnerships.model import KnownOrganisation, OpenedVariant, TradingRight


async def list_trading_rights(pool: Pool, caller: Caller) -> list[TradingRight] | Refusal:
    """The trading rights that the caller's organisation gave, then those that it was given.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_rights(connection, caller.organisation)


async def list_known_organisations(
    pool: Pool, caller: Caller, page: Page
) -> Sequence[KnownOrganisation] | Refusal:
    """The caller's organisation and those it has a trading right with, by id.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_known_organisations(
            connection, caller.organisation, after, page.rows_wanted
        )


async def find_known_organisation(
    pool: Pool, caller: Caller, id_: Id
) -> KnownOrganisation | Refusal | None:
    """One organisation; None when it is not there or there is no trading right with it.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_known_organisation(connection, caller.organisation, id_)


async def list_opened_variants(
    pool: Pool, caller: Caller, page: Page, seller: str, sku: str | None = None
) -> Sequence[OpenedVariant] | Refusal:
    """What a seller, by its wire id or slug, opens to the caller, by sku.

    Nothing where there is no such seller or no right. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_opened_variants(
            connection, caller.organisation, _named(seller), after, sku, page.rows_wanted
        )


async def find_opened_variant(
    pool: Pool, caller: Caller, id_: Id
) -> OpenedVariant | Refusal | None:
    """One variant of another organisation, if a right opens it to the caller.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_opened_variant(connection, caller.organisation, id_)


async def resolve_skus(
    pool: Pool, caller: Caller, named: Sequence[tuple[str | None, str]]
) -> list[Id | None]:
    """The variants that the caller names by these (seller, sku), or None where none is opened.

    A seller is named by its wire id or slug; None means the caller itself. It needs no scope of
    its own: it tells nothing that placing the order would not tell.
    """
    rows = [
        (caller.organisation, None, sku) if seller is None else (*_named(seller), sku)
        for seller, sku in named
    ]
    async with reading(pool) as connection:
        found = await store.resolve_skus(connection, caller.organisation, rows)
    return [found.get(number) for number in range(len(rows))]


def _named(seller: str) -> tuple[Id | None, str | None]:
    """Tell a wire id from a slug, which has no underscore."""
    id_ = ids.from_wire(ids.ORGANISATION, seller)
    return (None, seller) if id_ is None else (id_, None)
