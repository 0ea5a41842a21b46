"""Bind whom an identity provider vouches for to an organisation."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import errors, store
from entrepot.identity.model import (
    SECRET_BYTES,
    NewBinding,
    Token,
    check_binding,
    check_scope,
    hash_secret,
    make_secret,
    unique_scopes,
)
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def bind_subject(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewBinding,
    random: Callable[[int], bytes] = random_bytes,
    sent: Sent | None = None,
) -> Written[Token] | Refusal:
    """Let an identity provider's tokens for a subject speak for the caller's organisation.

    What they may do at most is kept as a token without a secret, and revoked like one. Refuses
    `identity.scope_missing`, `identity.unknown_organisation`, `identity.name_not_valid`,
    `identity.scope_not_valid`, `identity.subject_not_valid`, `identity.already_bound` and
    `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    # Nobody is told what this is the hash of, so that no secret opens what is bound.
    unknown = hash_secret(make_secret("app", random(SECRET_BYTES)))

    async def work(connection: Connection, now: datetime) -> Done[Token] | Refusal:
        refusal = check_binding(caller, new, now)
        if refusal is not None:
            return refusal
        if await store.find_organisation_by_id(connection, caller.organisation) is None:
            return refuse(errors.UNKNOWN_ORGANISATION, "There is no such organisation.")
        token = Token(ids.TOKEN + new_id(), new.name, unique_scopes(new.scopes), new.shown, now)
        bound = (new.issuer, new.subject)
        if not await store.insert_token(connection, caller.organisation, token, unknown, bound):
            return refuse(
                errors.ALREADY_BOUND,
                "This address or client of that identity provider is bound already. Revoke the "
                "token that binds it first.",
                field="subject",
                facts={"issuer": new.issuer, "subject": new.subject},
            )
        return Done(token, (Happening("identity.subject_bound", token.id, token),))

    return await act_once(pool, new_id, caller, sent, Token, work)
