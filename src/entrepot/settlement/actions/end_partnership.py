"""End a partnership: the last step, after which its documents can only be read."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import settling_week, week_of
from entrepot.notices import raise_notices
from entrepot.partnerships import (
    lock_partnership,
    partner_notice,
    set_closed_through,
    set_ended,
    unknown_partnership,
)
from entrepot.settlement import store
from entrepot.settlement.actions.write_settlements import write_settlements
from entrepot.settlement.model import (
    EndedPartnership,
    check_ending,
    closing_due_at,
    ended,
    last_week_to_close,
    show_checklist,
)


async def end_partnership(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[EndedPartnership] | Refusal:
    """End a partnership that is ending, once its checklist is clear; either side may.

    Every week is closed with it, the current one too, and then their documents are written; killed
    in between, the job that closes weeks writes them. The partner is told. Ended again, it stays as
    it is.

    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`, `settlement.not_ending`,
    `settlement.checklist_open` (a fault for each thing that is open) and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[EndedPartnership] | Refusal:
        organisation = caller.organisation
        locked = await lock_partnership(connection, organisation, partnership)
        if locked is None:
            return unknown_partnership(partnership)
        sides = await store.find_sides(connection, organisation, partnership)
        assert sides is not None, "what is locked is there"
        if sides.state == "ended":
            return Done(ended(sides.id, sides.closed_through))
        at = moment(now)
        reversing = settling_week(at, sides.time_zone, sides.closed_through)
        row = await store.read_open(connection, organisation, sides, at, reversing)
        refused = check_ending(sides, show_checklist(sides, row))
        if refused is not None:
            return refused
        through = last_week_to_close(sides, row.newest_week, week_of(at, sides.time_zone))
        due_at = closing_due_at(through, sides.time_zone)
        await set_closed_through(connection, sides.wholesaler, sides.id, through, due_at)
        row_after = await set_ended(connection, locked, at)
        notice = partner_notice(row_after, organisation, "ended")
        await raise_notices(connection, now, (notice,), new_id)
        answer = ended(sides.id, through)
        happening = Happening("partnerships.partnership_ended", answer.partnership, answer)
        return Done(answer, (happening,))

    done = await act_once(pool, new_id, caller, sent, EndedPartnership, work)
    if isinstance(done, Written):
        await write_settlements(pool, new_id, caller, partnership, moment)
    return done
