"""A hold past its limit refuses nobody, though no sweep has written its end."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, CancelOrder, ChangeOrder, PlaceDraft, RecordPayment
from tests.factories.counter import body_of, code_of, order_of, submission, wanted
from tests.factories.stall import Stall, accepted
from tests.fakes.intake_process import intake_process


async def expired(stall: Stall, variant: str, quantity: object) -> str:
    """An unpaid order whose limit has passed; nobody has swept it."""
    order = order_of((variant, quantity))
    await stall.counter.place(stall.owner, order)
    await stall.network.set_clock_past(order.order)
    return order.order


@pytest.mark.parametrize("policy", ["refuse_short", "line_by_line", "ship_complete"])
async def test_a_newcomer_gets_the_units(stall: Stall, policy: str) -> None:
    variant = await stall.goods(3)
    gone = await expired(stall, variant, 3)
    answer = await stall.counter.place(stall.owner, order_of((variant, 3), policy=policy))
    assert answer["status"] == "held"
    assert answer["lines"][0]["held"] == "3"
    assert await stall.counter.figures(variant) == (3, 3, 4)
    ended = await stall.counter.rows("SELECT state FROM holds WHERE order_id = $1", gone)
    assert ended == [("expired",)]


async def test_many_newcomers_share_what_many_left(stall: Stall) -> None:
    """Two processes, each with holds to end and newcomers to serve; the units go round once."""
    variant = await stall.goods(6)
    for _ in range(6):
        await expired(stall, variant, 1)
    async with intake_process(stall.dsn) as one, intake_process(stall.dsn) as other:
        sent = [
            (one, other)[number % 2].send(submission(stall.owner, order_of((variant, 1))))
            for number in range(32)
        ]
        assert accepted(await asyncio.gather(*sent)) == 6
    assert (await stall.counter.figures(variant))[:2] == (6, 6)


async def test_a_change_and_a_draft_get_the_units(stall: Stall) -> None:
    variant = await stall.goods(5)
    mine, draft = order_of((variant, 1)), order_of((variant, 1), draft=True)
    await stall.counter.place(stall.owner, mine)
    await stall.counter.place(stall.owner, draft)
    await expired(stall, variant, 4)
    changed = await stall.counter.done(stall.owner, ChangeOrder(mine.order, wanted((variant, 4))))
    assert changed["lines"][0]["held"] == "4"
    placed = await stall.counter.done(stall.owner, PlaceDraft(draft.order))
    assert placed["status"] == "held"
    assert await stall.left(variant) == 0


async def test_those_who_wait_come_before_newcomers(stall: Stall) -> None:
    variant = await stall.goods(3)
    holds = order_of((variant, 3))
    await stall.counter.place(stall.owner, holds)
    waits = order_of((variant, 2), policy="ship_complete", paid=True)
    assert (await stall.counter.place(stall.owner, waits))["status"] == "waiting"
    await stall.network.set_clock_past(holds.order)
    late = await stall.counter.act(stall.owner, order_of((variant, 2)))
    assert isinstance(late, Refusal)
    assert late.faults[0].facts["available"] == "1"
    assert (await stall.counter.order(waits.order))[0] == "complete"
    assert await stall.left(variant) == 1


async def test_a_late_payment_finds_the_units_gone(stall: Stall) -> None:
    variant = await stall.goods(3)
    gone = await expired(stall, variant, 3)
    await stall.counter.place(stall.owner, order_of((variant, 1)))
    late = await stall.counter.act(stall.owner, RecordPayment(gone, succeeded=True))
    assert code_of(late) == "orders.payment_too_late"
    assert await stall.left(variant) == 2


@pytest.mark.parametrize("swept_by_another", [True, False])
async def test_a_late_payment_revives_what_is_still_there(
    stall: Stall, *, swept_by_another: bool
) -> None:
    """Whether a neighbour's batch has ended its holds or nobody yet."""
    variant = await stall.goods(5)
    gone = await expired(stall, variant, 3)
    if swept_by_another:
        await stall.counter.place(stall.owner, order_of((variant, 1)))
    paid = await stall.counter.pay(stall.owner, gone)
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    assert await stall.left(variant) == 5 - 3 - swept_by_another


async def test_it_counts_as_cancelled_for_everybody(stall: Stall) -> None:
    variant = await stall.goods(3)
    gone = await expired(stall, variant, 3)
    answers = await stall.counter.batch(
        (stall.owner, CancelOrder(gone)),
        (stall.owner, ChangeOrder(gone, wanted((variant, 1)))),
        (stall.owner, order_of((variant, 3))),
    )
    assert [code_of(each) for each in answers[:2]] == ["orders.already_cancelled"] * 2
    assert isinstance(answers[2], Accepted)
    assert body_of(answers[2])["status"] == "held"
