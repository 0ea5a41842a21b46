"""The process is killed before each of its statements in turn, and after its last.

Afterwards all of the act is there or nothing, and sent again under its key it has one effect and
one answer, from this process and from any other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import TypeAlias

import msgspec
import pytest

from entrepot.infra.ids import new_id
from entrepot.orders import (
    Accepted,
    Answer,
    CancelOrder,
    ChangeOrder,
    RecordPayment,
    ShipOrder,
    Submission,
)
from tests.factories.counter import body_of, order_of, submission, wanted
from tests.factories.stall import Stall
from tests.fakes.doomed import decide_elsewhere

STATE = """
SELECT
    (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM order_lines) AS lines,
    (SELECT count(*) FROM holds) AS holds,
    (SELECT sum(held) FROM positions) AS held,
    (SELECT sum(version) FROM positions) AS versions,
    (SELECT count(*) FROM ledger) AS ledger,
    (SELECT count(*) FROM audit) AS audit,
    (SELECT count(*) FROM outbox) AS outbox,
    (SELECT count(*) FROM idempotency_keys) AS keys
"""

Acts: TypeAlias = Callable[[Stall], Awaitable[Sequence[Submission]]]


async def placings(stall: Stall) -> Sequence[Submission]:
    """Two orders of two lines, handed in together."""
    pears, plums = await stall.goods(5), await stall.goods(5)
    return [submission(stall.owner, order_of((pears, 1), (plums, 2))) for _ in range(2)]


async def first_placing(stall: Stall) -> Sequence[Submission]:
    """An order for something that never had a position, so that the batch must take care."""
    variant = await stall.network.variant(stall.owner)
    return [submission(stall.owner, order_of((variant, 1), policy="ship_complete"))]


async def payment(stall: Stall) -> Sequence[Submission]:
    order = order_of((await stall.goods(5), 3))
    await stall.counter.place(stall.owner, order)
    return [submission(stall.owner, RecordPayment(order.order, succeeded=True))]


async def change(stall: Stall) -> Sequence[Submission]:
    pears, plums = await stall.goods(5), await stall.goods(5)
    order = order_of((pears, 3))
    await stall.counter.place(stall.owner, order)
    return [submission(stall.owner, ChangeOrder(order.order, wanted((pears, 1), (plums, 4))))]


async def release(stall: Stall) -> Sequence[Submission]:
    """A cancellation that lets somebody else's waiting order go."""
    pears = await stall.goods(5)
    order = order_of((pears, 5))
    await stall.counter.place(stall.owner, order)
    waits = order_of((pears, 2), policy="ship_complete", paid=True)
    assert (await stall.counter.place(stall.owner, waits))["status"] == "waiting"
    return [submission(stall.owner, CancelOrder(order.order))]


async def shipment(stall: Stall) -> Sequence[Submission]:
    order = order_of((await stall.goods(5), 3), paid=True)
    await stall.counter.place(stall.owner, order)
    return [submission(stall.owner, ShipOrder(order.order))]


def committed(statements: Sequence[str]) -> bool:
    """Whether the process had sent its COMMIT."""
    return any(each.startswith("COMMIT") for each in statements)


def again(submissions: Sequence[Submission]) -> list[Submission]:
    """The same requests once more: the same keys, other act ids."""
    return [msgspec.structs.replace(each, act=new_id()) for each in submissions]


def told(answers: Sequence[Answer | BaseException] | None) -> list[bytes]:
    """What accepted acts were answered with."""
    assert answers is not None
    assert all(isinstance(each, Accepted) for each in answers), answers
    return [each.body for each in answers if isinstance(each, Accepted)]


@pytest.mark.parametrize("acts", [placings, first_placing, payment, change, release, shipment])
async def test_all_or_nothing_and_once(stall: Stall, acts: Acts, *, full_size: bool) -> None:
    thorough = full_size or acts in (placings, release)
    seen: list[str] = []
    for die_before in count():
        if not thorough and die_before % 3:
            continue
        submissions = await acts(stall)
        before = await stall.counter.rows(STATE)
        end = await decide_elsewhere(stall.dsn, submissions, die_before=die_before)
        after = await stall.counter.rows(STATE)
        happened = after != before
        assert happened == committed(end.statements), "all of it at the commit, or nothing"
        if end.answers is not None:
            assert committed(end.statements[-1:])
            break
        seen = end.statements
        repeated = await stall.counter.batch(*again(submissions))
        if happened:
            assert all(isinstance(each, Accepted) and each.replayed for each in repeated)
            assert await stall.counter.rows(STATE) == after
        if not (full_size or happened or die_before % 3 == 0):
            continue
        settled = await stall.counter.rows(STATE)
        elsewhere = await decide_elsewhere(stall.dsn, again(submissions))
        assert told(elsewhere.answers) == told(repeated)
        assert await stall.counter.rows(STATE) == settled
        assert body_of(repeated[0])["id"]
    assert not thorough or committed(seen), "it was killed after the commit too"
