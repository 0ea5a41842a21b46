"""The first step of closing: nothing is placed any more."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Scope
from entrepot.sales_sessions import begin_closing
from tests.factories.callers import acts_of, caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def test_nothing_is_placed_afterwards_and_once_is_enough(fair: Fair) -> None:
    session = await fair.open()
    order = await fair.buy(session, 2)
    first = await begin_closing(fair.pool, new_id, fair.trader, session)
    assert isinstance(first, Written)
    assert first.answer.state == "closing"
    refused = await fair.counter.act(
        fair.hub.trader, fair.hub.basket(session, (fair.hub.carrots, 1))
    )
    assert code_of(refused) == "orders.sales_session_not_open"
    assert await begin_closing(fair.pool, new_id, fair.trader, session) == first
    assert await fair.counter.order(order) == ("held", "held", "paid")
    acts = [act for act, _, _ in await acts_of(fair.pool, fair.hub.trader)]
    assert acts.count("sales_sessions.closed") == 1


async def test_anothers_is_unknown_and_the_scope_is_needed(fair: Fair) -> None:
    session = await fair.open()
    stranger = caller_for(await fair.network.organisation())
    for each in (session, new_id(), ""):
        refused = await begin_closing(fair.pool, new_id, stranger, each)
        assert code_of(refused) == "orders.unknown_sales_session"
    reader = caller_for(fair.hub.trader, Scope.ORDERS_READ)
    refused = await begin_closing(fair.pool, new_id, reader, session)
    assert code_of(refused) == "identity.scope_missing"
    assert await fair.state(session) == "open"
