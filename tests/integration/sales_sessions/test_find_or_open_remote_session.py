"""A remote trader's session is known by its times alone."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.sales_sessions import find_or_open_remote_session
from tests.factories.callers import caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of

DAY = timedelta(days=1)


async def test_the_same_times_are_the_same_session(fair: Fair) -> None:
    now = utc_now()
    times = (now - DAY, now + DAY)
    found = await asyncio.gather(
        *(find_or_open_remote_session(fair.pool, new_id, fair.trader, *times) for _ in range(3))
    )
    assert len(set(found)) == 1
    for other in ((None, times[1]), (times[0], None), (None, None), (times[0], times[1] + DAY)):
        session = await find_or_open_remote_session(fair.pool, new_id, fair.trader, *other)
        assert session not in found
        again = await find_or_open_remote_session(fair.pool, new_id, fair.trader, *other)
        assert session == again
    theirs = await find_or_open_remote_session(
        fair.pool, new_id, caller_for(fair.hub.producer), *times
    )
    assert theirs not in found


async def test_holds_last_a_day_longer_or_a_week_without_an_end(fair: Fair) -> None:
    now = utc_now()
    ends = await find_or_open_remote_session(fair.pool, new_id, fair.trader, None, now + DAY)
    endless = await find_or_open_remote_session(fair.pool, new_id, fair.trader, None, None)
    assert await held_until(fair, ends) == now + 2 * DAY
    assert 7 * DAY <= await held_until(fair, endless) - now <= 8 * DAY
    await fair.counter.rows("UPDATE selling_windows SET hold_until = now() WHERE id = $1", endless)
    after = await find_or_open_remote_session(fair.pool, new_id, fair.trader, None, None)
    assert after != endless


async def held_until(fair: Fair, session: object) -> datetime:
    """Until when what is ordered in a remote session is held."""
    ((until,),) = await fair.counter.rows(
        "SELECT hold_until FROM selling_windows WHERE id = $1", session
    )
    assert isinstance(until, datetime)
    return until


async def test_what_cannot_be_is_refused(fair: Fair) -> None:
    now = utc_now()
    for times, code in (
        ((now, now), "sales_sessions.times_not_valid"),
        ((None, now + 400 * DAY), "sales_sessions.times_not_valid"),
        ((None, now - 2 * DAY), "orders.sales_session_not_open"),
    ):
        refused = await find_or_open_remote_session(fair.pool, new_id, fair.trader, *times)
        assert code_of(refused) == code
    reader = caller_for(fair.hub.trader, Scope.ORDERS_READ)
    refused = await find_or_open_remote_session(fair.pool, new_id, reader, None, None)
    assert code_of(refused) == "identity.scope_missing"
    assert await fair.counter.rows("SELECT id FROM selling_windows") == []
