"""Closing makes one session order a producer, complete; it may be asked for again and again."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from entrepot.infra.writing import Sent, Written
from entrepot.kernel.paging import Page, Stretch
from entrepot.notices import list_notices
from entrepot.orders import CancelOrder
from entrepot.sales_sessions import (
    ClosedSession,
    SessionProduct,
    close_sales_session,
    list_session_orders,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import code_of as refused_as
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def close(fair: Fair, session: str, sent: Sent | None = None, **how: Any) -> ClosedSession:  # noqa: ANN401 - options of closing
    closed = await close_sales_session(fair.desk, fair.trader, session, sent, **how)
    assert isinstance(closed, Written), closed
    return closed.answer


async def at_the_producer(fair: Fair) -> list[tuple[str, str, str | None]]:
    rows = await list_session_orders(fair.pool, fair.producer, Page())
    assert isinstance(rows, Stretch), rows
    return [(row.reference.partition(":")[0], row.status, row.amount) for row in rows.rows]


async def test_paid_orders_become_one_session_order(fair: Fair) -> None:
    session = await fair.open()
    orders = [await fair.buy(session, kilos) for kilos in (1, 5)]
    closed = await close(fair, session)
    assert closed.session.state == "complete"
    assert await at_the_producer(fair) == [("week", "complete", "15")]  # six at 2.50
    ((_, _, words),) = await fair.hub.session_orders(session)
    assert words == "1: 6 = 6 held"
    for order in orders:
        assert await fair.counter.order(order) == ("complete", "unfulfilled", "paid")
    assert await fair.hub.held(session, fair.hub.carrots) == Decimal(0)
    assert (await fair.counter.figures(fair.hub.carrots))[:2] == (10, 6)
    notices = await list_notices(fair.pool, fair.producer, Page())
    assert isinstance(notices, list)
    assert [each.kind for each in notices] == ["session_order.completed"]


async def test_without_orders_it_is_complete_at_once(fair: Fair) -> None:
    session = await fair.open()
    assert (await close(fair, session)).session.state == "complete"
    assert await at_the_producer(fair) == []


async def test_each_producer_gets_its_own(fair: Fair) -> None:
    other = await fair.network.organisation("other")
    await fair.network.right(other, fair.hub.trader)
    kale = await fair.network.variant(other, "KALE")
    await fair.counter.receive(other, kale, 3)
    session = await fair.open(SessionProduct(fair.hub.carrots), SessionProduct(kale))
    await fair.counter.place(
        fair.hub.trader,
        fair.hub.basket(session, (fair.hub.carrots, 1), (kale, 2), paid=True),
    )
    await close(fair, session)
    found = await fair.hub.session_orders(session)
    assert sorted(words for _, _, words in found) == ["1: 1 = 1 held", "1: 2 = 2 held"]
    theirs = await list_session_orders(fair.pool, caller_for(other), Page())
    assert isinstance(theirs, Stretch)
    assert [row.amount for row in theirs.rows] == ["5"]


async def test_it_waits_for_payments_and_goes_on(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 2)
    unpaid = await fair.buy(session, 3, paid=False)
    first = await close(fair, session, Sent("key", b"c"))
    assert (first.session.state, first.orders.unpaid) == ("closing", 1)
    await fair.counter.pay(fair.hub.trader, unpaid)
    assert await close(fair, session, Sent("key", b"c")) == first, "a key has one answer"
    assert (await close(fair, session)).session.state == "complete"
    ((_, status, words),) = await fair.hub.session_orders(session)
    assert (status, words) == ("complete", "1: 5 = 5 held")


async def test_unpaid_orders_are_cancelled_if_that_is_asked(fair: Fair) -> None:
    session = await fair.open()
    unpaid = await fair.buy(session, 3, paid=False)
    assert (await close(fair, session, cancel_unpaid=True)).session.state == "complete"
    assert await fair.counter.order(unpaid) == ("cancelled", "cancelled", "cancelled")
    assert (await fair.counter.figures(fair.hub.carrots))[:2] == (10, 0)


async def test_what_passed_its_limit_is_not_waited_for(fair: Fair) -> None:
    session = await fair.open()
    unpaid = await fair.buy(session, 3, paid=False)
    await fair.counter.rows(
        "UPDATE orders SET hold_until = now() - interval '1 minute' WHERE id = $1", unpaid
    )
    await fair.counter.rows(
        "UPDATE holds SET expires_at = now() - interval '1 minute' WHERE order_id = $1", unpaid
    )
    assert (await fair.show(session)).products[0].held == "0"
    assert (await close(fair, session)).session.state == "complete"
    assert (await fair.counter.order(unpaid))[0] == "cancelled"


async def test_a_reference_that_is_taken_gets_a_mark(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 2)
    ((slug,),) = await fair.counter.rows(
        "SELECT slug FROM organisations WHERE id = $1", fair.hub.producer
    )
    taken = fair.hub.basket(session, (fair.hub.leeks, 1), reference=f"week:{slug}", paid=True)
    await fair.counter.place(fair.hub.trader, taken)
    assert (await close(fair, session)).session.state == "complete"
    rows = await list_session_orders(fair.pool, fair.producer, Page())
    assert isinstance(rows, Stretch)
    assert rows.rows[0].reference.startswith(f"week:{slug}:")


async def test_what_a_recount_took_is_not_ordered(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 4)
    await fair.buy(session, 4)
    await fair.counter.count(fair.hub.producer, fair.hub.carrots, 5)
    assert (await fair.show(session)).orders.short == 1
    await close(fair, session)
    ((_, _, words),) = await fair.hub.session_orders(session)
    assert words == "1: 5 = 5 held"


async def test_two_who_close_at_once_make_one_order(fair: Fair) -> None:
    session = await fair.open()
    for _ in range(4):
        await fair.buy(session, 1)
    closed = await asyncio.gather(*(close(fair, session) for _ in range(3)))
    assert {each.session.state for each in closed} == {"complete"}
    ((_, status, words),) = await fair.hub.session_orders(session)
    assert (status, words) == ("complete", "1: 4 = 4 held")
    acts = [act for act, _, _ in await acts_of(fair.pool, fair.hub.trader)]
    assert acts.count("sales_sessions.completed") == 1


@pytest.mark.parametrize("which", ["foreign", "absent", "unreadable"])
async def test_anothers_is_unknown(fair: Fair, which: str) -> None:
    session = {"foreign": await fair.open(), "absent": "0" * 32, "unreadable": ""}[which]
    stranger = caller_for(await fair.network.organisation())
    refused = await close_sales_session(fair.desk, stranger, session)
    assert code_of(refused) == "orders.unknown_sales_session"


async def test_goods_of_a_closed_session_cannot_be_cancelled_from_below(fair: Fair) -> None:
    session = await fair.open()
    order = await fair.buy(session, 2)
    await close(fair, session)
    from_below = await fair.counter.act(fair.hub.trader, CancelOrder(order))
    assert refused_as(from_below) == "orders.already_gathered"
