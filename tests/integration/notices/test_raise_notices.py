"""Notices are written with what they tell of, or not at all."""

from __future__ import annotations

import pytest

from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.notices import raise_notices
from entrepot.orders.model import Notice
from tests.factories.counter import Counter
from tests.factories.network import Network


async def test_a_notice_is_kept_with_its_facts(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    notice = Notice(shop, "orders.line_short", "ord_1", {"line": "1", "text": 'quotes " and {}'})

    async with pool.acquire() as connection, connection.transaction():
        await raise_notices(connection, await read_clock(connection), [notice], new_id)

    rows = await counter.rows("SELECT organisation, kind, facts->>'text' FROM notices")
    assert rows == [(shop, "orders.line_short", 'quotes " and {}')]


async def test_a_notice_goes_with_its_transaction(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    notice = Notice(shop, "orders.line_short", "ord_1", {})

    async def fail_after_raising() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await raise_notices(connection, await read_clock(connection), [notice], new_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_raising()

    assert await counter.rows("SELECT count(*) FROM notices") == [(0,)]
