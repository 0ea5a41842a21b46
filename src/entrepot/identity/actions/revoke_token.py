"""Revoke a token."""

from collections.abc import Callable

import msgspec

from entrepot.identity import errors, store
from entrepot.identity.model import Token, check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def revoke_token(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, token: Id
) -> Token | Refusal:
    """Revoke a token of the caller's organisation from now on; revoked again, it stays as it is.

    Refuses `identity.scope_missing` and `identity.unknown_token`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    async with writing(pool) as connection:
        found = await store.lock_token(connection, caller.organisation, token)
        if found is None:
            return refuse(
                errors.UNKNOWN_TOKEN,
                "You have no such token. Check its id.",
                field="token",
                facts={"token": ids.TOKEN + token} if token else {},
            )
        if found.revoked_at is not None:
            return found
        now = await read_clock(connection)
        revoked = msgspec.structs.replace(found, revoked_at=now)
        await store.revoke_token(connection, caller.organisation, token, now)
        happening = Happening("identity.token_revoked", revoked.id, revoked)
        await record(connection, now, new_id, caller, [happening])
    return revoked
