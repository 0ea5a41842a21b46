"""What Home sums of orders: by when they were placed, whatever their ids say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.pool import Pool
from entrepot.orders import sum_parts
from entrepot.orders.model.glance import SoldParts
from tests.factories.callers import caller_for
from tests.factories.network import Network

LONG_AGO = """
INSERT INTO orders (
    organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
    priority, queue_place, placed_at, next_hold_no
)
SELECT $1, uuidv7($2::interval), $3, 'own', 'complete', 'held', 'paid', 'ship_complete', 0, $3,
    now() - $4::interval, 1
"""


@pytest.mark.damages_database("orders of which nothing else is there")
async def test_orders_count_in_the_week_of_their_placing(pool: Pool, network: Network) -> None:
    """A draft of last month, placed now, counts now; what was brought in counts when it was."""
    shop = await network.organisation("shop")
    week = timedelta(days=7)
    async with pool.acquire() as connection:
        for name, made, placed in (
            ("new", -timedelta(hours=1), timedelta(hours=1)),
            ("draft of last month", -timedelta(days=40), timedelta(hours=1)),
            ("brought in today", -timedelta(minutes=1), timedelta(days=10)),
            ("long ago", -timedelta(days=100), timedelta(days=100)),
        ):
            await connection.execute(LONG_AGO, shop, made, name, placed)
    now = utc_now()

    parts = await sum_parts(pool, caller_for(shop), [now - 2 * week, now - week])

    assert isinstance(parts, SoldParts)
    assert [part.orders for part in parts.parts] == [1, 2]
