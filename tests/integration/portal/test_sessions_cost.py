"""What the pages of sales sessions read costs the same however many sessions there were.

What goes on now is counted in full: a trader has few sessions open, a producer few goods in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.pool import Pool
from entrepot.kernel.paging import HIGHEST, LOWEST
from entrepot.sales_sessions import store
from tests.factories.network import Network
from tests.integration.rest.test_cost import buffers_of

pytestmark = [
    pytest.mark.fresh_database("pages are counted"),
    pytest.mark.damages_database("rows without the acts that make them"),
]

ROWS_QUICK = 5_000
ROWS_FULL = 100_000
LIMIT = 51
AMONG = 500
BUFFERS_A_ROW = 25
"""Each row of a list looks up a name, a session, lines or positions."""

FILL = """
INSERT INTO products (organisation, id, name, created_at) VALUES (:theirs, :theirs, 'p', now());
INSERT INTO variants (organisation, id, product, sku, name, created_at)
SELECT :theirs, uuidv7(), :theirs, 's' || lpad(g::text, 6, '0'), 'goods', now()
FROM generate_series(1, :rows) AS g;
INSERT INTO trading_rights (seller, buyer, kind, created_at)
VALUES (:theirs, :ours, 'session', now());
INSERT INTO selling_windows (
    organisation, id, state, is_remote, opens_at, closes_at, closed_at, completed_at
)
SELECT
    :ours, uuidv7(), CASE WHEN g <= 5 THEN 'open' ELSE 'complete' END, false,
    now() - (g % 900 + 2) * interval '1 day',
    now() + (CASE WHEN g <= 5 THEN 1 ELSE -(g % 900 + 1) END) * interval '1 day',
    CASE WHEN g > 5 THEN now() END, CASE WHEN g > 5 THEN now() END
FROM generate_series(1, :rows) AS g;
INSERT INTO sales_sessions (organisation, id, name, reference, created_at)
SELECT w.organisation, w.id, 'week', w.id::text, now() FROM selling_windows AS w;
INSERT INTO window_products (organisation, selling_window, variant, owner, held)
SELECT w.organisation, w.id, v.id, :theirs, CASE WHEN w.state = 'open' THEN 2 ELSE 0 END
FROM selling_windows AS w
CROSS JOIN (
    SELECT n.id FROM variants AS n WHERE n.organisation = :theirs ORDER BY n.sku LIMIT 2
) AS v;
INSERT INTO orders (
    organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
    priority, queue_place, placed_at, next_hold_no, selling_window, producer
)
SELECT
    :ours, uuidv7(), w.id::text, 'session', 'complete', 'fulfilled', 'paid', 'refuse_short',
    0, w.id::text, now(), 1, w.id, :theirs
FROM selling_windows AS w
WHERE w.state = 'complete';
INSERT INTO order_lines (organisation, order_id, line_no, owner, variant, quantity, held, shipped)
SELECT o.organisation, o.id, 1, :theirs, v.id, 2, 0, 2
FROM orders AS o
CROSS JOIN (
    SELECT n.id FROM variants AS n WHERE n.organisation = :theirs ORDER BY n.sku LIMIT 1
) AS v;
"""


async def test_pages_of_sessions_cost_the_same_however_much_there_was(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    ours, theirs = await network.organisation(), await network.organisation()
    script = FILL.replace(":ours", f"'{ours}'::uuid").replace(":theirs", f"'{theirs}'::uuid")
    script = script.replace(":rows", str(ROWS_FULL if full_size else ROWS_QUICK))
    now = utc_now()
    async with pool.acquire() as connection:
        await connection.execute(script)
        await connection.execute("ANALYZE")
        orders = await store.seek_session_orders(connection, theirs, HIGHEST, LIMIT)
        goods = [
            row[0]
            for row in await connection.fetch(
                "SELECT DISTINCT variant FROM window_products WHERE held > 0"
            )
        ]
        sql, views = store.SQL, store.VIEWS
        weeks = now - timedelta(days=7), now + timedelta(days=28)
        cases: list[tuple[str, Sequence[object], int]] = [
            (views["list_sessions"], (ours, HIGHEST, False, None, None, LIMIT), LIMIT),
            (views["list_sessions"], (ours, HIGHEST, True, None, None, LIMIT), LIMIT),
            (views["list_sessions_going_on"], (ours, HIGHEST, "open", None, None, LIMIT), LIMIT),
            (sql["list_sessions_between"], (ours, *weeks, 40), 40),
            (sql["list_sessions_ending"], (ours, now + timedelta(days=2), 10), LIMIT),
            (sql["search_sessions"], (ours, "nothing", AMONG, 10), AMONG),
            (sql["read_to_ship"], (theirs, AMONG), AMONG),
            (sql["seek_offered_goods"], (ours, "nothing", 10, AMONG, "nothing\U0010ffff"), AMONG),
            (views["seek_session_orders"], (theirs, HIGHEST, AMONG), AMONG),
            (views["show_session_orders"], (theirs, orders, None, False, LIMIT), LIMIT),
            (views["list_demanded"], (theirs, "", LIMIT), LIMIT),
            (views["list_demand_of"], (theirs, goods, AMONG), LIMIT),
            (views["list_demand"], (theirs, LOWEST, LOWEST, LOWEST, LIMIT), LIMIT),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for statement, values, limit in cases:
                    buffers, plan = await buffers_of(connection, statement, values)
                    assert buffers <= limit * BUFFERS_A_ROW, f"{mode}: {statement}\n{plan}"
