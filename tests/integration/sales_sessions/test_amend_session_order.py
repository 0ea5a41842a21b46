"""Amending a session order from a trader's own platform."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.sales_sessions import (
    Amendment,
    Face,
    PlacedOrder,
    PlacedStatus,
    WrittenOrder,
    amend_session_order,
)
from tests.factories.callers import caller_for
from tests.factories.fair import Fair
from tests.integration.sales_sessions.test_place_session_order import (
    order_of,
    place,
    placed,
    slug_of,
)

Amend = Callable[[PlacedOrder], Amendment | Refusal]


def to(status: PlacedStatus, *lines: tuple[Id, object]) -> Amend:
    """Set an order's lines and status, whatever they were."""
    faces = tuple([Face(variant, Decimal(str(quantity))) for variant, quantity in lines])
    return lambda _: Amendment(faces, status)


async def amend(
    fair: Fair, order: Id, wanted: Amend, *, caller: Caller | None = None, key: str | None = None
) -> WrittenOrder | Refusal:
    """What a platform of the hub's is answered."""
    slug = await slug_of(fair, fair.hub.producer)
    asking = caller or caller_for(fair.hub.trader)
    return await amend_session_order(fair.desk, asking, (slug, order), wanted, key or new_id())


async def test_lines_and_status_are_set(fair: Fair) -> None:
    hub = fair.hub
    order = placed(await place(fair, order_of((hub.carrots, 6)))).order.id
    changed = placed(await amend(fair, order, to("held", (hub.leeks, 4))))
    assert [(line.variant, line.quantity) for line in changed.order.lines] == [
        (hub.leeks, Decimal(4))
    ]
    final = placed(await amend(fair, order, to("complete", (hub.leeks, 3))))
    assert (final.order.status, final.order.fulfilment_status) == ("complete", "unfulfilled")
    late = await amend(fair, order, to("held", (hub.leeks, 4)))
    assert isinstance(late, Refusal)
    assert late.code == "orders.already_complete"


async def test_cancelled_gives_back_once(fair: Fair) -> None:
    order = placed(await place(fair, order_of((fair.hub.carrots, 10)))).order.id
    for _ in range(2):
        gone = placed(await amend(fair, order, to("cancelled")))
        assert gone.order.status == "cancelled"
    assert placed(await place(fair, order_of((fair.hub.carrots, 10)))).is_new


async def test_what_is_based_on_lines_is_worked_out_anew_when_they_change(fair: Fair) -> None:
    """Each of many adds one to what stands, and none is lost."""
    carrots = fair.hub.carrots
    order = placed(await place(fair, order_of((carrots, 1)))).order.id

    def one_more(found: PlacedOrder) -> Amendment:
        (line,) = found.lines
        return Amendment((Face(carrots, line.quantity + 1),), "held", is_based=True)

    answers = await asyncio.gather(*(amend(fair, order, one_more) for _ in range(4)))
    assert all(isinstance(each, WrittenOrder) for each in answers)
    last = placed(await amend(fair, order, one_more))
    assert last.order.lines[0].quantity == 6


async def test_under_its_key_it_happens_once(fair: Fair) -> None:
    order = placed(await place(fair, order_of((fair.hub.carrots, 1)))).order.id
    wanted = to("held", (fair.hub.carrots, 5))
    first = placed(await amend(fair, order, wanted, key="k"))
    again = placed(await amend(fair, order, wanted, key="k"))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.order == first.order


async def test_what_it_is_asked_for_may_be_refused(fair: Fair) -> None:
    order = placed(await place(fair, order_of((fair.hub.carrots, 1)))).order.id
    refused = await amend(fair, order, lambda _: refuse("dfc.order_changed", "It has changed."))
    assert isinstance(refused, Refusal)
    assert refused.code == "dfc.order_changed"


async def test_an_order_of_others_is_none(fair: Fair) -> None:
    hub = fair.hub
    order = placed(await place(fair, order_of((hub.carrots, 1)))).order.id
    stranger = caller_for(await fair.network.organisation("stranger"))
    producer = caller_for(hub.producer)
    answers = [
        await amend(fair, order, to("cancelled"), caller=stranger),
        await amend(fair, order, to("cancelled"), caller=producer),
        await amend(fair, "", to("cancelled")),
        await amend_session_order(
            fair.desk,
            caller_for(hub.trader),
            (await slug_of(fair, hub.trader), order),
            to("cancelled"),
            "k",
        ),
    ]
    assert [each.code for each in answers if isinstance(each, Refusal)] == [
        "orders.unknown_order"
    ] * 4
    reader = caller_for(hub.trader, Scope.ORDERS_READ)
    refused = await amend(fair, order, to("cancelled"), caller=reader)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
