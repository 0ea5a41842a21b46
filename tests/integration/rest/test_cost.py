"""A page costs the same wherever one is and however much there is: keys, never counting off."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from entrepot.catalogue import store as catalogue
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST
from entrepot.notices import store as notices
from entrepot.orders import store as orders
from entrepot.partnerships.store import rights as partnerships
from entrepot.stock import store as stock
from tests.factories.network import Network

pytestmark = pytest.mark.fresh_database("pages are counted")

LISTED = ("active", "deactivated")
ROWS_QUICK = 5_000
ROWS_FULL = 100_000
LIMIT = 51
BUFFERS_MAX = 600
"""For 51 rows, each with a few look-ups of its own."""

FILL = """
INSERT INTO suppliers (organisation, id, name, name_key, state, created_at)
SELECT
    $1::uuid, CASE g WHEN 1 THEN $1::uuid ELSE uuidv7() END, 's' || g, 's' || g,
    CASE WHEN g % 3 = 0 THEN 'deleted' ELSE 'active' END, now()
FROM generate_series(1, $2::int) AS g;
INSERT INTO products (organisation, id, name, created_at)
SELECT $1, uuidv7(), 'p', now() FROM generate_series(1, $2::int) AS g;
INSERT INTO variants (organisation, id, product, sku, name, gtin, supplier, state, created_at)
SELECT
    $1::uuid, uuidv7(), $1::uuid, 's' || g, 's', lpad(g::text, 13, '0'),
    CASE WHEN g % 2 = 0 THEN $1::uuid END, CASE g % 500 WHEN 0 THEN 'deleted' ELSE 'active' END,
    now()
FROM generate_series(1, $2::int) AS g;
INSERT INTO positions (owner, variant, location, on_hand, version)
SELECT v.organisation, v.id, l.id, 1000, 1
FROM variants AS v INNER JOIN locations AS l ON v.organisation = l.organisation
WHERE v.organisation = $1;
INSERT INTO trading_rights (seller, buyer, kind, created_at)
SELECT uuidv7(), $1, 'session', now() FROM generate_series(1, 0) AS g;
INSERT INTO orders (
    organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
    priority, queue_place, placed_at, hold_until, next_hold_no
)
SELECT
    $1, uuidv7(), 'r' || g, 'own',
    CASE g % 10 WHEN 0 THEN 'held' WHEN 1 THEN 'cancelled' ELSE 'complete' END,
    'held', 'unpaid', 'ship_complete', 0, 'x' || g, now(),
    CASE g % 10 WHEN 0 THEN now() + interval '1 hour' END, 1
FROM generate_series(1, $2::int) AS g;
INSERT INTO notices (organisation, id, at, kind, subject, facts)
SELECT $1, uuidv7(), now(), 'k', 's', '{}' FROM generate_series(1, $2::int) AS g;
INSERT INTO ledger (
    owner, variant, location, version, at, kind, on_hand_change, held_change, allocated_change,
    on_hand, held, allocated, act
)
SELECT $1, $1, $1, g, now() + g * interval '1 second', 'hold', 0, 1, 0, 1000, g, 0, uuidv7()
FROM generate_series(1, $2::int) AS g;
INSERT INTO positions (owner, variant, location, on_hand, version) VALUES ($1, $1, $1, 0, $2);
INSERT INTO holds (
    owner, order_id, hold_no, organisation, line_no, variant, location, quantity, opened_version
)
SELECT $1, o.id, 1, $1, 1, $1, $1, 1, 1 FROM orders AS o WHERE o.organisation = $1;
INSERT INTO holds (
    owner, order_id, hold_no, organisation, line_no, variant, location, quantity, opened_version,
    state, ended_quantity, ended_version
)
SELECT $1, uuidv7(), 1, $1, 1, $1, $1, 1, 1, 'converted', 1, 2
FROM generate_series(1, $2::int) AS g;
"""


async def fill(connection: Connection, owner: Id, rows: int) -> None:
    """Give an organisation rows of everything that is listed. The figures need not add up."""
    await connection.execute(
        "INSERT INTO products (organisation, id, name, created_at) VALUES ($1, $1, 'p', now())",
        owner,
    )
    for statement in FILL.split(";\n"):
        if statement.strip():
            values: Sequence[object] = [owner, rows] if "$2" in statement else [owner]
            await connection.execute(statement, *values)
    await connection.execute("ANALYZE")


@pytest.mark.damages_database
async def test_a_page_costs_the_same_however_much_there_is(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    owner, buyer = await network.organisation(), await network.organisation()
    await network.right(owner, buyer, "session")
    async with pool.acquire() as connection:
        await fill(connection, owner, ROWS_FULL if full_size else ROWS_QUICK)
        slug = await connection.fetchval("SELECT slug FROM organisations WHERE id = $1", owner)
        location = await connection.fetchval(
            "SELECT id FROM locations WHERE organisation = $1", owner
        )
        middle = await connection.fetchval(
            "SELECT id FROM orders WHERE organisation = $1 ORDER BY reference LIMIT 1", owner
        )
        now = await connection.fetchval("SELECT now() + interval '1 minute'")
        low, high = LOWEST, HIGHEST
        cases: list[tuple[str, Sequence[object]]] = [
            (orders.VIEWS["list_orders"], (owner, middle, LIMIT)),
            (orders.VIEWS["list_orders_of_status"], (owner, "held", high, LIMIT)),
            (orders.VIEWS["list_orders_of_status"], (owner, "complete", middle, LIMIT)),
            (orders.VIEWS["list_limited_orders"], (owner, high, LIMIT)),
            (orders.VIEWS["find_order"], (owner, middle, None)),
            (orders.VIEWS["find_order"], (owner, None, "r77")),
            (orders.VIEWS["find_successor"], (owner, middle)),
            (stock.SQL["list_positions"], (owner, low, low, high, LIMIT)),
            (stock.SQL["list_positions"], (owner, owner, low, owner, LIMIT)),
            (stock.SQL["list_positions_at_location"], (owner, location, low, LIMIT)),
            (stock.SQL["find_position_as_of"], (owner, owner, owner, now)),
            (stock.SQL["list_ledger"], (owner, owner, owner, 1_000, LIMIT)),
            (stock.SQL["list_live_holds"], (owner, low, low, low, 0, high, LIMIT)),
            (stock.SQL["list_live_holds"], (owner, owner, owner, middle, 1, owner, LIMIT)),
            (stock.SQL["list_order_holds"], (owner, middle, 0, None, None, LIMIT)),
            (partnerships.SQL["list_known_organisations"], (owner, low, high, low, LIMIT)),
            (partnerships.SQL["list_opened_variants"], (buyer, owner, None, "s5", None, LIMIT)),
            (partnerships.SQL["list_opened_variants"], (buyer, None, slug, "", None, LIMIT)),
            (partnerships.SQL["list_opened_variants"], (buyer, None, slug, "", "s77", LIMIT)),
            (partnerships.SQL["resolve_skus"], (buyer, [None] * 2, [slug] * 2, ["s1", "s2"])),
            (catalogue.VIEWS["list_variants"], (owner, LISTED, "s5", LIMIT)),
            (catalogue.VIEWS["list_variants"], (owner, ["deleted"], "", LIMIT)),
            (catalogue.VIEWS["list_variants_of_supplier"], (owner, LISTED, "s5", LIMIT, owner)),
            (catalogue.VIEWS["find_variants"], (owner, ["s77"], LISTED)),
            (catalogue.VIEWS["find_variants_by_gtin"], (owner, ["00000000000077"])),
            (catalogue.VIEWS["list_products"], (owner, middle, LIMIT)),
            (catalogue.VIEWS["list_variants_of_products"], (owner, [middle] * LIMIT)),
            (catalogue.VIEWS["list_suppliers"], (owner, LISTED, "s5", low, LIMIT)),
            (catalogue.SQL["read_taken"], (owner, ["s77"] * LIMIT, ["00000000000077"] * LIMIT)),
            (notices.SQL["list_notices"], (owner, high, LIMIT)),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for sql, values in cases:
                    buffers, plan = await buffers_of(connection, sql, values)
                    assert buffers <= BUFFERS_MAX, plan


async def buffers_of(connection: Connection, sql: str, values: Sequence[object]) -> tuple[int, str]:
    """How many pages of the database a statement touches, and its plan."""
    rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", *values)
    plan = "\n".join(row[0] for row in rows)
    touched = re.search(r"Buffers: shared((?: \w+=\d+)+)", plan.split("Planning:")[0])
    counts = re.findall(r"(?:hit|read)=(\d+)", touched[1]) if touched else []
    return sum(int(count) for count in counts), plan
