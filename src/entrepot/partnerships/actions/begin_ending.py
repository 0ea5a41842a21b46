"""Begin to end a partnership: nothing new passes, what is open is brought to its end."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships.model import Partnership, partner_notice, unknown_partnership
from entrepot.partnerships.store import partnerships


async def begin_ending(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None = None,
) -> Written[Partnership] | Refusal:
    """Let a partnership be ending, from either side; there is no way back.

    Nothing is offered or passes any more; what passed may still be given back, and the weeks
    still close. Where it is ending or has ended, it stays as it is. The partner gets a notice.
    Refuses `identity.scope_missing`, `partnerships.unknown_partnership` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    me = caller.organisation

    async def work(connection: Connection, now: datetime) -> Done[Partnership] | Refusal:
        found = await partnerships.lock_partnership(connection, me, partnership)
        if found is None:
            return unknown_partnership(partnership)
        if found.state in {"ending", "ended"}:
            return Done(found.to_show(me))
        ending = found._replace(state="ending")
        await partnerships.set_state(connection, ending)
        await raise_notices(connection, now, [partner_notice(ending, me, "ending")], new_id)
        shown = ending.to_show(me)
        return Done(shown, (Happening("partnerships.partnership_ending", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Partnership, work)
