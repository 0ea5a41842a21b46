"""Issue a token to a program or a person."""

from collections.abc import Callable
from datetime import datetime
from typing import overload

from entrepot.identity import errors, store
from entrepot.identity.model import (
    SECRET_BYTES,
    IssuedToken,
    NewToken,
    Token,
    check_scope,
    check_token,
    hash_secret,
    make_secret,
    shown_part,
    unique_scopes,
)
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


@overload
async def issue_token(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewToken,
    random: Callable[[int], bytes] = random_bytes,
) -> IssuedToken | Refusal: ...


@overload
async def issue_token(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewToken,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None,
) -> IssuedToken | Token | Refusal: ...


async def issue_token(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewToken,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None = None,
) -> IssuedToken | Token | Refusal:
    """Issue a token of the caller's organisation; its secret is told here and never again.

    Sent again under its key, the act is answered with the token alone, without its secret.
    Refuses `identity.scope_missing`, `identity.unknown_organisation`, `identity.name_not_valid`,
    `identity.scope_not_valid`, `identity.expiry_not_valid` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    secret = make_secret(new.kind, random(SECRET_BYTES))

    async def work(connection: Connection, now: datetime) -> Done[Token] | Refusal:
        refusal = check_token(caller, new, now)
        if refusal is not None:
            return refusal
        if await store.find_organisation_by_id(connection, caller.organisation) is None:
            return refuse(errors.UNKNOWN_ORGANISATION, "There is no such organisation.")
        token = Token(
            ids.TOKEN + new_id(),
            new.name,
            unique_scopes(new.scopes),
            shown_part(secret),
            now,
            new.expires_at,
        )
        await store.insert_token(connection, caller.organisation, token, hash_secret(secret))
        return Done(token, (Happening("identity.token_issued", token.id, token),))

    written = await act_once(pool, new_id, caller, sent, Token, work)
    if isinstance(written, Refusal):
        return written
    return written.answer if written.replayed else IssuedToken(written.answer, secret)
