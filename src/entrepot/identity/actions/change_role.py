"""Change what a colleague is in the organisation."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import store
from entrepot.identity.model import (
    OWNER,
    Membership,
    check_last_owner,
    check_role,
    check_scope,
    live_owners,
    person_refused,
)
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def change_role(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    person: Id,
    role: str,
    sent: Sent | None = None,
) -> Written[Membership] | Refusal:
    """Give a colleague another role; they have to log in again.

    Refuses `identity.scope_missing`, `identity.role_not_valid`, `identity.unknown_person`,
    `identity.last_owner` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE) or check_role(caller, role)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Membership] | Refusal:
        memberships = await store.lock_memberships(connection, caller.organisation)
        found = memberships.get(person)
        if found is None or found.ended_at is not None:
            return person_refused(person)
        if found.role == role:
            return Done(found.to_show())
        if found.role == OWNER:
            refusal = check_last_owner(live_owners(memberships.values()), person)
            if refusal is not None:
                return refusal
        changed = found._replace(role=role)
        await store.change_membership(connection, caller.organisation, changed)
        await store.revoke_sessions(connection, person, now, caller.organisation)
        answer = changed.to_show()
        return Done(answer, (Happening("identity.role_changed", answer.person, answer),))

    return await act_once(pool, new_id, caller, sent, Membership, work)
