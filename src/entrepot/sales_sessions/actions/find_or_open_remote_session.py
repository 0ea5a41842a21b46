"""Find or open the sales session of a trader whose customers order somewhere else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from entrepot import orders
from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import SALES_SESSION_NOT_OPEN, NewRemoteWindow
from entrepot.sales_sessions import errors
from entrepot.sales_sessions.model import LASTS_MAX

GRACE: Final = timedelta(hours=24)
"""How long after its end a remote session's orders are held for the trader to complete them."""
ENDLESS_DAYS: Final = 7
"""How many whole days what is ordered in a session without an end is held at least."""


async def find_or_open_remote_session(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    opens_at: datetime | None,
    closes_at: datetime | None,
) -> Id | Refusal:
    """Return the caller's remote session with these times, which is made where there is none.

    It is known by its times alone, each of which may be missing; what is ordered in it is held
    until 24 hours after its end, without one for seven days. Refuses `identity.scope_missing`,
    `sales_sessions.times_not_valid`, and `orders.sales_session_not_open` once that time has passed.
    """
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        return refusal
    async with writing(pool) as connection:
        now = await read_clock(connection)
        refused = _check(opens_at, closes_at, now)
        if refused is not None:
            return refused
        window = NewRemoteWindow(
            caller.organisation,
            new_id(),
            opens_at,
            closes_at,
            _hold_until(opens_at, closes_at, now),
        )
        return await orders.open_remote_window(connection, window, now)


def _check(opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> Refusal | None:
    """Whether a remote session's times can be: in order, not over, and not for ever."""
    facts = {
        "opens_at": None if opens_at is None else opens_at.isoformat(),
        "closes_at": None if closes_at is None else closes_at.isoformat(),
        "now": now.isoformat(),
    }
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        says = "A session closes after it opens."
        return refuse(errors.TIMES_NOT_VALID, says, field="closes_at", facts=facts)
    latest = closes_at or opens_at
    if latest is not None and latest > now + LASTS_MAX:
        says = f"A session closes within {LASTS_MAX.days} days."
        return refuse(errors.TIMES_NOT_VALID, says, field="closes_at", facts=facts)
    if closes_at is not None and closes_at + GRACE <= now:
        return refuse(
            SALES_SESSION_NOT_OPEN,
            "This sales session ended too long ago; order in one that goes on.",
            field="closes_at",
            facts=facts,
        )
    return None


def _hold_until(opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> datetime:
    """Until when what is ordered is held; the same for all who ask on one day."""
    if closes_at is not None:
        return closes_at + GRACE
    begin = now if opens_at is None else max(now, opens_at)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=ENDLESS_DAYS + 1)
