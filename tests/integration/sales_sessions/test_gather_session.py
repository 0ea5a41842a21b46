"""Gathering goes on wherever it was broken off: chunk by chunk, and never twice."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.orders import Desk
from entrepot.sales_sessions import begin_closing, gather_session
from entrepot.sales_sessions.actions import gather_session as gathering
from tests.factories.fair import Fair
from tests.integration.races.test_settling_killed import Doomed, KilledError


async def closing(fair: Fair, *kilos: int) -> str:
    """A session that is closed to orders and not gathered yet."""
    session = await fair.open()
    for each in kilos:
        await fair.buy(session, each)
    await begin_closing(fair.pool, new_id, fair.trader, session)
    return session


async def test_chunks_add_to_one_session_order(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "GATHERED_MAX", 2)
    session = await closing(fair, 1, 1, 1, 1, 1)
    assert await gather_session(fair.desk, fair.hub.trader, session) == 6
    ((_, status, words),) = await fair.hub.session_orders(session)
    assert (status, words) == ("complete", "1: 5 = 5 held")


async def test_killed_before_any_statement_it_goes_on(
    fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that gathers dies before each of its own statements; the batch is another's."""
    monkeypatch.setattr(gathering, "GATHERED_MAX", 2)
    session = await closing(fair, 1, 2, 3)
    for die_before in count():
        doomed: Any = Doomed(fair.pool, die_before)
        desk = Desk(fair.desk.intake, new_id, doomed)
        try:
            await gather_session(desk, fair.hub.trader, session)
        except KilledError:
            held = await fair.counter.figures(fair.hub.carrots)
            assert held[:2] == (10, 6), "whoever was told yes keeps the goods at every moment"
            continue
        break
    assert die_before > 5
    ((_, status, words),) = await fair.hub.session_orders(session)
    assert (status, words) == ("complete", "1: 6 = 6 held")
    assert await fair.state(session) == "complete"


async def test_a_session_that_is_open_or_unknown_is_left_alone(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 1)
    assert await gather_session(fair.desk, fair.hub.trader, session) == 0
    assert await gather_session(fair.desk, fair.hub.trader, new_id()) == 0
    assert await fair.state(session) == "open"
