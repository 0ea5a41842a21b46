"""Session orders from a trader's own platform: one a session and producer, added to as it sells."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.sales_sessions import Face, NewSessionOrder, WrittenOrder, place_session_order
from tests.factories.callers import caller_for
from tests.factories.fair import Fair

OPENED = utc_now()
CLOSES = OPENED + timedelta(days=2)


def order_of(*lines: tuple[Id, object]) -> NewSessionOrder:
    """An order of (variant, quantity) lines in the one session of these tests."""
    faces = tuple([Face(variant, Decimal(str(quantity))) for variant, quantity in lines])
    return NewSessionOrder(OPENED, CLOSES, faces)


async def slug_of(fair: Fair, organisation: Id) -> str:
    ((slug,),) = await fair.counter.rows(
        "SELECT slug FROM organisations WHERE id = $1", organisation
    )
    return str(slug)


async def place(
    fair: Fair, new: NewSessionOrder, *, caller: Caller | None = None, key: str | None = None
) -> WrittenOrder | Refusal:
    """What a platform of the hub's is answered."""
    return await place_session_order(
        fair.desk,
        caller or caller_for(fair.hub.trader),
        await slug_of(fair, fair.hub.producer),
        new,
        key or new_id(),
    )


def placed(answer: WrittenOrder | Refusal) -> WrittenOrder:
    assert isinstance(answer, WrittenOrder), answer
    return answer


async def test_it_is_opened_once_and_added_to(fair: Fair) -> None:
    hub = fair.hub
    first = placed(await place(fair, order_of((hub.carrots, 6))))
    assert first.is_new
    assert first.order.status == "held"
    assert first.order.session[1:] == (OPENED, CLOSES)
    assert first.order.reference.endswith(first.order.id)
    again = placed(await place(fair, order_of((hub.carrots, 6))))
    assert (again.is_new, again.order) == (False, first.order)
    more = placed(await place(fair, order_of((hub.carrots, 1), (hub.leeks, 2))))
    assert [(line.variant, line.quantity) for line in more.order.lines] == [
        (hub.carrots, Decimal(7)),
        (hub.leeks, Decimal(2)),
    ]


async def test_many_at_once_make_one_order(fair: Fair) -> None:
    answers = await asyncio.gather(
        *(place(fair, order_of((fair.hub.carrots, 6))) for _ in range(6))
    )
    orders = [placed(each) for each in answers]
    assert len({each.order.id for each in orders}) == 1
    assert sum(each.is_new for each in orders) == 1
    assert orders[0].order.lines[0].quantity == 6


async def test_under_its_key_it_is_answered_as_before(fair: Fair) -> None:
    hub = fair.hub
    placed(await place(fair, order_of((hub.carrots, 1))))
    added = placed(await place(fair, order_of((hub.leeks, 1)), key="k"))
    again = placed(await place(fair, order_of((hub.leeks, 1)), key="k"))
    assert (again.replayed, again.order) == (True, added.order)
    refused = await place(fair, order_of((hub.leeks, 2)), key="k")
    assert isinstance(refused, Refusal)
    assert refused.code == "request.key_reused"


async def test_final_at_once(fair: Fair) -> None:
    new = msgspec.structs.replace(order_of((fair.hub.carrots, 3)), is_final=True)
    done = placed(await place(fair, new, key="k"))
    assert (done.order.status, done.order.fulfilment_status) == ("complete", "unfulfilled")
    assert placed(await place(fair, new, key="k")).order == done.order
    assert placed(await place(fair, new)).order == done.order


async def test_cases_are_counted_in_units_and_told_in_cases(fair: Fair) -> None:
    hub = fair.hub
    await fair.counter.rows("UPDATE variants SET units_per_case = 4 WHERE id = $1", hub.carrots)
    cases = NewSessionOrder(OPENED, CLOSES, (Face(hub.carrots, Decimal(2), is_case=True),))
    done = placed(await place(fair, cases))
    (line,) = done.order.lines
    assert (line.quantity, line.case_units, line.face) == (
        Decimal(8),
        Decimal(4),
        cases.lines[0],
    )
    more = NewSessionOrder(OPENED, CLOSES, (Face(hub.carrots, Decimal(1), is_case=True),))
    refused = await place(fair, more)
    assert isinstance(refused, Refusal)
    (fault,) = refused.faults
    assert fault.code == "stock.insufficient_available"
    assert (fault.facts["quantity"], fault.facts["available"]) == ("3", "2")


@pytest.mark.parametrize("whose", ["nobody", "another", "no right"])
async def test_only_of_producers_that_let_one_order(fair: Fair, whose: str) -> None:
    caller = caller_for(fair.hub.trader)
    if whose == "no right":
        caller = caller_for(await fair.network.organisation("stranger"))
    slug = {
        "nobody": "no-such-organisation",
        "another": await slug_of(fair, await fair.network.organisation("another")),
        "no right": await slug_of(fair, fair.hub.producer),
    }[whose]
    new = order_of((fair.hub.carrots, 1))
    answer = await place_session_order(fair.desk, caller, slug, new, "k")
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.unknown_organisation"


async def test_it_takes_the_scope_to_write(fair: Fair) -> None:
    reader = caller_for(fair.hub.trader, Scope.ORDERS_READ)
    answer = await place(fair, order_of((fair.hub.carrots, 1)), caller=reader)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"
    late = NewSessionOrder(None, OPENED - timedelta(days=3), ())
    answer = await place(fair, late)
    assert isinstance(answer, Refusal)
    assert answer.code == "orders.sales_session_not_open"
