"""Invite a colleague into the organisation."""

from collections.abc import Callable
from datetime import datetime
from typing import overload

from entrepot.identity import errors, store
from entrepot.identity.model import (
    INVITATION_HOLDS,
    SECRET_BYTES,
    ColleagueInvitation,
    InvitationRow,
    IssuedInvitation,
    NewInvitation,
    check_invitation,
    check_scope,
    hash_secret,
    make_secret,
)
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


@overload
async def invite_colleague(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewInvitation,
    random: Callable[[int], bytes] = random_bytes,
) -> IssuedInvitation | Refusal: ...


@overload
async def invite_colleague(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewInvitation,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None,
) -> IssuedInvitation | ColleagueInvitation | Refusal: ...


async def invite_colleague(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewInvitation,
    random: Callable[[int], bytes] = random_bytes,
    *,
    sent: Sent | None = None,
) -> IssuedInvitation | ColleagueInvitation | Refusal:
    """Invite somebody by e-mail address; the key to hand to them is told here and never again.

    It holds for 14 days and is used once. Earlier invitations of the same address that are still
    open end by it. Sent again under its key, the act is answered without the invitation's key.
    Refuses `identity.scope_missing`, `identity.email_not_valid`, `identity.role_not_valid`,
    `identity.already_colleague` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE) or check_invitation(caller, new)
    if refusal is not None:
        return refusal
    key = make_secret("key", random(SECRET_BYTES))

    async def work(connection: Connection, now: datetime) -> Done[ColleagueInvitation] | Refusal:
        if await store.is_colleague(connection, caller.organisation, new.email):
            return refuse(
                errors.ALREADY_COLLEAGUE,
                "Somebody with this e-mail address is in your organisation already.",
                field="email",
            )
        expires_at = now + INVITATION_HOLDS
        row = InvitationRow(
            caller.organisation, new_id(), new.email, new.role, now, expires_at, None, None
        )
        await store.insert_invitation(connection, row, hash_secret(key), caller.person)
        invitation = row.to_show()
        happening = Happening("identity.colleague_invited", invitation.id, invitation)
        return Done(invitation, (happening,))

    written = await act_once(pool, new_id, caller, sent, ColleagueInvitation, work)
    if isinstance(written, Refusal):
        return written
    return written.answer if written.replayed else IssuedInvitation(written.answer, key)
