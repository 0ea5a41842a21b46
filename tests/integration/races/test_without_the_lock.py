"""These races have teeth: without the lock two read the same, and the ledger refuses one."""

from __future__ import annotations

import asyncio
from types import MappingProxyType

import pytest

from entrepot import stock
from entrepot.infra.failures import broken_constraint
from entrepot.infra.ids import new_id
from entrepot.orders import BatchTools, decide_batch
from entrepot.stock.store import ledger
from tests.factories.counter import order_of, submission
from tests.factories.stall import Stall, accepted

LOCK = "FOR NO KEY UPDATE OF p"


async def test_an_unlocked_read_is_caught_when_it_writes(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is left out and a pause planted: at most one of the rivals gets its rows written."""
    unlocked = ledger.SQL["lock_positions"].replace(LOCK, "")
    assert unlocked != ledger.SQL["lock_positions"]
    sql = MappingProxyType({**ledger.SQL, "lock_positions": unlocked})
    write = stock.write_stock
    barrier = asyncio.Barrier(4)

    async def paused(*args: object, **options: object) -> None:
        async with asyncio.timeout(10):
            await barrier.wait()
        await write(*args, **options)  # type: ignore[arg-type] # passed on unseen

    variant = await stall.goods(1)
    monkeypatch.setattr(ledger, "SQL", sql)
    monkeypatch.setattr(stock, "write_stock", paused)
    rivals = [
        decide_batch(
            BatchTools(stall.pool, new_id, {}, set()),
            [submission(stall.owner, order_of((variant, 1)))],
        )
        for _ in range(4)
    ]
    answers = [answer for (answer,) in await asyncio.gather(*rivals)]
    broken = [each for each in answers if isinstance(each, BaseException)]
    assert [broken_constraint(each) for each in broken] == ["ledger_pk"] * 3
    assert accepted(each for each in answers if not isinstance(each, BaseException)) == 1
    assert await stall.left(variant) == 0
