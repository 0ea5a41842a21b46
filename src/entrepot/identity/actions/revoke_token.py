"""Revoke a token."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from entrepot.identity import errors, store
from entrepot.identity.model import Token, check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def revoke_token(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    token: Id,
    sent: Sent | None = None,
) -> Written[Token] | Refusal:
    """Revoke a token of the caller's organisation from now on; revoked again, it stays as it is.

    Refuses `identity.scope_missing`, `identity.unknown_token` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Token] | Refusal:
        found = await store.lock_token(connection, caller.organisation, token)
        if found is None:
            return refuse(
                errors.UNKNOWN_TOKEN,
                "You have no such token. Check its id.",
                field="token",
                facts={"token": ids.TOKEN + token} if token else {},
            )
        if found.revoked_at is not None:
            return Done(found)
        revoked = msgspec.structs.replace(found, revoked_at=now)
        await store.revoke_token(connection, caller.organisation, token, now)
        return Done(revoked, (Happening("identity.token_revoked", revoked.id, revoked),))

    return await act_once(pool, new_id, caller, sent, Token, work)
