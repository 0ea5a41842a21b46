"""Weeks close as they end by the partnership's clock, once, and late if need be."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import week_label
from entrepot.settlement import ClosedWeeks, close_weeks
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.transfers import Trade, at_time, monday, open_trade

# The fulfilment reference, section 11: an instant, and the week that has just begun or still runs.
VECTORS = (
    ("2026-03-29T21:59:59Z", "2026-W13"),
    ("2026-03-29T22:00:00Z", "2026-W14"),
    ("2026-10-25T22:59:59Z", "2026-W43"),
    ("2026-10-25T23:00:00Z", "2026-W44"),
    ("2026-12-31T23:30:00Z", "2026-W53"),
    ("2027-01-03T23:00:00Z", "2027-W01"),
)


async def close(
    trade: Trade, through: str | None = None, at: str | None = None
) -> ClosedWeeks | Refusal:
    """Close weeks as the wholesaler, at a time of the clock or at another."""

    def moment(now: datetime) -> datetime:
        return now if at is None else at_time(at)

    week = None if through is None else monday(through)
    done = await close_weeks(trade.pool, new_id, trade.seller, trade.id, week, moment)
    return done.answer if isinstance(done, Written) else done


async def closed_through(trade: Trade) -> str:
    async with trade.pool.acquire() as connection:
        week = await connection.fetchval(
            "SELECT closed_through FROM partnerships WHERE id = $1", trade.id
        )
    return week_label(week)


@pytest.mark.parametrize(("instant", "running"), VECTORS)
async def test_the_week_vectors(network: Network, instant: str, running: str) -> None:
    trade = await open_trade(network, "2026-W09")
    before = week_label(monday(running) - (monday("2026-W10") - monday("2026-W09")))
    refused = await close(trade, running, instant)
    assert code_of(refused) == "settlement.week_not_over"
    assert await closed_through(trade) == "2026-W09"
    answer = await close(trade, before, instant)
    assert isinstance(answer, ClosedWeeks), answer
    assert answer.closed_through == before == await closed_through(trade)
    assert code_of(await close(trade, running, instant)) == "settlement.week_not_over"


async def test_a_week_closes_once(trade: Trade) -> None:
    first = await close(trade, "2026-W13")
    assert first == ClosedWeeks(f"pts_{trade.id}", "2026-W13", 2)
    for week in ("2026-W13", "2026-W12", "2020-W01"):
        again = await close(trade, week)
        assert code_of(again) == "settlement.week_closed"
    assert await closed_through(trade) == "2026-W13"
    acts = await acts_of(trade.pool, trade.wholesaler)
    assert [(act, subject) for act, subject, _ in acts] == [
        ("settlement.weeks_closed", f"pts_{trade.id}")
    ]


async def test_without_a_week_all_that_are_over_close(trade: Trade) -> None:
    answer = await close(trade, at="2026-03-29T22:00:00Z")
    assert answer == ClosedWeeks(f"pts_{trade.id}", "2026-W13", 2)
    again = await close(trade, at="2026-04-01T12:00:00Z")
    assert again == ClosedWeeks(f"pts_{trade.id}", "2026-W13", 0)
    assert len(await acts_of(trade.pool, trade.wholesaler)) == 1
    async with trade.pool.acquire() as connection:
        due = await connection.fetchval("SELECT next_close_at FROM partnerships")
    assert due == at_time("2026-04-05T22:00:00Z"), "the end of 2026-W14, in summer time"


async def test_either_side_may_and_nobody_else(trade: Trade, network: Network) -> None:
    stranger = caller_for(await network.organisation())
    for each in (trade.id, new_id(), ""):
        answer = await close_weeks(trade.pool, new_id, stranger, each, monday("2026-W12"))
        assert code_of(answer) == "partnerships.unknown_partnership"
    reader = caller_for(trade.wholesaler, Scope.SETTLEMENT_READ)
    answer = await close_weeks(trade.pool, new_id, reader, trade.id, monday("2026-W12"))
    assert code_of(answer) == "identity.scope_missing"
    assert await closed_through(trade) == "2026-W11"
    done = await close_weeks(trade.pool, new_id, trade.buyer, trade.id, monday("2026-W12"))
    assert isinstance(done, Written)


async def test_two_at_once_close_once(trade: Trade, pool: Pool) -> None:
    answers = await asyncio.gather(*[close(trade, "2026-W14") for _ in range(8)])
    codes = sorted("closed" if isinstance(each, ClosedWeeks) else code_of(each) for each in answers)
    assert codes == ["closed", *["settlement.week_closed"] * 7]
    assert len(await acts_of(pool, trade.wholesaler)) == 1


async def test_an_ended_partnership_is_closed_by_nobody(trade: Trade) -> None:
    await trade.set(state="ending")
    async with trade.pool.acquire() as connection:
        await connection.execute("UPDATE partnerships SET state = 'ended', ended_at = now()")
    assert await close(trade) == ClosedWeeks(f"pts_{trade.id}", "2026-W11", 0)
