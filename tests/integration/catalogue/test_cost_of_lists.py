"""A page of a large catalogue costs as much as a page of a small one, wherever one is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from entrepot.catalogue.store import SQL, VIEWS
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from tests.factories.network import Network

pytestmark = pytest.mark.fresh_database("pages are counted")

SMALL = 200
LARGE_QUICK = 20_000
LARGE_FULL = 100_000
LIMIT = 51
LISTED = ("active", "deactivated")

FILL = """
INSERT INTO suppliers (organisation, id, name, name_key, state, created_at)
SELECT
    $1::uuid, CASE g WHEN 1 THEN $1::uuid ELSE uuidv7() END, 's', lpad(g::text, 6, '0'),
    CASE WHEN g % 3 = 0 THEN 'deleted' ELSE 'active' END, now()
FROM generate_series(1, $2::int) AS g;
INSERT INTO products (organisation, id, name, created_at)
SELECT $1::uuid, uuidv7(), lpad(g::text, 6, '0'), now() FROM generate_series(1, $2::int) AS g;
INSERT INTO variants (organisation, id, product, sku, name, gtin, supplier, state, created_at)
SELECT
    $1::uuid, uuidv7(), p.id, p.name, 's', lpad(p.name, 13, '0'),
    CASE WHEN p.name::int % 4 = 0 THEN $1::uuid END,
    (ARRAY['active', 'active', 'active', 'deactivated', 'deleted'])[p.name::int % 5 + 1], now()
FROM products AS p WHERE p.organisation = $1::uuid AND $2::int > 0;
"""


async def fill(connection: Connection, owner: Id, rows: int) -> None:
    for statement in filter(str.strip, FILL.split(";\n")):
        await connection.execute(statement, owner, rows)


async def cases(
    connection: Connection, owner: Id, share: float
) -> dict[str, tuple[str, Sequence[object]]]:
    """Every list, from a place that is this share of the way through it."""
    count = await connection.fetchval(
        "SELECT count(*) FROM products WHERE organisation = $1", owner
    )
    skus = [f"{int(count * share) + number:06d}" for number in range(1, LIMIT + 1)]
    products = await connection.fetch(
        "SELECT id FROM products WHERE organisation = $1 AND name = ANY($2::text[])", owner, skus
    )
    ids = sorted(row[0] for row in products)
    gtins = [each.rjust(14, "0") for each in skus]
    sku = skus[0]
    return {
        "variants": (VIEWS["list_variants"], (owner, LISTED, sku, LIMIT)),
        "deleted variants": (VIEWS["list_variants"], (owner, ["deleted"], sku, LIMIT)),
        "of a supplier": (
            VIEWS["list_variants_of_supplier"],
            (owner, LISTED, sku, LIMIT, owner),
        ),
        "by sku": (VIEWS["find_variants"], (owner, skus, LISTED)),
        "by gtin": (VIEWS["find_variants_by_gtin"], (owner, gtins)),
        "taken": (SQL["read_taken"], (owner, skus, gtins)),
        "products": (VIEWS["list_products"], (owner, ids[0], LIMIT)),
        "their variants": (VIEWS["list_variants_of_products"], (owner, ids)),
        "suppliers": (VIEWS["list_suppliers"], (owner, LISTED, sku, LOWEST, LIMIT)),
        "deleted suppliers": (VIEWS["list_suppliers"], (owner, ["deleted"], sku, LOWEST, LIMIT)),
    }


async def buffers_of(connection: Connection, sql: str, values: Sequence[object]) -> tuple[int, str]:
    """How many pages of the database a statement touches, and its plan."""
    rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", *values)
    plan = "\n".join(row[0] for row in rows)
    touched = re.search(r"Buffers: shared((?: \w+=\d+)+)", plan.split("Planning:")[0])
    counts = re.findall(r"(?:hit|read)=(\d+)", touched[1]) if touched else []
    return sum(int(count) for count in counts), plan


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_page_of_many_costs_as_much_as_one_of_few(
    pool: Pool,
    network: Network,
    mode: str,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    small, large = await network.organisation(), await network.organisation()
    async with pool.acquire() as connection, connection.transaction():
        await fill(connection, small, SMALL)
        await fill(connection, large, LARGE_FULL if full_size else LARGE_QUICK)
        await connection.execute("ANALYZE")
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        few = await cases(connection, small, 0)
        for share in (0, 0.5, 0.7):
            many = await cases(connection, large, share)
            for name, (sql, values) in many.items():
                there, plan = await buffers_of(connection, sql, values)
                here, _ = await buffers_of(connection, *few[name])
                # A tree of more rows is at most a level or two deeper for each key looked up.
                assert there <= 2 * here + 2 * LIMIT, f"{name}: {there}, not {here}\n{plan}"
                assert here > 0, name
