"""Close the sales sessions whose end has come, and go on with those that are closing."""

from typing import Final

from entrepot.infra.reading import reading
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.orders import Desk
from entrepot.sales_sessions import store
from entrepot.sales_sessions.actions.begin_closing import begin_closing
from entrepot.sales_sessions.actions.gather_session import gather_session

SESSIONS_MAX: Final = 100
"""Sessions that are looked at in one go, of either kind."""


async def close_due_sessions(desk: Desk) -> int:
    """Close up to 100 sessions that are due and go on with as many; how much there was to do.

    A session that waits for payments counts for nothing. One that fails keeps none of the others
    waiting: the rest is done first, then the failures are raised together.
    """
    async with reading(desk.pool) as connection:
        due = await store.read_due(connection, SESSIONS_MAX)
    errors, done = [], 0
    for each in due:
        caller = Caller(each.organisation, frozenset({Scope.ORDERS_WRITE.value}))
        try:
            begun = await begin_closing(desk.pool, desk.new_id, caller, each.id)
            assert isinstance(begun, Written), "sessions are never deleted"
            done += await gather_session(desk, each.organisation, each.id)
        except Exception as error:  # noqa: BLE001 - one session's trouble is not the others'
            error.add_note(f"{ids.SALES_SESSION}{each.id}:")
            errors.append(error)
    if errors:
        raise ExceptionGroup("Some sales sessions could not be closed.", errors)
    return done
