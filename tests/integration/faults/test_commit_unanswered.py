"""The connection is cut at a COMMIT: whether it happened is found out, never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import msgspec
import pytest

from entrepot.app import open_desk
from entrepot.infra.ids import new_id
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    CancelOrder,
    Desk,
    RecordPayment,
    StoreUnavailableError,
    Submission,
)
from tests.factories.counter import body_of, order_of, submission
from tests.factories.stall import Stall
from tests.fakes.proxy import Fate, Proxy


@pytest.fixture
async def desk(line: Proxy, settings: Settings) -> AsyncIterator[Desk]:
    """An intake that reaches the database by way of the network that can fail."""
    pool = await open_pool(line.dsn, settings)
    opened = open_desk(pool, settings)
    opened.intake.start()
    yield opened
    await opened.intake.close()
    pool.terminate()


def again(each: Submission) -> Submission:
    return msgspec.structs.replace(each, act=new_id())


@pytest.mark.parametrize("fate", [Fate.UNANSWERED, Fate.UNHEARD])
async def test_one_cut_is_not_noticed_by_the_caller(
    stall: Stall, desk: Desk, line: Proxy, fate: Fate
) -> None:
    variant = await stall.goods(3)
    line.fate = lambda number: fate if number == 1 else Fate.DONE
    sent = submission(stall.owner, order_of((variant, 2)))
    answer = await desk.intake.submit(sent)
    assert line.counts[fate] == 1
    assert isinstance(answer, Accepted)
    assert not answer.replayed, "it is the first answer, though the second try gave it"
    repeated = await desk.intake.submit(again(sent))
    assert isinstance(repeated, Accepted)
    assert (repeated.body, repeated.replayed) == (answer.body, True)
    assert await stall.counter.figures(variant) == (3, 2, 2)


@pytest.mark.parametrize("fate", [Fate.UNANSWERED, Fate.UNHEARD])
async def test_a_line_that_stays_cut_is_said_and_the_key_settles_it(
    stall: Stall, desk: Desk, line: Proxy, fate: Fate
) -> None:
    variant = await stall.goods(3)
    line.fate = lambda _: fate
    sent = submission(stall.owner, order_of((variant, 2)))
    with pytest.raises(StoreUnavailableError):
        await desk.intake.submit(sent)
    happened = fate is Fate.UNANSWERED
    assert await stall.left(variant) == (1 if happened else 3)
    line.fate = lambda _: Fate.DONE
    answer = await desk.intake.submit(again(sent))
    assert isinstance(answer, Accepted)
    assert answer.replayed == happened
    assert await stall.counter.figures(variant) == (3, 2, 2)


async def test_a_refusal_is_found_again_by_deciding_anew(
    stall: Stall, desk: Desk, line: Proxy
) -> None:
    variant = await stall.goods(1)
    line.fate = lambda number: Fate.UNANSWERED if number == 1 else Fate.DONE
    answer = await desk.intake.submit(submission(stall.owner, order_of((variant, 2))))
    assert isinstance(answer, Refusal)
    assert await stall.counter.rows("SELECT count(*) FROM idempotency_keys") == [(1,)]


async def test_acts_on_orders_happen_once(stall: Stall, desk: Desk, line: Proxy) -> None:
    variant = await stall.goods(5)
    order = order_of((variant, 4))
    await stall.counter.place(stall.owner, order)
    line.fate = lambda number: Fate.UNANSWERED if number % 2 else Fate.DONE
    pay = submission(stall.owner, RecordPayment(order.order, succeeded=True))
    cancel = submission(stall.owner, CancelOrder(order.order))
    paid = [await desk.intake.submit(each) for each in (pay, again(pay))]
    cancelled = [await desk.intake.submit(each) for each in (cancel, again(cancel))]
    assert body_of(paid[0]) == body_of(paid[1])
    assert body_of(cancelled[0])["status"] == "cancelled"
    assert body_of(cancelled[0]) == body_of(cancelled[1])
    assert await stall.left(variant) == 5


async def test_under_load_every_answer_holds(
    stall: Stall, desk: Desk, line: Proxy, *, full_size: bool
) -> None:
    """One COMMIT in eight is cut, half of those unheard; every order is sent until answered."""
    dice = Random(3)
    fates = (Fate.UNANSWERED, Fate.UNHEARD)
    line.fate = lambda _: dice.choice(fates) if dice.random() < 1 / 8 else Fate.DONE
    variant = await stall.goods(300)

    async def buy(number: int) -> tuple[Submission, Accepted | Refusal]:
        sent = submission(stall.owner, order_of((variant, number % 3 + 1)))
        while True:
            try:
                return sent, await desk.intake.submit(again(sent))
            except StoreUnavailableError:
                await asyncio.sleep(0)

    got = 0
    for _ in range(40 if full_size else 8):
        bought = await asyncio.gather(*(buy(number) for number in range(24)))
        repeats = await asyncio.gather(*(desk.intake.submit(again(sent)) for sent, _ in bought))
        for (_, answer), repeat in zip(bought, repeats, strict=True):
            assert isinstance(answer, Accepted) == isinstance(repeat, Accepted)
            if isinstance(answer, Accepted) and isinstance(repeat, Accepted):
                assert answer.body == repeat.body
                got += sum(int(part["held"]) for part in body_of(answer)["lines"])
    assert line.counts[Fate.UNANSWERED] + line.counts[Fate.UNHEARD] > 0
    on_hand, held, _ = await stall.counter.figures(variant)
    assert (on_hand, held) == (300, got)
