"""The answer says "held" only once anybody else can see the hold."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from entrepot.app import open_desk
from entrepot.infra.pool import Connection, open_pool
from entrepot.infra.settings import Settings
from tests.factories.counter import order_of, submission
from tests.factories.stall import Stall, accepted
from tests.fakes.intake_process import IntakeProcess
from tests.fakes.proxy import network_to

HELD = "SELECT count(*) FROM holds WHERE order_id = $1 AND state = 'live'"


async def test_no_answer_while_the_commit_is_on_its_way(
    stall: Stall, database: str, settings: Settings, open_dir: Path
) -> None:
    variant = await stall.goods(1)
    order = order_of((variant, 1))
    async with network_to(database, open_dir) as network:
        pool = await open_pool(network.dsn, settings)
        desk = open_desk(pool, settings)
        desk.intake.start()
        network.open.clear()
        answering = asyncio.create_task(desk.intake.submit(submission(stall.owner, order)))
        await asyncio.wait_for(network.held.wait(), 60)
        done, _ = await asyncio.wait([answering], timeout=0.3)
        assert not done
        assert await stall.counter.rows(HELD, order.order) == [(0,)]
        network.open.set()
        assert accepted([await answering]) == 1
        assert await stall.counter.rows(HELD, order.order) == [(1,)]
        await desk.intake.close()
        await pool.close()


@pytest.mark.parametrize("callers", [1, 32])
async def test_at_the_moment_of_the_answer_others_see_the_hold(
    stall: Stall, processes: list[IntakeProcess], *, callers: int, full_size: bool
) -> None:
    variant = await stall.goods(100_000)

    async def place(number: int, watcher: Connection, turn: asyncio.Lock) -> None:
        order = order_of((variant, 1))
        answer = await processes[number % 2].send(submission(stall.owner, order))
        assert accepted([answer]) == 1
        async with turn:
            assert await watcher.fetchval(HELD, order.order) == 1

    async with stall.pool.acquire() as watcher:
        turn = asyncio.Lock()
        for _ in range(50 if full_size else 4):
            await asyncio.gather(*(place(number, watcher, turn) for number in range(callers)))
