"""Session orders of a trader whose platform is elsewhere, through the batch."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    ChangeOrder,
)
from entrepot.orders.model import CompleteSessionOrder, PlaceDraft
from tests.factories.counter import Counter, body_of, code_of, wanted
from tests.factories.hub import Hub
from tests.factories.network import Network


@pytest.fixture
async def hub(network: Network, counter: Counter) -> Hub:
    return await Hub(network, counter).open()


async def test_an_order_from_afar_grows_shrinks_and_completes(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 3))
    answer = await counter.place(hub.trader, order)
    assert (answer["status"], answer["producer"]) == ("held", f"org_{hub.producer}")
    assert answer["hold_until"]
    again = await counter.place(hub.trader, hub.afar(session, (hub.carrots, 3)))
    assert (again["id"], again["lines"][0]["quantity"]) == (answer["id"], "3")
    more = await counter.place(hub.trader, hub.afar(session, (hub.leeks, 2)))
    assert [each["quantity"] for each in more["lines"]] == ["3", "2"]
    less = await counter.change(hub.trader, order.order, (hub.carrots, 1))
    assert [each["held"] for each in less["lines"]] == ["1"]
    empty = await counter.change(hub.trader, order.order)
    assert (empty["status"], empty["lines"]) == ("held", [])
    assert (await counter.figures(hub.carrots))[:2] == (10, 0)
    done = await hub.complete(order.order, (hub.carrots, 2))
    assert (done["status"], done["fulfilment_status"], done["payment_status"]) == (
        "complete",
        "unfulfilled",
        "paid",
    )
    assert "hold_until" not in done
    assert await hub.complete(order.order, (hub.carrots, 2))
    final = CompleteSessionOrder(order.order, wanted((hub.carrots, 3)))
    assert code_of(await counter.act(hub.trader, final)) == "orders.already_complete"
    notices = await counter.rows(
        "SELECT organisation, kind, facts ->> 'reference' FROM notices WHERE subject = $1",
        f"ord_{order.order}",
    )
    assert notices == [(hub.producer, "session_order.completed", order.reference)]
    await hub.ship(order.order)


async def test_a_completion_that_is_short_changes_nothing(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 3))
    await counter.place(hub.trader, order)
    refused = await counter.act(
        hub.trader, CompleteSessionOrder(order.order, wanted((hub.carrots, 11)))
    )
    assert code_of(refused) == "stock.insufficient_available"
    assert await counter.lines(order.order) == ["1: 3 = 3 held"]
    assert (await counter.order(order.order))[0] == "held"


async def test_one_that_is_completed_empty_is_cancelled(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 3))
    await counter.place(hub.trader, order)
    await counter.change(hub.trader, order.order)
    answer = await hub.complete(order.order)
    assert answer["status"] == "cancelled"
    other = hub.afar(session, (hub.carrots, 1))
    assert (await counter.place(hub.trader, other))["id"] == f"ord_{other.order}"


async def test_a_shortage_names_the_line_of_the_request(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    await counter.place(hub.trader, hub.afar(session, (hub.carrots, 3)))
    refused = await counter.act(hub.trader, hub.afar(session, (hub.leeks, 11)))
    assert isinstance(refused, Refusal)
    assert [(each.field, each.facts["available"]) for each in refused.faults] == [
        ("lines[0].quantity", "10")
    ]


async def test_what_is_there_stays_when_the_producer_withdraws(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 3))
    await counter.place(hub.trader, order)
    await counter.rows("UPDATE variants SET state = 'deactivated' WHERE id = $1", hub.carrots)
    await counter.place(hub.trader, hub.afar(session, (hub.leeks, 1)))
    await counter.change(hub.trader, order.order, (hub.carrots, 2), (hub.leeks, 1))
    more = ChangeOrder(order.order, wanted((hub.carrots, 3)))
    assert code_of(await counter.act(hub.trader, more)) == "orders.variant_not_orderable"
    assert (await hub.complete(order.order))["status"] == "complete"


async def test_the_end_of_the_session_ends_its_orders(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 10))
    await counter.place(hub.trader, order)
    await counter.rows("UPDATE selling_windows SET hold_until = now() WHERE id = $1", session)
    await network.set_clock_past(order.order)
    assert code_of(await counter.act(hub.trader, CompleteSessionOrder(order.order))) == (
        "orders.already_cancelled"
    )
    late = await counter.act(hub.trader, hub.afar(session, (hub.leeks, 1)))
    assert code_of(late) == "orders.sales_session_not_open"
    other = await hub.session()
    await counter.place(hub.trader, hub.basket(other, (hub.carrots, 10)))


async def test_two_posts_at_once_make_one_order(hub: Hub, counter: Counter) -> None:
    session = await hub.remote_session()
    other = Counter(counter.pool)
    answers = await asyncio.gather(
        *(
            each.act(hub.trader, hub.afar(session, (variant, 1)))
            for each, variant in ((counter, hub.carrots), (other, hub.leeks)) * 2
        )
    )
    assert len({body_of(each)["id"] for each in answers}) == 1
    ((_, status, lines),) = await hub.session_orders(session)
    assert status == "held"
    assert lines.count("held") == 2


async def test_a_draft_from_afar_takes_stock_when_it_is_posted_as_held(
    hub: Hub, counter: Counter
) -> None:
    session = await hub.remote_session()
    order = hub.afar(session, (hub.carrots, 3), draft=True)
    assert (await counter.place(hub.trader, order))["status"] == "draft"
    more = await counter.place(hub.trader, hub.afar(session, (hub.leeks, 1), draft=True))
    assert (more["status"], len(more["lines"])) == ("draft", 2)
    assert (await counter.figures(hub.carrots))[:2] == (10, 0)
    held = await counter.done(hub.trader, PlaceDraft(order.order))
    assert held["status"] == "held"
    assert (await counter.figures(hub.carrots))[:2] == (10, 3)


async def test_only_goods_of_the_producer_are_in_its_order(
    hub: Hub, network: Network, counter: Counter
) -> None:
    session = await hub.remote_session()
    other = await network.organisation("other")
    variant = await network.variant(other)
    await network.right(other, hub.trader)
    await counter.receive(other, variant, 5)
    refused = await counter.act(hub.trader, hub.afar(session, (variant, 1)))
    assert code_of(refused) == "orders.unknown_variant"
    own = await hub.session()
    refused = await counter.act(hub.trader, hub.afar(own, (hub.carrots, 1)))
    assert code_of(refused) == "orders.unknown_sales_session"


async def test_a_reference_from_afar_is_given_once(hub: Hub, counter: Counter) -> None:
    first, second = await hub.remote_session(), await hub.remote_session()
    await counter.place(hub.trader, hub.afar(first, (hub.carrots, 1), reference="weekly"))
    refused = await counter.act(hub.trader, hub.afar(second, (hub.carrots, 1), reference="weekly"))
    assert code_of(refused) == "orders.reference_taken"
