"""Close weeks of a partnership: from then on nothing falls into them."""

from collections.abc import Callable
from datetime import date, datetime

from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import WEEK, week_label
from entrepot.partnerships import lock_partnership, set_closed_through, unknown_partnership
from entrepot.settlement import store
from entrepot.settlement.model import (
    ClosedWeeks,
    check_closing,
    closing_due_at,
    last_week_over,
)


async def close_weeks(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    through: date | None = None,
    moment: Moment = by_the_clock,
) -> Written[ClosedWeeks] | Refusal:
    """Close a partnership's weeks through one (its Monday); without it, all that are over.

    The first of two steps: transfers wait for the partnership's lock no longer than this takes, and
    `write_settlements` writes the documents afterwards. It may come late: transfers of newer weeks
    stay in theirs. Without `through` nothing happens where nothing is due, nor to a partnership
    that has ended, whose weeks ending closed. `moment` says when it happens, given the database's
    clock.

    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `settlement.week_not_over` and `settlement.week_closed`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[ClosedWeeks] | Refusal:
        if await lock_partnership(connection, caller.organisation, partnership) is None:
            return unknown_partnership(partnership)
        sides = await store.find_sides(connection, caller.organisation, partnership)
        assert sides is not None, "what is locked is there"
        at = moment(now)
        week = through
        if week is None:
            due = sides.state != "ended"
            week = last_week_over(at, sides.time_zone) if due else sides.closed_through
            if week <= sides.closed_through:
                return Done(_closed(sides.id, sides.closed_through, sides.closed_through))
        refused = check_closing(sides, week, at)
        if refused is not None:
            return refused
        due_at = closing_due_at(week, sides.time_zone)
        await set_closed_through(connection, sides.wholesaler, sides.id, week, due_at)
        answer = _closed(sides.id, week, sides.closed_through)
        return Done(answer, (Happening("settlement.weeks_closed", answer.partnership, answer),))

    return await act_once(pool, new_id, caller, None, ClosedWeeks, work)


def _closed(partnership: Id, through: date, before: date) -> ClosedWeeks:
    """What closing answers."""
    newly = (through - before) // WEEK
    return ClosedWeeks(ids.PARTNERSHIP + partnership, week_label(through), newly)
