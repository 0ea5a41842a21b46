"""The job closes sessions as they end, and goes on with those that wait for payments."""

from __future__ import annotations

import pytest

from entrepot.orders import Desk
from entrepot.sales_sessions import close_due_sessions, gather_session
from entrepot.sales_sessions.actions import close_due_sessions as job
from tests.factories.fair import Fair


async def test_a_session_closes_at_its_end_and_not_before(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 2)
    assert await close_due_sessions(fair.desk) == 0
    assert await fair.state(session) == "open"
    await fair.end(session)
    assert await fair.state(session) == "closing", "its end counts at once"
    assert await close_due_sessions(fair.desk) == 2  # the order, and the end
    assert await fair.state(session) == "complete"
    assert await close_due_sessions(fair.desk) == 0


async def test_one_that_waits_for_payments_counts_for_nothing(fair: Fair) -> None:
    session = await fair.open()
    unpaid = await fair.buy(session, 2, paid=False)
    await fair.end(session)
    assert await close_due_sessions(fair.desk) == 0
    assert await fair.state(session) == "closing"
    await fair.counter.pay(fair.hub.trader, unpaid)
    assert await close_due_sessions(fair.desk) == 2
    assert await fair.state(session) == "complete"


async def test_one_that_fails_keeps_no_other_waiting(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await fair.open(), await fair.open(reference="other")
    for session in (bad, good):
        await fair.buy(session, 1)
        await fair.end(session)

    async def fail_one(desk: Desk, trader: str, session: str) -> int:
        if session == bad:
            raise RuntimeError("no luck")
        return await gather_session(desk, trader, session)

    monkeypatch.setattr(job, "gather_session", fail_one)
    with pytest.raises(ExceptionGroup, match="could not be closed"):
        await close_due_sessions(fair.desk)
    assert (await fair.state(bad), await fair.state(good)) == ("closing", "complete")
    monkeypatch.undo()
    await close_due_sessions(fair.desk)
    assert await fair.state(bad) == "complete"
