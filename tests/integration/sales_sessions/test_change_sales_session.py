"""A session's name may change at any time, its times until it closes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.sales_sessions import (
    SalesSessionChanges,
    begin_closing,
    change_sales_session,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def changed(fair: Fair, session: str, sent: Sent | None = None, **values: Any) -> Any:  # noqa: ANN401 - any field of the changes
    return await change_sales_session(
        fair.pool, new_id, fair.trader, session, SalesSessionChanges(**values), sent
    )


async def test_times_move_while_it_is_open(fair: Fair) -> None:
    session = await fair.open()
    later = utc_now() + timedelta(days=5)
    done = await changed(fair, session, Sent("key", b"c"), closes_at=later, name="Longer")
    assert (done.answer.name, done.answer.closes_at) == ("Longer", later)
    again = await changed(fair, session, Sent("key", b"c"), closes_at=later, name="Longer")
    assert again == Written(done.answer, replayed=True)
    await changed(fair, session, closes_at=later)  # nothing is new, so nothing is written
    acts = [act for act, _, _ in await acts_of(fair.pool, fair.hub.trader)]
    assert acts == ["sales_sessions.opened", "sales_sessions.changed"]


async def test_a_session_that_is_moved_away_takes_no_orders(fair: Fair) -> None:
    session = await fair.open()
    await changed(fair, session, opens_at=utc_now() + timedelta(hours=1))
    assert await fair.state(session) == "planned"
    refused = await fair.counter.act(
        fair.hub.trader, fair.hub.basket(session, (fair.hub.carrots, 1))
    )
    assert code_of(refused) == "orders.sales_session_not_open"


async def test_bad_times_and_names_are_refused(fair: Fair) -> None:
    session = await fair.open()
    past = utc_now() - timedelta(hours=1)
    assert code_of(await changed(fair, session, closes_at=past)) == "sales_sessions.times_not_valid"
    assert code_of(await changed(fair, session, name=" x")) == "sales_sessions.name_not_valid"


async def test_what_has_closed_keeps_its_times(fair: Fair) -> None:
    closed, ended = await fair.open(), await fair.open(reference="other")
    await begin_closing(fair.pool, new_id, fair.trader, closed)
    await fair.end(ended)
    later = utc_now() + timedelta(days=5)
    for session in (closed, ended):
        refused = await changed(fair, session, closes_at=later)
        assert code_of(refused) == "sales_sessions.already_closed"
        assert (await changed(fair, session, name="Named")).answer.name == "Named"


async def test_another_traders_session_is_unknown(fair: Fair) -> None:
    session = await fair.open()
    stranger = caller_for(await fair.network.organisation())
    for each in (session, new_id(), ""):
        refused = await change_sales_session(
            fair.pool, new_id, stranger, each, SalesSessionChanges(name="Mine")
        )
        assert code_of(refused) == "orders.unknown_sales_session"
    assert (await fair.show(session)).session.name == "This week"
