"""A session is closed while two processes place in it: nothing after it, nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import cycle

import pytest

from entrepot.app import open_desk
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, Answer, ChangeOrder, PlaceDraft
from entrepot.sales_sessions import close_sales_session
from tests.factories.counter import Counter, submission, wanted
from tests.factories.fair import Fair
from tests.factories.hub import Hub
from tests.factories.network import Network
from tests.fakes.intake_process import IntakeProcess

CUSTOMERS = 40
ALLOWED = {"orders.sales_session_not_open", "stock.insufficient_available"}


@pytest.fixture
async def fair(
    pool: Pool, settings: Settings, network: Network, counter: Counter
) -> AsyncIterator[Fair]:
    desk = open_desk(pool, settings)
    desk.intake.start()
    yield Fair(await Hub(network, counter).open(carrots=1000), network, counter, desk)
    await desk.intake.close()


async def ordered(fair: Fair, session: str) -> Decimal:
    """How many kilos the session orders of a session are of."""
    ((kilos,),) = await fair.counter.rows(
        "SELECT coalesce(sum(l.quantity), 0) FROM order_lines AS l"
        " INNER JOIN orders AS o ON l.organisation = o.organisation AND l.order_id = o.id"
        " WHERE o.selling_window = $1 AND o.producer IS NOT NULL",
        session,
    )
    assert isinstance(kilos, Decimal)
    return kilos


async def customers(
    fair: Fair, processes: list[IntakeProcess], session: str, started: asyncio.Event
) -> list[Answer]:
    """Paying customers who come one after the other, to each process in turn."""
    answers: list[asyncio.Task[Answer]] = []
    for number, process in zip(range(CUSTOMERS), cycle(processes), strict=False):
        basket = fair.hub.basket(session, (fair.hub.carrots, 1), paid=True)
        handed = submission(fair.hub.trader, basket)
        answers.append(asyncio.create_task(process.send(handed)))
        if number == CUSTOMERS // 4:
            started.set()
        await asyncio.sleep(0.002)
    return list(await asyncio.gather(*answers))


@pytest.mark.parametrize("closers", [1, 3])
async def test_what_was_accepted_is_ordered(
    fair: Fair, processes: list[IntakeProcess], *, closers: int, full_size: bool
) -> None:
    for turn in range(40 if full_size else 4):
        session = await fair.open(reference=f"week-{turn}")
        started = asyncio.Event()
        placing = asyncio.create_task(customers(fair, processes, session, started))
        await started.wait()
        closed = await asyncio.gather(
            *(close_sales_session(fair.desk, fair.trader, session) for _ in range(closers))
        )
        answers = await placing
        assert all(isinstance(each, Written) for each in closed)
        assert await fair.state(session) == "complete"
        accepted = sum(isinstance(each, Accepted) for each in answers)
        assert {each.code for each in answers if isinstance(each, Refusal)} <= ALLOWED
        assert await ordered(fair, session) == accepted
        assert await fair.hub.held(session, fair.hub.carrots) == 0


async def test_drafts_and_late_payments_do_not_slip_in(
    fair: Fair, processes: list[IntakeProcess], *, full_size: bool
) -> None:
    """Whatever else can take stock in a session is locked out by its closing too."""
    for turn in range(30 if full_size else 3):
        session = await fair.open(reference=f"draft-{turn}")
        drafts = [fair.hub.basket(session, (fair.hub.carrots, 1), draft=True) for _ in range(8)]
        grown = [await fair.buy(session, 1) for _ in range(8)]
        for each in drafts:
            await fair.counter.place(fair.hub.trader, each)
        acts: list[PlaceDraft | ChangeOrder] = [
            *(PlaceDraft(each.order, paid=True) for each in drafts),
            *(ChangeOrder(each, wanted((fair.hub.carrots, 3))) for each in grown),
        ]
        sent = [
            asyncio.create_task(process.send(submission(fair.hub.trader, act)))
            for process, act in zip(cycle(processes), acts, strict=False)
        ]
        await close_sales_session(fair.desk, fair.trader, session)
        answers = await asyncio.gather(*sent)
        await close_sales_session(fair.desk, fair.trader, session)
        assert await fair.state(session) == "complete"
        placed = sum(isinstance(each, Accepted) for each in answers[:8])
        more = sum(isinstance(each, Accepted) for each in answers[8:])
        assert await ordered(fair, session) == placed + 8 + 2 * more
