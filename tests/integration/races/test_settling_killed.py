"""A process that settles is killed before each of its statements in turn; the next one goes on.

Wherever it dies, no half of a document is there, and afterwards every week has its one document.
"""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.paging import Page
from entrepot.settlement import SettlementFilter, close_due_weeks, list_settlements
from tests.factories.network import Network
from tests.factories.transfers import Trade, at_time, open_trade

pytestmark = pytest.mark.damages_database("transfers without their stock")

WEEKS = ["2026-W12", "2026-W13"]


class KilledError(BaseException):
    """Stands for the end of the process: nothing of it runs any more."""


class Doomed:
    """A pool whose connections die before one of the statements sent through them."""

    def __init__(self, pool: Pool, die_before: int) -> None:
        self.pool = pool
        self.left = die_before

    def acquire(self, *, timeout: float | None = None) -> Any:  # noqa: ANN401 - as the driver's pool has it
        return _Lent(self, self.pool.acquire(timeout=timeout))

    def next(self) -> None:
        """Count a statement."""
        if self.left == 0:
            raise KilledError
        self.left -= 1


class _Lent:
    def __init__(self, doomed: Doomed, lent: Any) -> None:  # noqa: ANN401 - the driver's own context
        self.doomed = doomed
        self.lent = lent

    async def __aenter__(self) -> Any:  # noqa: ANN401 - a connection, but for its statements
        return _Counted(self.doomed, await self.lent.__aenter__())

    async def __aexit__(self, *exception: object) -> None:
        await self.lent.__aexit__(*exception)


class _Counted:
    """A connection that counts its statements."""

    def __init__(self, doomed: Doomed, connection: Any) -> None:  # noqa: ANN401 - the driver's
        self._doomed = doomed
        self._connection = connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the driver's has
        way = getattr(self._connection, name)
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return way

        async def counted(*args: object, **options: object) -> object:
            self._doomed.next()
            return await way(*args, **options)

        return counted


async def weeks_of(trade: Trade) -> list[str]:
    found = await list_settlements(trade.pool, trade.seller, Page(100), SettlementFilter())
    assert isinstance(found, list), found
    return sorted(each.week for each in found)


async def test_each_week_has_its_document_in_the_end(network: Network, *, full_size: bool) -> None:
    def moment(_: datetime) -> datetime:
        return at_time("2026-03-31T12:00:00Z")

    reached = set()
    for die_before in count(step=1 if full_size else 3):
        trade = await open_trade(network)
        mug, crate = await trade.pair(), await trade.pair(6)
        for week in WEEKS:
            await trade.move(mug, 2, week)
            await trade.move(crate, 1, week, price=None)
        doomed: Any = Doomed(trade.pool, die_before)
        try:
            await close_due_weeks(doomed, new_id, moment)
            survived = True
        except KilledError:
            survived = False
        left = await weeks_of(trade)
        reached.add(len(left))
        assert left == WEEKS[: len(left)], "weeks are written in their order"
        assert await trade.broken() == [], "no half of a document is there"
        await close_due_weeks(trade.pool, new_id, moment)
        assert await weeks_of(trade) == WEEKS
        assert await trade.broken() == []
        async with trade.pool.acquire() as connection:
            told = await connection.fetchval(
                "SELECT count(*) FROM outbox WHERE organisation = $1"
                " AND event = 'settlement.closed'",
                trade.retailer,
            )
        assert told == len(WEEKS), "and each was told of once"
        if survived:
            break
    assert reached == {0, 1, 2}
