"""Consignment beside plain SQL: a receipt that many wait for, availability, a week's settlement.

Each is done by Entrepot's own actions and views in this process, on a fresh copy of its database,
next to one hand-written statement (`floors/consignment.sql`) in the same round.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

import msgspec

from benchmarks.engine import Bench, Database
from benchmarks.meter import Meter
from benchmarks.street import (
    find_goods,
    let_move,
    let_wait,
    open_street,
    stock_goods,
    tidy_up,
)
from entrepot.app import open_desk
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool, open_pool
from entrepot.infra.statements import load_statements
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.orders import Accepted, ReceiveStock, StockLine, receive_stock, recheck_waiting
from entrepot.settlement import close_weeks, write_settlements
from entrepot.stock import Availability, find_availability
from entrepot.stock.store import availability

FLOORS: Final = load_statements("benchmarks", "floors/consignment.sql")
SCOPES: Final = frozenset(scope.value for scope in Scope)
ARRIVED: Final = 1_000
"""Units that a receipt brings: so many of those that wait can be served, if anybody can."""
SETTLED_GOODS: Final = 1_000
MEMORY_MAX: Final = 50.0
THE_DRIVERS: Final = ("typeinfo_tree", "current_setting('jit')")
"""What statements hold that the driver asks once a connection, for each type it has not met."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is of everything."""

    waiting: int = 100_000
    shops: int = 100
    partners: int = 200
    transfers: int = 1_000_000


FULL: Final = Size()
QUICK: Final = Size(waiting=30_000, shops=30, transfers=100_000)


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, what it is held against, and what it may be at most; None where nothing is said."""

    title: str
    against: str
    bound: float | None = None


PROMISES: Final = {
    "waiting-time": Promise(
        title="a receipt, nobody can be served: time", against="scan of the queue", bound=3
    ),
    "waiting-cpu": Promise(
        title="a receipt, nobody can be served: CPU", against="scan of the queue", bound=3
    ),
    "waiting-statements": Promise(
        title="a receipt, nobody can be served: statements", against="1,000 that wait", bound=1
    ),
    "waiting-memory": Promise(
        title="a receipt, nobody can be served: memory", against="MB more", bound=MEMORY_MAX
    ),
    "served-cpu": Promise(
        title=f"a receipt, {ARRIVED:,} are served: CPU of each", against="milliseconds"
    ),
    "served-statements": Promise(
        title=f"a receipt, {ARRIVED:,} are served: statements", against="1,000 served"
    ),
    "served-memory": Promise(
        title=f"a receipt, {ARRIVED:,} are served: memory", against="MB more", bound=MEMORY_MAX
    ),
    "availability-queries": Promise(
        title="availability of a product: queries", against="one", bound=1
    ),
    "availability-pages": Promise(
        title="availability of a product: pages", against="plain SQL", bound=2
    ),
    "week-time": Promise(title="a week closed: time", against="aggregation", bound=3),
    "week-cpu": Promise(title="a week closed: CPU", against="aggregation", bound=3),
    "week-memory": Promise(title="a week closed: memory", against="MB more", bound=MEMORY_MAX),
}

Figures = dict[str, float]
"""What one round found, by the name of a promise."""


class Street:
    """A database that is filled once and copied for every round."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench = bench
        self.name = name

    async def open(self, fill: Callable[[Connection], Awaitable[object]]) -> None:
        """Make the database, with every table, and fill it."""
        database = await self.bench.make_database(self.name)
        connection = await database.connect()
        await fill(connection)
        await tidy_up(connection)
        await connection.close()

    @asynccontextmanager
    async def copied(self) -> AsyncIterator[tuple[Pool, Connection, list[str]]]:
        """A fresh copy: a pool of one connection, one for the harness, and a note of statements.

        The note has every statement that the pool's connection sent since.
        """
        database: Database = await self.bench.copy_world(self.name)
        settings = msgspec.structs.replace(self.bench.settings, pool_size=1)
        pool = await open_pool(database.dsn, settings)
        sent: list[str] = []

        def note(query: Any) -> None:  # noqa: ANN401 - the driver ships no types
            if not any(words in query.query for words in THE_DRIVERS):
                sent.append(query.query)

        async with pool.acquire() as connection:
            connection.add_query_logger(note)
        beside = await open_pool(database.dsn, settings)
        try:
            async with beside.acquire() as harness:
                yield pool, harness, sent
        finally:
            await beside.close()
            await pool.close()


async def measure_waiting(street: Street, *, served: bool) -> Figures:
    """Let goods arrive that everybody waits for, with what else they wait for there or not."""
    async with street.copied() as (pool, harness, sent):
        meter = Meter(street.bench.places)
        arrived = await find_goods(harness, "wholesaler-0", "G-0")
        waiting: int = await harness.fetchval("SELECT count(*) FROM orders")
        floor = await meter.cost(lambda: harness.fetch(FLOORS["scan_waiting"]))
        if served:
            await stock_goods(harness, "wholesaler", ["G-1"], 2 * waiting)
        caller = Caller(arrived.owner, SCOPES)
        line = StockLine(arrived.variant, Decimal(ARRIVED if served else 2 * waiting))

        async def receive() -> None:
            desk = open_desk(pool, street.bench.settings)
            desk.intake.start()
            answer = await receive_stock(desk, caller, ReceiveStock((line,)), "arrived")
            assert isinstance(answer, Accepted), answer
            while await recheck_waiting(desk):
                pass
            await desk.intake.close()

        ours = await meter.cost(receive)
        released: int = await harness.fetchval(
            "SELECT count(*) FROM orders WHERE status = 'complete'"
        )
    assert released == (min(ARRIVED, waiting) if served else 0), released
    if served:
        return {
            "served-cpu": 1_000 * ours.cpu / released,
            "served-statements": 1_000 * len(sent) / released,
            "served-memory": ours.grown,
        }
    return {
        "waiting-time": ours.wall / floor.wall,
        "waiting-cpu": ours.cpu / floor.cpu,
        "waiting-statements": 1_000 * len(sent) / waiting,
        "waiting-memory": ours.grown,
    }


async def measure_availability(street: Street) -> Figures:
    """Ask what a shop can promise of goods that many wholesalers share with it."""
    async with street.copied() as (pool, harness, sent):
        goods = await find_goods(harness, "shop-0", "G-0")
        shown = await find_availability(pool, Caller(goods.owner, SCOPES), goods.variant)
        assert isinstance(shown, Availability), shown
        queries = len(sent)
        view = availability.SQL["list_availability"]
        asked = (goods.owner, goods.variant, goods.variant, None, 2)
        ours = await pages_of(harness, view, *asked)
        floor = await pages_of(harness, FLOORS["availability"], goods.owner, goods.variant)
        row = await harness.fetchrow(FLOORS["availability"], goods.owner, goods.variant)
    assert row is not None, "the floor sums, so it has a row"
    assert Decimal(shown.available_to_promise or 0) == row["own"] + row["offered"], shown
    return {"availability-queries": queries, "availability-pages": ours / floor}


async def pages_of(connection: Connection, sql: str, *values: object) -> int:
    """How many pages a statement touches once its plan is made."""
    explained = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", *values)
    run = "\n".join(row[0] for row in explained).split("Planning:")[0]
    touched = re.search(r"Buffers: shared((?: \w+=\d+)+)", run)
    assert touched is not None, "whatever reads a table touches a page"
    return sum(int(count) for count in re.findall(r"(?:hit|read)=(\d+)", touched[1]))


async def measure_week(street: Street) -> Figures:
    """Close a week and write its documents."""
    async with street.copied() as (pool, harness, _):
        meter = Meter(street.bench.places)
        row = await harness.fetchrow(
            "SELECT wholesaler, id, closed_through + 7, (SELECT count(*) FROM transfers)"
            " FROM partnerships"
        )
        assert row is not None, "the street has one partnership"
        wholesaler, partnership, week, transfers = row
        # A statement that makes a table takes no parameters; these are our own.
        aggregate = FLOORS["aggregate_week"].format(
            wholesaler=wholesaler, partnership=partnership, week=week
        )
        floor = await meter.cost(lambda: harness.execute(aggregate))
        moved: int = await harness.fetchval("SELECT sum(transfers)::bigint FROM aggregated")
        caller = Caller(wholesaler, SCOPES)

        async def settle() -> None:
            closed = await close_weeks(pool, new_id, caller, partnership)
            assert isinstance(closed, Written), closed
            written = await write_settlements(pool, new_id, caller, partnership)
            assert isinstance(written, list), written
            assert len(written) == 1, written

        ours = await meter.cost(settle)
        lines: int = await harness.fetchval(
            "SELECT sum(transfers)::bigint FROM settlement_lines WHERE organisation = $1",
            wholesaler,
        )
    assert lines == moved == transfers, "both counted every transfer"
    return {
        "week-time": ours.wall / floor.wall,
        "week-cpu": ours.cpu / floor.cpu,
        "week-memory": ours.grown,
    }


async def measure_consignment(bench: Bench, size: Size, rounds: int) -> dict[str, list[float]]:
    """Measure everything so many times; the figures of each promise, round by round."""
    waiting, many, moved = [Street(bench, name) for name in ("waiting", "many", "moved")]

    async def wait(connection: Connection) -> None:
        await open_street(connection, 1, size.shops, 2)
        await let_wait(connection, size.waiting, size.shops)

    async def share(connection: Connection) -> None:
        await open_street(connection, size.partners, 1, 10)
        await stock_goods(connection, "wholesaler", ["G-0"], 25)

    async def move(connection: Connection) -> None:
        await open_street(connection, 1, 1, SETTLED_GOODS)
        await let_move(connection, size.transfers)

    await waiting.open(wait)
    await many.open(share)
    await moved.open(move)
    found: dict[str, list[float]] = {name: [] for name in PROMISES}
    for _ in range(rounds):
        for figures in (
            await measure_waiting(waiting, served=False),
            await measure_waiting(waiting, served=True),
            await measure_availability(many),
            await measure_week(moved),
        ):
            for name, figure in figures.items():
                found[name].append(figure)
    return found
