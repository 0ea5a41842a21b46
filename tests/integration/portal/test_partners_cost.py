"""What the pages of a partnership read costs the same however much there is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from entrepot.infra.pool import Pool
from entrepot.kernel.paging import HIGHEST, LOWEST
from entrepot.partnerships.model.activity import OWN_ACTS, SHARED_ACTS
from entrepot.partnerships.store import activity, matches
from entrepot.stock.store import availability
from tests.factories.network import Network
from tests.integration.rest.test_cost import buffers_of

pytestmark = [
    pytest.mark.fresh_database("pages are counted"),
    pytest.mark.damages_database("rows without the acts that make them"),
]

ROWS_QUICK = 5_000
ROWS_FULL = 100_000
LIMIT = 51
AMONG = 2_000
COUNTED = 1_001
BUFFERS_A_ROW = 25
"""Each row of a match or an offer looks up two variants, a partnership and positions."""

FILL = """
INSERT INTO products (organisation, id, name, created_at)
SELECT o, o, 'p', now() FROM unnest(ARRAY[$1::uuid, $2::uuid]) AS o;
INSERT INTO variants (organisation, id, product, sku, name, created_at)
SELECT o, uuidv7(), o, 's' || g, 'goods', now()
FROM unnest(ARRAY[$1::uuid, $2::uuid]) AS o, generate_series(1, $4::int) AS g;
INSERT INTO positions (owner, variant, location, on_hand, version)
SELECT v.organisation, v.id, l.id, 1000, 1
FROM variants AS v INNER JOIN locations AS l ON v.organisation = l.organisation
WHERE v.organisation = $1;
INSERT INTO product_matches (
    retailer, id, variant, wholesaler, partnership, wholesaler_variant, matched_by, withdrawals,
    wholesaler_withdrawals, created_at
)
SELECT $2, uuidv7(), r.id, $1, $3, w.id, 'hand', 0, 0, now()
FROM variants AS r INNER JOIN variants AS w ON r.sku = w.sku AND w.organisation = $1
WHERE r.organisation = $2;
INSERT INTO audit (organisation, id, at, act, subject, answer)
SELECT $1, uuidv7(), now(), 'orders.placed', 'ord_', '{}' FROM generate_series(1, $4::int) AS g;
INSERT INTO audit (organisation, id, at, act, subject, answer)
SELECT
    o, uuidv7(), now(),
    CASE WHEN g % 2 = 0 THEN 'partnerships.partnership_changed' ELSE 'partnerships.match_made' END,
    CASE WHEN g % 2 = 0 THEN 'pts_' || replace($3::text, '-', '') ELSE 'mch_' END,
    json_build_object(
        'partnership', CASE WHEN g % 2 = 1 THEN 'pts_' || replace($3::text, '-', '') END
    )
FROM unnest(ARRAY[$1::uuid, $2::uuid]) AS o, generate_series(1, $4::int) AS g;
INSERT INTO allocations (
    owner, id, partnership, retailer, variant, location, quantity, remaining, state, made_at,
    closed_at, close_reason, match_failure
)
SELECT
    $1, uuidv7(), $3, $2, p.variant, p.location, 1, CASE WHEN g.n < 20 THEN 1 ELSE 0 END,
    CASE WHEN g.n < 20 THEN 'open' ELSE 'closed' END, now(),
    CASE WHEN g.n >= 20 THEN now() END, CASE WHEN g.n >= 20 THEN 'closed' END, 'none'
FROM (
    SELECT x.variant, x.location, row_number() OVER () AS n
    FROM positions AS x WHERE x.owner = $1
) AS p CROSS JOIN LATERAL (SELECT p.n) AS g
"""


async def test_pages_of_a_partnership_cost_the_same_however_much_there_is(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    wholesaler, retailer = await network.organisation(), await network.organisation()
    partnership = await network.partnership(wholesaler, retailer)
    rows = ROWS_FULL if full_size else ROWS_QUICK
    values = (wholesaler, retailer, partnership, rows)
    async with pool.acquire() as connection:
        for statement in FILL.split(";\n"):
            wanted = [each for number, each in enumerate(values, 1) if f"${number}" in statement]
            text = statement
            for new, number in enumerate(
                [number for number in range(1, 5) if f"${number}" in statement], 1
            ):
                text = text.replace(f"${number}", f"${new}")
            await connection.execute(text, *wanted)
        await connection.execute("ANALYZE")
        made = await connection.fetch(
            "SELECT id, wholesaler_variant FROM product_matches LIMIT $1", LIMIT
        )
        shown, theirs = [row[0] for row in made], [row[1] for row in made]
        of = wholesaler, partnership
        subject = f"pts_{partnership}"
        acts = list(OWN_ACTS), list(SHARED_ACTS)
        cases: list[tuple[str, Sequence[object], int]] = [
            (matches.SQL["search_matches"], (*of, LOWEST, LOWEST, None, None, LIMIT, LIMIT), LIMIT),
            (
                matches.SQL["search_matches"],
                (*of, shown[5], LOWEST, "active", None, AMONG, LIMIT),
                AMONG,
            ),
            (
                matches.SQL["search_matches"],
                (*of, LOWEST, LOWEST, None, "nothing", AMONG, LIMIT),
                AMONG,
            ),
            (matches.SQL["count_matches"], (retailer, [partnership], COUNTED), COUNTED),
            (
                activity.SQL["list_activity"],
                (wholesaler, retailer, subject, HIGHEST, *acts, LIMIT),
                LIMIT,
            ),
            (
                availability.SQL["list_offered"],
                (wholesaler, partnership, shown, theirs),
                2 * LIMIT,
            ),
            (availability.SQL["count_unmatched"], (retailer, [partnership]), LIMIT),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for sql, given, limit in cases:
                    buffers, plan = await buffers_of(connection, sql, given)
                    assert buffers <= limit * BUFFERS_A_ROW, f"{buffers}\n{plan}"
