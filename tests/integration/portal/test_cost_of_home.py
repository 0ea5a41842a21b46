"""Home and the list of settlements cost the same however long a history there is.

What they read is bounded by the weeks that are looked at and by how far is counted, never by how
many orders, documents or ledger rows there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, lowest_id
from entrepot.kernel.weeks import WEEK, week_of
from entrepot.orders import SUMMED_MAX
from entrepot.orders.store import glance as orders
from entrepot.partnerships.store import glance as partnerships
from entrepot.portal.pages.home import span_of
from entrepot.settlement import store as settlement
from tests.factories.network import Network
from tests.integration.rest.test_cost import BUFFERS_MAX, buffers_of

pytestmark = [
    pytest.mark.fresh_database("pages are counted"),
    pytest.mark.damages_database("rows of which nothing else is there"),
]

ROWS_QUICK = 5_000
ROWS_FULL = 100_000
LIMIT = 51
ZONE = "Europe/Amsterdam"

FILL = """
INSERT INTO partnerships (
    wholesaler, id, retailer, sharing_policy, currency, time_zone, created_at, closed_through,
    written_through, next_close_at, state, ended_at
)
SELECT
    :ours, CASE g WHEN 1 THEN :theirs ELSE uuidv7() END, :theirs, 'all_stock', 'EUR',
    'Europe/Amsterdam', now(), :monday - 7, :monday - 7, now(),
    CASE g WHEN 1 THEN 'active' ELSE 'ended' END, CASE g WHEN 1 THEN NULL ELSE now() END
FROM generate_series(1, 20) AS g;
INSERT INTO settlements (
    organisation, id, face, partnership, partner, week, currency, minor_digits, time_zone,
    closed_at, lines, unpriced_lines, state, answered_at, dispute_reason
)
SELECT
    CASE f.face WHEN 'order' THEN :ours ELSE :theirs END, d.id, f.face, d.partnership,
    CASE f.face WHEN 'order' THEN :theirs ELSE :ours END,
    :monday - 7 * (70 + d.number), 'EUR', 2, 'Europe/Amsterdam', now(), 1, 0,
    CASE d.number % 1000 WHEN 0 THEN 'disputed' WHEN 1 THEN 'closed' ELSE 'acknowledged' END,
    CASE d.number % 1000 WHEN 1 THEN NULL ELSE now() END,
    CASE d.number % 1000 WHEN 0 THEN 'no' END
FROM (
    SELECT
        uuidv7() AS id,
        CASE g % 50 WHEN 0 THEN :theirs ELSE uuidv7() END AS partnership,
        g AS number
    FROM generate_series(1, :rows) AS g
) AS d
CROSS JOIN (VALUES ('order'), ('inbound')) AS f (face);
INSERT INTO transfers (
    wholesaler, id, partnership, retailer, week, at, organisation, order_id, line_no, match,
    wholesaler_variant, variant, location, version, quantity, factor, unit_price, reverses, act
)
SELECT
    :ours, uuidv7(), :theirs, :theirs, :monday - 7 * (g % 400 + 80), now(), :theirs,
    uuidv7(), 1, :ours, :ours, :ours, :ours, g, 1, 1, 1, NULL, :ours
FROM generate_series(1, :rows) AS g;
INSERT INTO orders (
    organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
    priority, queue_place, placed_at, next_hold_no
)
SELECT
    :ours, uuidv7(-o.ago), 'r' || o.g, 'own',
    CASE o.g % 7 WHEN 0 THEN 'waiting' ELSE 'complete' END,
    CASE WHEN o.g % 7 = 0 THEN 'held' WHEN o.g % 1000 = 1 THEN 'unfulfilled' ELSE 'fulfilled' END,
    'paid', 'ship_complete', 0, 'x' || o.g, now() - o.ago, 1
FROM (
    SELECT g, CASE WHEN g <= 40 THEN interval '1 hour' ELSE g % 300 * interval '1 day'
        + interval '70 days' END AS ago
    FROM generate_series(1, :rows) AS g
) AS o;
INSERT INTO order_lines (
    organisation, order_id, line_no, owner, variant, quantity, held, unit_price
)
SELECT :ours, o.id, 1, :ours, :ours, 2, 1, 2.5 FROM orders AS o WHERE o.organisation = :ours;
INSERT INTO ledger (
    owner, variant, location, version, at, kind, on_hand_change, held_change, allocated_change,
    on_hand, held, allocated, act
)
SELECT
    :ours, :ours, :ours, g, now() - g % 300 * interval '1 day' - interval '70 days',
    CASE g % 3 WHEN 0 THEN 'receive' ELSE 'hold' END, 1, 0, 0, g, 0, 0, uuidv7()
FROM generate_series(1, :rows) AS g;
INSERT INTO ledger (
    owner, variant, location, version, at, kind, on_hand_change, held_change, allocated_change,
    on_hand, held, allocated, act
)
SELECT :ours, :theirs, :ours, g, now(), 'hold', 0, 1, 0, 0, g, 0, uuidv7()
FROM generate_series(1, :rows) AS g;
INSERT INTO partnership_invitations (
    wholesaler, id, key_hash, sharing_policy, time_zone, created_at, expires_at, revoked_at
)
SELECT
    :ours, uuidv7(), decode(md5(g::text), 'hex'), 'all_stock', 'UTC', now(),
    now() + (g % 20) * interval '1 day', CASE g % 100 WHEN 0 THEN NULL ELSE now() END
FROM generate_series(1, :rows) AS g;
"""


async def fill(connection: Connection, ours: Id, theirs: Id, monday: date, rows: int) -> None:
    """Give two organisations a long history, of which little is of the last weeks."""
    script = FILL.replace(":ours", f"'{ours}'::uuid").replace(":theirs", f"'{theirs}'::uuid")
    script = script.replace(":monday", f"'{monday}'::date").replace(":rows", str(rows))
    await connection.execute(script)
    await connection.execute("ANALYZE")


async def test_it_costs_the_same_however_much_there_was(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    ours, theirs = await network.organisation(), await network.organisation()
    now = utc_now()
    monday = week_of(now, ZONE)
    span = span_of(now, ZONE)
    async with pool.acquire() as connection:
        await fill(connection, ours, theirs, monday, ROWS_FULL if full_size else ROWS_QUICK)
        end, middle = date.max, monday - WEEK * 700
        views = settlement.VIEWS
        every = (None, None, None)
        cases: list[tuple[str, Sequence[object]]] = [
            (views["list_settlements"], (ours, end, HIGHEST, *every, LIMIT)),
            (views["list_settlements"], (ours, middle, HIGHEST, *every, LIMIT)),
            (views["list_settlements"], (ours, end, HIGHEST, theirs, None, None, LIMIT)),
            (views["list_settlements"], (ours, end, HIGHEST, None, "order", None, LIMIT)),
            (views["list_settlements"], (ours, end, HIGHEST, None, "inbound", None, LIMIT)),
            (views["list_settlements"], (ours, end, HIGHEST, None, None, "disputed", LIMIT)),
            (views["list_settlements"], (ours, end, HIGHEST, None, "order", "closed", LIMIT)),
            (views["list_disputed_by_partner"], (ours, end, HIGHEST, None, None, LIMIT)),
            (views["list_open_sides"], (ours, LOWEST, LIMIT)),
            (views["list_changes"], (ours, ours, theirs, middle, LIMIT)),
            (views["read_answers_due"], (ours, 100)),
            (views["sum_open_goods"], (ours, ours, theirs, monday - WEEK * 100, [ours], None)),
            (views["sum_weeks"], (ours, span.mondays[0], span.mondays[-2], span.by_then)),
            (orders.SQL["read_waiting"], (ours, 100)),
            (orders.SQL["list_unmatched"], (ours, 5)),
            (
                orders.SQL["sum_parts_of_orders"],
                (ours, list(span.starts), SUMMED_MAX, lowest_id(span.starts[0])),
            ),
            (orders.SQL["sum_parts_of_goods_in"], (ours, list(span.starts))),
            (partnerships.SQL["read_beginnings"], (ours, now, now + timedelta(days=3), 100)),
            (partnerships.SQL["list_still"], (ours, 10)),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for statement, values in cases:
                    buffers, plan = await buffers_of(connection, statement, values)
                    assert buffers <= BUFFERS_MAX, f"{statement}\n{plan}"
