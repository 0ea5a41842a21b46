"""What consignment costs: the queue behind a receipt, availability over many partners, a week.

Statements and pages are counted, never time; `python -m benchmarks` measures that. A quick run has
fewer who wait, and looks as much less far at once, so that it takes as many looks.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from benchmarks.consignment import FLOORS, THE_DRIVERS, pages_of
from benchmarks.street import find_goods, let_move, let_wait, open_street, stock_goods
from entrepot.app import open_desk
from entrepot.infra.deciding import deciding
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.orders import Accepted, ReceiveStock, StockLine, receive_stock, recheck_waiting
from entrepot.orders.actions import run_batch
from entrepot.orders.store import Reach
from entrepot.orders.store.waiting import SQL
from entrepot.settlement import close_weeks, write_settlements
from entrepot.stock import Availability, find_availability
from entrepot.stock.store import availability
from tests.factories.callers import caller_for

pytestmark = pytest.mark.fresh_database("pages and statements are counted")

LOG = logging.getLogger(__name__)
"""Where the figures go; `--log-cli-level=info` shows them."""
WAITING_FULL, WAITING_QUICK = 100_000, 1_200
SHOPS_FULL, SHOPS_QUICK = 100, 6
LONG_LOOK_QUICK, SHORT_LOOK_QUICK = Reach(300, 300), Reach(12, 3)
STATEMENTS_MAX = 100
"""One for each 1,000 that wait, when 100,000 do."""
PAGES_MAX = 12
"""For each order that is looked at: its lines, what it is paid with, its place in the queue."""
WEEK_STATEMENTS_MAX = 30
PARTNERS = 200
PAGES_RATIO_MAX = 2


@pytest.fixture
async def lone(database: str, settings: Settings) -> AsyncIterator[Pool]:
    """A pool of one connection, so that one session's statements are all."""
    opened = await open_pool(database, msgspec.structs.replace(settings, pool_size=1))
    yield opened
    await opened.close()


@pytest.fixture
async def sent(lone: Pool) -> list[str]:
    """The statements that were sent since, but for those of the driver's own."""
    noted: list[str] = []

    def note(query: Any) -> None:  # noqa: ANN401 - the driver ships no types
        if not any(words in query.query for words in THE_DRIVERS):
            noted.append(query.query)

    async with lone.acquire() as connection:
        connection.add_query_logger(note)
    return noted


@pytest.fixture
async def queue(
    lone: Pool,
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
    monkeypatch: pytest.MonkeyPatch,
) -> int:
    """Orders of many shops that wait for two products of one wholesaler; how many."""
    waiting, shops = WAITING_FULL, SHOPS_FULL
    if not full_size:
        waiting, shops = WAITING_QUICK, SHOPS_QUICK
        monkeypatch.setattr(run_batch, "LONG_LOOK", LONG_LOOK_QUICK)
        monkeypatch.setattr(run_batch, "SHORT_LOOK", SHORT_LOOK_QUICK)
    async with lone.acquire() as connection:
        await open_street(connection, 1, shops, 2)
        await let_wait(connection, waiting, shops)
    return waiting


async def analyse(database: str) -> None:
    """Let the planner know the tables as they are."""
    connection = await asyncpg.connect(database)
    await connection.execute("ANALYZE")
    await connection.close()


async def receive(pool: Pool, settings: Settings, units: int) -> int:
    """Let goods arrive that all wait for, decide those, and say how many could go."""
    async with pool.acquire() as connection:
        arrived = await find_goods(connection, "wholesaler-0", "G-0")
    desk = open_desk(pool, settings)
    desk.intake.start()
    command = ReceiveStock((StockLine(arrived.variant, Decimal(units)),))
    answer = await receive_stock(desk, caller_for(arrived.owner), command, "arrived")
    assert isinstance(answer, Accepted), answer
    while await recheck_waiting(desk):
        pass
    await desk.intake.close()
    async with pool.acquire() as connection:
        released: int = await connection.fetchval(
            "SELECT count(*) FROM orders WHERE status = 'complete'"
        )
    return released


async def test_a_receipt_that_serves_nobody_takes_few_statements(
    lone: Pool, settings: Settings, queue: int, sent: list[str]
) -> None:
    assert await receive(lone, settings, queue) == 0
    LOG.info("%s statements for %s that wait", len(sent), queue)
    assert len(sent) <= STATEMENTS_MAX


async def test_whom_a_receipt_serves_deep_in_the_queue_is_found(
    lone: Pool, settings: Settings, queue: int, sent: list[str]
) -> None:
    """Two that miss nothing else: one farther than a short look goes, one farther than a long."""
    async with lone.acquire() as connection:
        places = await connection.fetch(
            "SELECT organisation, order_id FROM waiting_lines WHERE line_no = 1 ORDER BY place"
        )
        chosen = [places[queue // 5], places[queue // 2]]
        for organisation, order in chosen:
            await connection.execute(
                "DELETE FROM waiting_lines"
                " WHERE organisation = $1 AND order_id = $2 AND line_no = 2",
                organisation,
                order,
            )
            await connection.execute(
                "DELETE FROM order_lines WHERE organisation = $1 AND order_id = $2 AND line_no = 2",
                organisation,
                order,
            )
    sent.clear()
    assert await receive(lone, settings, queue) == len(chosen)
    LOG.info("%s statements for %s that wait", len(sent), queue)
    assert len(sent) <= 2 * STATEMENTS_MAX


class Plan(msgspec.Struct):
    """What became of one statement."""

    pages: int
    compared: int
    """Pairs of rows that a join tried and dropped."""


def read_plan(node: dict[str, Any]) -> Plan:
    """Sum up a plan."""
    compared = node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"]
    compared += sum(read_plan(each).compared for each in node.get("Plans", ()))
    return Plan(node["Shared Hit Blocks"] + node["Shared Read Blocks"], round(compared))


@pytest.mark.parametrize("servable", [False, True], ids=["nobody", "everybody"])
@pytest.mark.parametrize("analysed", [False, True], ids=["never analysed", "analysed"])
async def test_a_look_costs_the_same_for_each(
    servable: bool,  # noqa: FBT001 - a parameter is given by name
    analysed: bool,  # noqa: FBT001 - a parameter is given by name
    lone: Pool,
    database: str,
    queue: int,
) -> None:
    """Whatever was known of the tables when the look was planned, and however many it finds."""
    if analysed:
        await analyse(database)
    async with lone.acquire() as connection:
        if servable:
            await stock_goods(connection, "wholesaler", ["G-1"], 2 * queue)
        owner, variant = await find_goods(connection, "wholesaler-0", "G-0")
        reach = run_batch.LONG_LOOK
        values: tuple[Any, ...] = ([owner], [variant], f"{{{2 * queue}}}", [], [], 200, *reach)
        async with deciding(connection):
            await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL['read_candidates']}"
            (explained,) = msgspec.json.decode(await connection.fetchval(explain, *values))
            found = await connection.fetch(SQL["read_candidates"], *values)
    assert len([row for row in found if row["order_id"]]) == (200 if servable else 0)
    plan = read_plan(explained["Plan"])
    LOG.info("%s pages, %s rows compared for %s looked at", plan.pages, plan.compared, reach.rows)
    assert plan.pages <= PAGES_MAX * reach.rows
    assert plan.compared <= queue


async def test_availability_over_many_partners_is_one_query(
    lone: Pool, database: str, sent: list[str]
) -> None:
    async with lone.acquire() as connection:
        await open_street(connection, PARTNERS, 1, 10)
        await stock_goods(connection, "wholesaler", ["G-0"], 25)
        owner, variant = await find_goods(connection, "shop-0", "G-0")
    await analyse(database)
    sent.clear()

    shown = await find_availability(lone, caller_for(owner), variant)

    assert isinstance(shown, Availability), shown
    assert shown.available_to_promise == str(25 * PARTNERS)
    assert len(shown.partners) == PARTNERS
    assert len(sent) == 1, sent
    async with lone.acquire() as connection:
        ours, floor = await _pages(connection, owner, variant)
    LOG.info("%s pages, plain SQL %s", ours, floor)
    assert ours <= PAGES_RATIO_MAX * floor


async def _pages(connection: Connection, owner: str, variant: str) -> tuple[int, int]:
    view = availability.SQL["list_availability"]
    return (
        await pages_of(connection, view, owner, variant, variant, None, 2),
        await pages_of(connection, FLOORS["availability"], owner, variant),
    )


@pytest.mark.damages_database  # transfers without their legs, which no document reads
async def test_closing_a_week_takes_few_statements_however_much_moved(
    lone: Pool,
    sent: list[str],
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
) -> None:
    transfers = 200_000 if full_size else 2_000
    async with lone.acquire() as connection:
        await open_street(connection, 1, 1, 50)
        await let_move(connection, transfers)
        row = await connection.fetchrow("SELECT wholesaler, id FROM partnerships")
    assert row is not None
    sent.clear()

    caller, partnership = caller_for(row["wholesaler"]), row["id"]
    closed = await close_weeks(lone, new_id, caller, partnership)
    assert isinstance(closed, Written), closed
    written = await write_settlements(lone, new_id, caller, partnership)
    assert isinstance(written, list), written
    LOG.info("%s statements for %s transfers", len(sent), transfers)
    assert len(sent) <= WEEK_STATEMENTS_MAX, "\n".join(sent)

    async with lone.acquire() as connection:
        counted = await connection.fetch(
            "SELECT sum(transfers)::bigint, count(*) FROM settlement_lines GROUP BY organisation"
        )
    # Each product was sold at two prices.
    assert [tuple(each) for each in counted] == [(transfers, 100)] * 2
