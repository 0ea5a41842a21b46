"""Issue a token to a program or a person."""

from collections.abc import Callable

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
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def issue_token(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewToken,
    random: Callable[[int], bytes] = random_bytes,
) -> IssuedToken | Refusal:
    """Issue a token of the caller's organisation; its secret is told here and never again.

    Refuses `identity.scope_missing`, `identity.unknown_organisation`, `identity.name_not_valid`,
    `identity.scope_not_valid` and `identity.expiry_not_valid`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    secret = make_secret(new.kind, random(SECRET_BYTES))
    async with writing(pool) as connection:
        now = await read_clock(connection)
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
        happening = Happening("identity.token_issued", token.id, token)
        await record(connection, now, new_id, caller, [happening])
    return IssuedToken(token, secret)
