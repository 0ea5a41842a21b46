"""Find out who asks, by whom an identity provider vouches for."""

from entrepot.identity import store
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller


async def find_vouched_caller(pool: Pool, issuer: str, subject: str) -> Caller | None:
    """The caller that a subject of an issuer is bound to; None when it is bound to nobody now.

    The token that the issuer signed was checked before.
    """
    async with reading(pool) as connection:
        found = await store.find_bound_token(connection, issuer, subject)
    if found is None:
        return None
    return Caller(found.organisation, frozenset(found.scopes), found.id)
