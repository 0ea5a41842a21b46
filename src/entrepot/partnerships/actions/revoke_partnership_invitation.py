"""Take back an invitation of a retailer that was not accepted yet."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.model import (
    PartnershipInvitation,
    invitation_accepted,
    unknown_invitation,
)
from entrepot.partnerships.store import invitations


async def revoke_partnership_invitation(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    invitation: Id,
    sent: Sent | None = None,
) -> Written[PartnershipInvitation] | Refusal:
    """Let an invite key open nothing any more; revoked again, or expired, it stays as it is.

    Refuses `identity.scope_missing`, `partnerships.unknown_invitation`,
    `partnerships.invitation_accepted` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[PartnershipInvitation] | Refusal:
        found = await invitations.lock_invitation(connection, caller.organisation, invitation)
        if found is None:
            return unknown_invitation(invitation)
        now = await read_clock(connection)
        state = found.state(now)
        if state == "accepted":
            return invitation_accepted(found)
        if state != "open":
            return Done(found.to_show(now))
        revoked = found._replace(revoked_at=now)
        await invitations.end_invitation(connection, revoked)
        shown = revoked.to_show(now)
        return Done(shown, (Happening("partnerships.invitation_revoked", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, PartnershipInvitation, work)
