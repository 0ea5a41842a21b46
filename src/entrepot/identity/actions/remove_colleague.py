"""Remove a colleague from the organisation."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import store
from entrepot.identity.model import (
    OWNER,
    Membership,
    check_last_owner,
    check_scope,
    live_owners,
    person_refused,
)
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def remove_colleague(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    person: Id,
    sent: Sent | None = None,
) -> Written[Membership] | Refusal:
    """End a colleague's membership and log them out; removed again, they stay so.

    What they did stays theirs in the audit. Tokens belong to the organisation and hold on.
    Refuses `identity.scope_missing`, `identity.unknown_person`, `identity.last_owner` and
    `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Membership] | Refusal:
        memberships = await store.lock_memberships(connection, caller.organisation)
        found = memberships.get(person)
        if found is None:
            return person_refused(person)
        if found.ended_at is not None:
            return Done(found.to_show())
        if found.role == OWNER:
            refusal = check_last_owner(live_owners(memberships.values()), person)
            if refusal is not None:
                return refusal
        ended = found._replace(ended_at=now)
        await store.change_membership(connection, caller.organisation, ended)
        await store.revoke_sessions(connection, person, now, caller.organisation)
        answer = ended.to_show()
        return Done(answer, (Happening("identity.colleague_removed", answer.person, answer),))

    return await act_once(pool, new_id, caller, sent, Membership, work)
