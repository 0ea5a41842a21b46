"""Completing a remote trader's session order: its final lines, in one decision."""

from __future__ import annotations

import msgspec

from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.orders import CompleteSessionOrder, Desk, complete_session_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of, wanted
from tests.factories.hub import Hub
from tests.factories.network import Network


async def a_session_order(network: Network, counter: Counter, quantity: object) -> tuple[Hub, Id]:
    """A hub, and the session order that its platform holds carrots by."""
    hub = await Hub(network, counter).open()
    session = await hub.remote_session()
    order = msgspec.structs.replace(
        order_of((hub.carrots, quantity), kind="session"), window=session, producer=hub.producer
    )
    await counter.place(hub.trader, order)
    return hub, order.order


async def test_the_final_lines_count(desk: Desk, network: Network, counter: Counter) -> None:
    hub, order = await a_session_order(network, counter, 6)
    command = CompleteSessionOrder(order, wanted((hub.carrots, 4), (hub.leeks, 1)))
    body = body_of(await complete_session_order(desk, caller_for(hub.trader), command, "k"))
    assert (body["status"], body["fulfilment_status"]) == ("complete", "unfulfilled")
    assert [line["held"] for line in body["lines"]] == ["4", "1"]
    again = body_of(await complete_session_order(desk, caller_for(hub.trader), command, "k"))
    assert again == body


async def test_what_was_expected_does_not_count_when_it_is_sent_again(
    desk: Desk, network: Network, counter: Counter
) -> None:
    hub, order = await a_session_order(network, counter, 6)
    caller = caller_for(hub.trader)
    other = CompleteSessionOrder(order, wanted((hub.carrots, 4)), wanted((hub.carrots, 5)))
    refused = await complete_session_order(desk, caller, other, "k")
    assert code_of(refused) == "orders.changed_meanwhile"
    right = msgspec.structs.replace(other, expected=wanted((hub.carrots, 6)))
    body = body_of(await complete_session_order(desk, caller, right, "k"))
    assert body["status"] == "complete"
    assert body_of(await complete_session_order(desk, caller, other, "k")) == body


async def test_if_short_nothing_changes(desk: Desk, network: Network, counter: Counter) -> None:
    hub, order = await a_session_order(network, counter, 6)
    command = CompleteSessionOrder(order, wanted((hub.carrots, 11)))
    refused = await complete_session_order(desk, caller_for(hub.trader), command, "k")
    assert code_of(refused) == "stock.insufficient_available"
    assert await counter.lines(order) == ["1: 6 = 6 held"]


async def test_it_is_the_traders_alone(desk: Desk, network: Network, counter: Counter) -> None:
    hub, order = await a_session_order(network, counter, 6)
    command = CompleteSessionOrder(order)
    foreign = await complete_session_order(desk, caller_for(hub.producer), command, "k")
    assert code_of(foreign) == "orders.unknown_order"
    reader = caller_for(hub.trader, Scope.ORDERS_READ)
    refused = await complete_session_order(desk, reader, command, "k")
    assert code_of(refused) == "identity.scope_missing"
