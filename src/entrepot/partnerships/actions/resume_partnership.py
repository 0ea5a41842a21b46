"""Resume a partnership: lift one's own pause."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships.model import (
    Partnership,
    is_ending,
    partner_notice,
    set_pause,
    unknown_partnership,
)
from entrepot.partnerships.store import partnerships


async def resume_partnership(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None = None,
) -> Written[Partnership] | Refusal:
    """Lift the caller's pause; while the partner's stands, the partnership stays paused.

    Where the caller did not pause it, it stays as it is. The partner gets a notice. Refuses
    `identity.scope_missing`, `partnerships.unknown_partnership`,
    `partnerships.partnership_ending` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    me = caller.organisation

    async def work(connection: Connection, now: datetime) -> Done[Partnership] | Refusal:
        found = await partnerships.lock_partnership(connection, me, partnership)
        if found is None:
            return unknown_partnership(partnership)
        refused = is_ending(found)
        if refused is not None:
            return refused
        resumed = set_pause(found, found.role_of(me), paused=False)
        if resumed == found:
            return Done(found.to_show(me))
        await partnerships.set_state(connection, resumed)
        await raise_notices(connection, now, [partner_notice(resumed, me, "resumed")], new_id)
        shown = resumed.to_show(me)
        return Done(shown, (Happening("partnerships.partnership_resumed", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Partnership, work)
