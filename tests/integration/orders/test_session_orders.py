"""Customers' orders in sales sessions through the batch: limits, holds, and gathering."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    CancelOrder,
    ChangeOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
)
from entrepot.orders.model import CompleteSessionOrder, PlaceDraft, SweepExpired
from tests.factories.callers import acts_of
from tests.factories.counter import Counter, body_of, code_of, parts, submission, wanted
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


ONE = Decimal(1)

# Customers of a trader's own session


async def test_a_limit_bounds_what_customers_hold_together(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=6)
    first = hub.basket(session, (hub.carrots, 4))
    answer = await counter.place(hub.trader, first)
    assert (answer["status"], answer["sales_session"]) == ("held", f"sal_{session}")
    assert answer["lines"][0]["unit_price"] == "3"
    refused = await counter.act(hub.trader, hub.basket(session, (hub.carrots, 1), (hub.carrots, 2)))
    assert isinstance(refused, Refusal)
    assert [(each.field, each.facts["available"]) for each in refused.faults] == [
        ("lines[1].quantity", "1")
    ]
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 2)))
    assert await hub.held(session, hub.carrots) == 6
    await counter.pay(hub.trader, first.order, succeeded=False)
    assert await hub.held(session, hub.carrots) == 2
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 4)))


async def test_a_limit_and_scarce_stock_are_named_at_once(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=3)
    refused = await counter.act(
        hub.trader, hub.basket(session, (hub.carrots, 4), (hub.leeks, "11"))
    )
    assert isinstance(refused, Refusal)
    assert [each.facts["available"] for each in refused.faults] == ["3", "10"]
    assert await hub.held(session, hub.carrots) == 0


async def test_one_batch_gives_no_more_than_the_limit(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=5)
    answers = await counter.batch(
        *((hub.trader, hub.basket(session, (hub.carrots, 2))) for _ in range(4))
    )
    assert [isinstance(each, Accepted) for each in answers] == [True, True, False, False]
    assert await hub.held(session, hub.carrots) == 4


async def test_two_processes_give_no_more_than_the_limit(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=5)
    other = Counter(counter.pool)
    answers = await asyncio.gather(
        *(
            each.act(hub.trader, hub.basket(session, (hub.carrots, 1)))
            for each in (counter, other) * 5
        )
    )
    assert sum(isinstance(each, Accepted) for each in answers) == 5
    assert await hub.held(session, hub.carrots) == 5


async def test_what_is_dropped_line_by_line_uses_up_nothing(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=3)
    order = hub.basket(session, (hub.carrots, 5), (hub.carrots, 2), policy="line_by_line")
    answer = await counter.place(hub.trader, order)
    assert [each["quantity"] for each in answer["lines"]] == ["2"]
    assert [each["available"] for each in answer["dropped_lines"]] == ["3"]
    assert await hub.held(session, hub.carrots) == 2


async def test_a_change_counts_its_own_units_as_left(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=5)
    order = hub.basket(session, (hub.carrots, 4))
    await counter.place(hub.trader, order)
    await counter.change(hub.trader, order.order, (hub.carrots, 5))
    assert await hub.held(session, hub.carrots) == 5
    await counter.change(hub.trader, order.order, (hub.leeks, 1), (hub.carrots, 1))
    assert (await hub.held(session, hub.carrots), await hub.held(session, hub.leeks)) == (ONE, ONE)
    change = ChangeOrder(order.order, wanted((hub.carrots, 6)))
    assert code_of(await counter.act(hub.trader, change)) == "stock.insufficient_available"


async def test_what_passed_its_limit_counts_no_more(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.session(carrots=5)
    late = hub.basket(session, (hub.carrots, 5))
    await counter.place(hub.trader, late)
    await network.set_clock_past(late.order)
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 3)))
    assert await hub.held(session, hub.carrots) == 3
    refused = await counter.act(hub.trader, RecordPayment(late.order, succeeded=True))
    assert code_of(refused) == "orders.payment_too_late"


async def test_a_late_payment_finds_its_place_again(
    hub: Hub, network: Network, counter: Counter
) -> None:
    """Its lines still say what they held: another batch ended its holds, and nobody swept yet."""
    session = await hub.session(carrots=5)
    late = hub.basket(session, (hub.carrots, 3))
    await counter.place(hub.trader, late)
    await network.set_clock_past(late.order)
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 1)))
    answers = await counter.batch(
        (hub.trader, RecordPayment(late.order, succeeded=True)),
        (hub.trader, hub.basket(session, (hub.carrots, 2))),
    )
    assert body_of(answers[0])["payment_status"] == "paid"
    assert code_of(answers[1]) == "stock.insufficient_available"
    assert await hub.held(session, hub.carrots) == 4


async def test_a_late_payment_finds_no_place_where_its_goods_are_not_sold(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.session()
    late = hub.basket(session, (hub.carrots, 3))
    await counter.place(hub.trader, late)
    await network.set_clock_past(late.order)
    await counter.keep_house(SweepExpired(((hub.trader, late.order),)))
    await counter.rows("DELETE FROM window_products WHERE variant = $1 AND held = 0", hub.carrots)
    refused = await counter.act(hub.trader, RecordPayment(late.order, succeeded=True))
    assert code_of(refused) == "orders.payment_too_late"
    assert (await counter.figures(hub.carrots))[:2] == (10, 0)


async def test_who_paid_loses_nothing_to_the_clock(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.session()
    order = hub.basket(session, (hub.carrots, 3))
    await counter.place(hub.trader, order)
    answer = await counter.pay(hub.trader, order.order)
    assert (answer["status"], answer["payment_status"]) == ("held", "paid")
    assert "hold_until" not in answer
    await network.set_clock_past(order.order)
    await counter.place(hub.trader, hub.basket(session, (hub.carrots, 7)))
    assert await counter.lines(order.order) == ["1: 3 = 3 held"]


async def test_goods_that_come_back_to_who_is_short_stay_within_the_limit(
    hub: Hub, counter: Counter
) -> None:
    session = await hub.session(carrots=5)
    short = hub.basket(session, (hub.carrots, 5), paid=True)
    await counter.place(hub.trader, short)
    await counter.count(hub.producer, hub.carrots, 2)
    assert await counter.lines(short.order) == ["1: 5 = 2 held + 3 short"]
    await counter.rows("UPDATE window_products SET quantity_max = 4")
    await counter.receive(hub.producer, hub.carrots, 8)
    assert await counter.lines(short.order) == ["1: 5 = 4 held + 1 short"]
    assert await hub.held(session, hub.carrots) == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("state = 'closing', closed_at = now()", "orders.sales_session_not_open"),
        ("opens_at = now() + interval '1 hour'", "orders.sales_session_not_open"),
        ("closes_at = now()", "orders.sales_session_not_open"),
    ],
)
async def test_nothing_is_taken_in_a_session_that_is_not_open(
    hub: Hub, counter: Counter, change: str, code: str
) -> None:
    session = await hub.session()
    there = hub.basket(session, (hub.carrots, 1), draft=True)
    held = hub.basket(session, (hub.carrots, 1))
    await counter.place(hub.trader, there)
    await counter.place(hub.trader, held)
    await counter.rows(f"UPDATE selling_windows SET {change} WHERE id = $1", session)
    for command in (
        hub.basket(session, (hub.carrots, 1)),
        PlaceDraft(there.order, paid=True),
        ChangeOrder(held.order, wanted((hub.carrots, 2))),
    ):
        assert code_of(await counter.act(hub.trader, command)) == code
    assert await hub.held(session, hub.carrots) == 1
    await counter.pay(hub.trader, held.order)  # checkout had begun in time


async def test_a_foreign_session_is_not_there(hub: Hub, network: Network, counter: Counter) -> None:
    session = await hub.session()
    stranger = await network.organisation("stranger")
    await network.right(hub.producer, stranger)
    remote = await hub.remote_session()
    refused = []
    for who, window in ((stranger, session), (stranger, new_id()), (hub.trader, remote)):
        answer = await counter.act(who, hub.basket(window, (hub.carrots, 1)))
        assert isinstance(answer, Refusal)
        refused.append([(each.code, each.message, each.field) for each in answer.faults])
    assert refused[0] == refused[1] == refused[2]
    assert refused[0][0][0] == "orders.unknown_sales_session"


async def test_a_product_that_is_not_in_the_session_is_named(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    other = await hub.network.variant(hub.producer, "ONIONS")
    await counter.receive(hub.producer, other, 5)
    refused = await counter.act(hub.trader, hub.basket(session, (hub.carrots, 1), (other, 1)))
    assert isinstance(refused, Refusal)
    assert [(each.code, each.field) for each in refused.faults] == [
        ("orders.not_in_sales_session", "lines[1].variant")
    ]


async def test_twins_in_a_session_hold_once(hub: Hub, counter: Counter) -> None:
    session = await hub.session(carrots=3)
    order = hub.basket(session, (hub.carrots, 2))
    twin = submission(hub.trader, order, "checkout-1")
    again = submission(hub.trader, order, "checkout-1")
    first, second = await counter.batch(twin, again)
    assert body_of(first) == body_of(second)
    (third,) = await counter.batch(submission(hub.trader, order, "checkout-1"))
    assert isinstance(third, Accepted)
    assert third.replayed
    assert await hub.held(session, hub.carrots) == 2


async def test_session_orders_without_a_session_are_as_they_were(
    hub: Hub, counter: Counter
) -> None:
    session = await hub.session(carrots=1)
    order = hub.basket(session, (hub.carrots, 4), paid=True)
    plain = type(order)(order.order, "plain", "session", "refuse_short", order.lines, paid=True)
    answer = await counter.place(hub.trader, plain)
    assert (answer["status"], answer["fulfilment_status"]) == ("complete", "unfulfilled")
    assert "sales_session" not in answer
    assert await hub.held(session, hub.carrots) == 0


# Gathering


async def test_what_was_gathered_is_the_session_order(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    baskets = [
        hub.basket(session, (hub.carrots, 1), (hub.leeks, 2), paid=True),
        hub.basket(session, (hub.carrots, 3), paid=True),
        hub.basket(session, (hub.carrots, 2), paid=True),
    ]
    for each in baskets:
        await counter.place(hub.trader, each)
    await hub.close(session)
    first, second, third = (each.order for each in baskets)
    await hub.gather(session, first, second, last=False)
    ((_, status, _),) = await hub.session_orders(session)
    assert status == "held"
    assert (await hub.held(session, hub.carrots), await hub.held(session, hub.leeks)) == (
        2 * ONE,
        ZERO,
    )
    await hub.gather(session, third)
    ((ident, status, lines),) = await hub.session_orders(session)
    assert status == "complete"
    assert lines == "1: 6 = 6 held; 2: 2 = 2 held"
    assert await counter.order(ident) == ("complete", "unfulfilled", "paid")
    assert (await counter.figures(hub.carrots))[:2] == (10, 6)
    ((price,),) = await counter.rows(
        "SELECT DISTINCT unit_price FROM order_lines WHERE order_id = $1", ident
    )
    assert price == Decimal("1.5")
    assert await counter.order(first) == ("complete", "unfulfilled", "paid")
    told = [act for act, _, _ in await acts_of(counter.pool, hub.trader)]
    assert told.count("orders.gathered") == 2
    assert told.count("orders.completed") == 4
    before = await hub.session_orders(session)
    await hub.gather(session, first, second, third)
    assert await hub.session_orders(session) == before


async def test_nothing_is_gathered_of_an_open_session(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    order = hub.basket(session, (hub.carrots, 1), paid=True)
    await counter.place(hub.trader, order)
    await hub.gather(session, order.order)
    assert await hub.session_orders(session) == []
    assert await counter.order(order.order) == ("held", "held", "paid")


async def test_the_last_are_not_the_last_while_somebody_may_pay(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.session()
    paid = hub.basket(session, (hub.carrots, 1), paid=True)
    paying = hub.basket(session, (hub.carrots, 2))
    await counter.place(hub.trader, paid)
    await counter.place(hub.trader, paying)
    await hub.close(session)
    await hub.gather(session, paid.order)
    assert [each[1] for each in await hub.session_orders(session)] == ["held"]
    await network.set_clock_past(paying.order)
    await hub.gather(session)
    assert [each[1] for each in await hub.session_orders(session)] == ["complete"]
    assert (await hub.session_orders(session))[0][2] == "1: 1 = 1 held"


async def test_what_a_count_took_is_not_gathered(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    old = hub.basket(session, (hub.carrots, 4), paid=True)
    young = hub.basket(session, (hub.carrots, 2), (hub.leeks, 1), paid=True)
    gone = hub.basket(session, (hub.carrots, 1), paid=True)
    for each in (old, young, gone):
        await counter.place(hub.trader, each)
    await counter.count(hub.producer, hub.carrots, 5)
    await hub.close(session)
    await hub.gather(session, old.order, young.order, gone.order)
    ((ident, _, _),) = await hub.session_orders(session)
    rows = await counter.rows(
        "SELECT quantity, held FROM order_lines WHERE order_id = $1 AND variant = $2",
        ident,
        hub.carrots,
    )
    assert rows == [(5, 5)]
    rows = await counter.rows(
        "SELECT gathered, cancelled FROM order_lines WHERE order_id = $1 ORDER BY line_no",
        young.order,
    )
    assert rows == [(1, 1), (1, 0)]
    assert (await counter.order(gone.order))[0] == "cancelled"


async def test_no_reference_keeps_a_session_from_closing(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    order = hub.basket(session, (hub.carrots, 1), paid=True)
    await counter.place(hub.trader, order)
    await counter.place(
        hub.trader, hub.basket(session, (hub.leeks, 1), draft=True, reference=f"{session}:p")
    )
    await hub.close(session)
    await hub.gather(session, order.order)
    ((reference,),) = await counter.rows(
        "SELECT reference FROM orders WHERE selling_window = $1 AND producer IS NOT NULL", session
    )
    assert str(reference).startswith(f"{session}:p:")


async def test_a_session_order_that_was_cancelled_is_not_gathered_into(
    hub: Hub, counter: Counter
) -> None:
    session = await hub.session()
    baskets = [hub.basket(session, (hub.carrots, n), paid=True) for n in (1, 2)]
    for each in baskets:
        await counter.place(hub.trader, each)
    await hub.close(session)
    await hub.gather(session, baskets[0].order, last=False)
    ((first, _, _),) = await hub.session_orders(session)
    await counter.cancel(hub.trader, first)
    await hub.gather(session, baskets[1].order)
    assert [(status, lines) for _, status, lines in await hub.session_orders(session)] == [
        ("cancelled", "1: 1 = 1 cancelled"),
        ("complete", "1: 2 = 2 held"),
    ]
    assert (await counter.figures(hub.carrots))[:2] == (10, 2)


async def test_gathered_goods_are_past_the_customers_acts(hub: Hub, counter: Counter) -> None:
    session = await hub.session()
    order = hub.basket(session, (hub.carrots, 1), paid=True)
    await counter.place(hub.trader, order)
    await hub.close(session)
    await hub.gather(session, order.order, last=False)
    ((made, _, _),) = await hub.session_orders(session)
    for command, code in (
        (CancelOrder(order.order), "orders.already_gathered"),
        (CancelOrder(order.order, parts((1, 1))), "orders.more_than_open"),
        (ShipOrder(order.order), "orders.already_shipped"),
        (ReturnGoods(order.order, parts((1, 1))), "orders.more_than_shipped"),
        (ChangeOrder(order.order, wanted((hub.carrots, 2))), "orders.sales_session_not_open"),
        (ChangeOrder(made, wanted((hub.carrots, 2))), "orders.already_gathered"),
        (CompleteSessionOrder(made), "orders.already_gathered"),
        (RecordPayment(made, succeeded=True), "orders.pays_on_completion"),
    ):
        assert code_of(await counter.act(hub.trader, command)) == code, command


async def test_the_producer_ships_and_takes_back(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.session()
    order = hub.basket(session, (hub.carrots, 4), paid=True)
    await counter.place(hub.trader, order)
    await hub.close(session)
    await hub.gather(session, order.order)
    ((made, _, _),) = await hub.session_orders(session)
    stranger = await network.organisation("stranger")
    for command in (
        ShipOrder(made, None, hub.trader),
        ReturnGoods(made, parts((1, 1)), None, hub.trader),
    ):
        assert code_of(await counter.act(stranger, command)) == "orders.unknown_order"
    for own in (ShipOrder(made), ReturnGoods(made, parts((1, 1)))):
        assert code_of(await counter.act(hub.trader, own)) == "orders.shipped_by_producer"
    refused = await counter.act(hub.producer, ShipOrder(order.order, None, hub.trader))
    assert code_of(refused) == "orders.unknown_order"
    assert (await hub.ship(made, (1, 1)))["fulfilment_status"] == "partly_fulfilled"
    assert (await hub.ship(made))["fulfilment_status"] == "fulfilled"
    assert (await counter.figures(hub.carrots))[:2] == (6, 0)
    await hub.take_back(made, (1, 1))
    assert (await counter.figures(hub.carrots))[:2] == (7, 0)
    for who in (hub.producer, hub.trader):
        told = [(act, about) for act, about, _ in await acts_of(counter.pool, who)]
        assert told.count(("orders.shipped", f"ord_{made}")) == 2
        assert told.count(("orders.returned", f"ord_{made}")) == 1
