"""Pause a partnership: nothing is offered or passes through it until it is resumed."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

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


async def pause_partnership(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None = None,
) -> Written[Partnership] | Refusal:
    """Pause a partnership from either side; what passed before stays, and weeks still close.

    Paused again by the same side, it stays as it is. The partner gets a notice. Refuses
    `identity.scope_missing`, `partnerships.unknown_partnership`,
    `partnerships.partnership_ending` and `request.key_reused`.
    """
    return await set_pause_of(pool, new_id, caller, partnership, sent, "paused")


async def set_pause_of(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None,
    becomes: Literal["paused", "resumed"],
) -> Written[Partnership] | Refusal:
    """Pause a partnership from the caller's side, or lift that side's pause.

    What is so already stays as it is, and nobody is told.
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
        changed = set_pause(found, found.role_of(me), paused=becomes == "paused")
        if changed == found:
            return Done(found.to_show(me))
        await partnerships.set_state(connection, changed)
        await raise_notices(connection, now, [partner_notice(changed, me, becomes)], new_id)
        shown = changed.to_show(me)
        return Done(shown, (Happening(f"partnerships.partnership_{becomes}", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Partnership, work)
