"""What there is to sell, found at a bounded cost, and how a position stood at any moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from entrepot.identity import SCOPE_MISSING
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.stock import Goods, GoodsFilter, list_figures_then, list_goods
from entrepot.stock.store import goods as store
from entrepot.stock.views import SEARCHED_MAX
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.wholesale import goods
from tests.integration.rest.test_cost import buffers_of, fill

ROWS_QUICK = 5_000
ROWS_FULL = 100_000
LIMIT = 51
PLAIN_MAX = 1_500
SEARCH_MAX = 30 * SEARCHED_MAX
"""Each variant that is looked through costs a few look-ups, however many others there are."""


async def found(pool: Pool, owner: Id, wanted: GoodsFilter, page: Page) -> Stretch[Goods]:
    answer = await list_goods(pool, caller_for(owner), page, wanted)
    assert not isinstance(answer, Refusal)
    return answer


async def test_a_search_goes_on_where_it_ended(pool: Pool, network: Network) -> None:
    owner = await network.organisation()
    last = await goods(network, owner, "ZZZ", name="Needle")
    async with pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO variants (organisation, id, product, sku, name, created_at)"
            " SELECT v.organisation, uuidv7(), v.product, 'A' || lpad(g::text, 5, '0'), 'Hay',"
            " now() FROM variants AS v, generate_series(1, $2::int) AS g WHERE v.id = $1",
            last,
            SEARCHED_MAX + 10,
        )
    wanted = GoodsFilter("needle")
    first = await found(pool, owner, wanted, Page(50))
    assert (first.rows, first.following) == ((), (f"A{SEARCHED_MAX:05}",))
    second = await found(pool, owner, wanted, Page(50, first.following))
    assert [each.sku for each in second.rows] == ["ZZZ"]
    assert second.following is None


async def test_a_page_that_is_full_goes_on_after_its_last_row(pool: Pool, network: Network) -> None:
    owner = await network.organisation()
    for name in "ABCD":
        await goods(network, owner, name, name="Same")
    first = await found(pool, owner, GoodsFilter("same"), Page(3))
    assert ([each.sku for each in first.rows], first.following) == (["A", "B", "C"], ("C",))
    assert (await found(pool, owner, GoodsFilter(), Page(4))).following is None


async def test_nobody_finds_what_is_another_organisations(pool: Pool, network: Network) -> None:
    await goods(network, await network.organisation(), "A")
    other = await network.organisation()
    assert (await found(pool, other, GoodsFilter(), Page(10))).rows == ()


async def test_without_the_scope_it_is_refused(pool: Pool, network: Network) -> None:
    owner = await network.organisation()
    caller = caller_for(owner, Scope.ORDERS_READ)
    answers = [
        await list_goods(pool, caller, Page(1), GoodsFilter()),
        await list_figures_then(pool, caller, "", "", []),
    ]
    assert [each.code for each in answers if isinstance(each, Refusal)] == [SCOPE_MISSING] * 2


async def test_figures_are_those_of_the_last_row_before_each_moment(
    pool: Pool, network: Network, counter: Counter
) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    for quantity in (5, 3, 2):
        await counter.receive(owner, variant, quantity)
    rows = await counter.rows(
        "SELECT at, location FROM ledger WHERE owner = $1 ORDER BY version", owner
    )
    moments = [row[0] for row in rows]
    assert isinstance(moments[0], datetime)
    wanted: list[datetime] = [*moments, moments[-1] + timedelta(seconds=1)]  # type: ignore[list-item, operator] # the ledger's times
    then = await list_figures_then(pool, caller_for(owner), variant, str(rows[0][1]), wanted)
    assert not isinstance(then, Refusal)
    assert [each.on_hand for each in then] == [None, Decimal(5), Decimal(8), Decimal(10)]
    other = caller_for(await network.organisation())
    assert await list_figures_then(pool, other, variant, str(rows[0][1]), wanted) == []


@pytest.mark.fresh_database("pages are counted")
@pytest.mark.damages_database
async def test_a_page_costs_the_same_however_much_there_is(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    owner = await network.organisation()
    async with pool.acquire() as connection:
        await fill(connection, owner, ROWS_FULL if full_size else ROWS_QUICK)
        now = await connection.fetchval("SELECT now()")
        days = [now + timedelta(minutes=each) for each in range(56)]
        listed = ["active", "deactivated"]
        sql = store.SQL["list_goods"]
        plain = (owner, listed, "s2", None, LIMIT, None, None, False, False, False, LIMIT)
        supplied = (owner, listed, "s2", owner, LIMIT, None, None, False, False, False, LIMIT)
        sought = (owner, listed, "", None, SEARCHED_MAX, "%x%", None, False, False, False, LIMIT)
        short = (owner, listed, "", None, SEARCHED_MAX, None, None, True, False, False, LIMIT)
        shared = (owner, listed, "", None, SEARCHED_MAX, None, None, False, True, False, LIMIT)
        cases: list[tuple[str, Sequence[object], int]] = [
            (sql, plain, PLAIN_MAX),
            (sql, supplied, PLAIN_MAX),
            (sql, sought, SEARCH_MAX),
            (sql, short, SEARCH_MAX),
            (sql, shared, SEARCH_MAX),
            (store.SQL["list_figures_then"], (owner, owner, owner, days), 56 * 17 * 5),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for statement, values, most in cases:
                    buffers, plan = await buffers_of(connection, statement, values)
                    assert buffers <= most, plan
