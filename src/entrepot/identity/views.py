"""Reads of identity for doors: organisations for the operator, tokens for their organisation."""

from collections.abc import Sequence

from entrepot.identity import store
from entrepot.identity.model import (
    Organisation,
    Token,
    check_scope,
    hash_secret,
    is_well_formed,
)
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def list_organisations(pool: Pool, after: str = "", limit: int = 100) -> list[Organisation]:
    """The network's organisations by slug, from after the slug `after` on. For the operator."""
    async with reading(pool) as connection:
        return await store.list_organisations(connection, after, limit)


async def find_organisations(pool: Pool, slugs: Sequence[str]) -> list[Organisation]:
    """The organisations with these slugs, by slug. For the operator."""
    async with reading(pool) as connection:
        return await store.find_organisations(connection, slugs)


async def find_organisation(pool: Pool, slug_or_id: str) -> Organisation | None:
    """The organisation with this slug or wire id, or None. For the operator."""
    async with reading(pool) as connection:
        found = await store.find_organisations(connection, [slug_or_id])
        if found:
            return found[0]
        id_ = ids.from_wire(ids.ORGANISATION, slug_or_id)
        return None if id_ is None else await store.find_organisation_by_id(connection, id_)


async def list_tokens(
    pool: Pool, caller: Caller, after: Id = store.FIRST, limit: int = 100
) -> list[Token] | Refusal:
    """The tokens of the caller's organisation, oldest first, from after `after` on.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_tokens(connection, caller.organisation, after, limit)


async def find_caller(pool: Pool, secret: str) -> Caller | None:
    """The caller behind a token's secret; None when it is wrong, expired or revoked.

    A secret with a mistake in it is told from its last digits, without asking the database.
    """
    if not is_well_formed(secret):
        return None
    async with reading(pool) as connection:
        row = await store.find_token(connection, hash_secret(secret))
    return None if row is None else Caller(row.organisation, frozenset(row.scopes), row.id)


async def organisation_exists(connection: Connection, organisation: Id) -> bool:
    """Whether there is an organisation with this id; for actions, in their transaction."""
    return await store.find_organisation_by_id(connection, organisation) is not None


async def holds(pool: Pool, caller: Caller, secret: str) -> bool:
    """Whether a secret is that of a token of the caller's organisation which holds now."""
    if not is_well_formed(secret):
        return False
    async with pool.acquire() as connection:
        return await store.holds(connection, caller.organisation, hash_secret(secret))
