"""Revoke an invitation of a colleague."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import errors, store
from entrepot.identity.model import ColleagueInvitation, check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def revoke_invitation(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    invitation: Id,
    sent: Sent | None = None,
) -> Written[ColleagueInvitation] | Refusal:
    """Revoke an invitation that is still open; revoked again, it stays as it is.

    Refuses `identity.scope_missing`, `identity.unknown_invitation`, `identity.invitation_accepted`
    and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[ColleagueInvitation] | Refusal:
        found = await store.lock_invitation(connection, caller.organisation, invitation)
        if found is None:
            return refuse(
                errors.UNKNOWN_INVITATION,
                "You have no such invitation. Check its id.",
                field="invitation",
                facts={"invitation": ids.COLLEAGUE_INVITATION + invitation} if invitation else {},
            )
        if found.accepted_at is not None:
            return refuse(
                errors.INVITATION_ACCEPTED,
                "This invitation was accepted. Remove the colleague instead.",
                field="invitation",
            )
        if found.revoked_at is not None:
            return Done(found.to_show())
        ended = found._replace(revoked_at=now)
        await store.end_invitation(connection, ended)
        answer = ended.to_show()
        return Done(answer, (Happening("identity.invitation_revoked", answer.id, answer),))

    return await act_once(pool, new_id, caller, sent, ColleagueInvitation, work)
