"""On schedule every partnership whose week is over is settled, and what was left is written."""

from __future__ import annotations

from datetime import datetime

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.jobs.timetable import TIMETABLE, words_of
from entrepot.kernel.paging import Page
from entrepot.kernel.weeks import week_label
from entrepot.settlement import SettlementFilter, close_due_weeks, close_weeks, list_settlements
from tests.factories.network import Network
from tests.factories.transfers import Trade, at_time, monday, open_trade


async def close_at(pool: Pool, text: str) -> int:
    """Let the schedule run at a time."""

    def moment(_: datetime) -> datetime:
        return at_time(text)

    return await close_due_weeks(pool, new_id, moment)


async def settled(trade: Trade) -> list[str]:
    found = await list_settlements(trade.pool, trade.buyer, Page(100), SettlementFilter())
    assert isinstance(found, list), found
    return [each.week for each in found]


async def closed_through(trade: Trade) -> str:
    async with trade.pool.acquire() as connection:
        week = await connection.fetchval(
            "SELECT closed_through FROM partnerships WHERE id = $1", trade.id
        )
    return week_label(week)


async def test_weeks_close_as_they_end_by_each_clock(network: Network, pool: Pool) -> None:
    here = await open_trade(network)
    there = await open_trade(network, zone="America/New_York")
    for trade in (here, there):
        await trade.move(await trade.pair(), 1, "2026-W12")
    assert await close_at(pool, "2026-03-22T22:59:59Z") == 0
    assert await settled(here) == []
    assert await close_at(pool, "2026-03-22T23:00:00Z") == 1
    assert (await settled(here), await settled(there)) == (["2026-W12"], [])
    assert await close_at(pool, "2026-03-22T23:00:01Z") == 0
    assert await close_at(pool, "2026-03-23T04:00:00Z") == 1, "still winter time there"
    assert await settled(there) == ["2026-W12"]
    assert await here.broken() == []


async def test_it_catches_up(trade: Trade, pool: Pool) -> None:
    mug = await trade.pair()
    for week in ("2026-W12", "2026-W14", "2026-W20"):
        await trade.move(mug, 1, week)
    assert await close_at(pool, "2026-04-20T12:00:00Z") == 1
    assert await settled(trade) == ["2026-W14", "2026-W12"]
    assert await closed_through(trade) == "2026-W16"


async def test_what_an_earlier_run_left_is_written(trade: Trade, pool: Pool) -> None:
    """Killed between the two steps: closed, and not written."""
    await trade.move(await trade.pair(), 1, "2026-W12")
    await close_weeks(pool, new_id, trade.seller, trade.id, monday("2026-W12"))
    assert await settled(trade) == []
    assert await close_at(pool, "2026-03-24T12:00:00Z") == 1
    assert await settled(trade) == ["2026-W12"]
    assert await close_at(pool, "2026-03-24T12:00:00Z") == 0


async def test_an_ended_partnership_is_written_and_not_closed_further(
    trade: Trade, pool: Pool
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    await close_weeks(pool, new_id, trade.seller, trade.id, monday("2026-W12"))
    async with pool.acquire() as connection:
        await connection.execute("UPDATE partnerships SET state = 'ended', ended_at = now()")
    assert await close_at(pool, "2026-06-24T12:00:00Z") == 1
    assert (await settled(trade), await closed_through(trade)) == (["2026-W12"], "2026-W12")


async def test_one_that_fails_keeps_no_other_waiting(network: Network, pool: Pool) -> None:
    first, second = await open_trade(network), await open_trade(network)
    for trade in (first, second):
        await trade.move(await trade.pair(), 1, "2026-W12")
    await first.set(time_zone="Nowhere/Atall")
    with pytest.raises(ExceptionGroup, match="could not be settled") as raised:
        await close_at(pool, "2026-03-24T12:00:00Z")
    (error,) = raised.value.exceptions
    assert words_of(raised.value).endswith(f" pts_{first.id}: {error}"), "the log says whose it is"
    assert await settled(second) == ["2026-W12"]
    assert await closed_through(first) == "2026-W11"


def test_it_is_in_the_timetable() -> None:
    assert "close_due_weeks" in {job.name for job in TIMETABLE}
