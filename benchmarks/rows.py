"""Asks the database itself which rows one order writes, on either side, and demands the same.

A floor that wrote less than Entrepot would be no floor, one that wrote more would flatter. Tables,
index entries, and the size of rows are compared; updates only where orders come one by one, since
a batch changes a position once for all of its orders.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from typing import Final

import asyncpg
import msgspec

from benchmarks.cells import CELLS, Cell
from benchmarks.engine import Bench, Database
from benchmarks.measure import Window, run_load
from benchmarks.world import SQL

TRANSACTIONS: Final = 60
SIZE_TOLERANCE: Final = 0.03
POLL_SECONDS: Final = 0.05
POLLS_MAX: Final = 200
SIDES: Final[Mapping[str, str]] = {
    "Entrepot, one by one": "intake-1",
    "A, statements": "a-statements-8",
    "A, one statement": "a-one-8",
    "B": "b-1",
}
HOT_SIDES: Final[Mapping[str, str]] = {
    "Entrepot, one by one, one product": "intake-hot-64",
    "A, one product, statements": "a-hot-statements-8",
    "A, one product, one statement": "a-hot-one-8",
}


class Written(msgspec.Struct, frozen=True):
    """What one order wrote, by table."""

    inserted: dict[str, float]
    updated: dict[str, float]
    deleted: dict[str, float]
    index_entries: float
    sizes: dict[str, float]
    """The mean size of a table's new rows, in bytes."""
    log_bytes: float
    """What it added to the write-ahead log."""


class RowsError(Exception):
    """The sides do not write the same rows: the message says where."""


async def compare_rows(bench: Bench) -> dict[str, Written]:
    """Count what every side writes for one order. Raises RowsError when they differ."""
    found: dict[str, Written] = {}
    for sides in (SIDES, HOT_SIDES):
        written = {title: await _count(bench, CELLS[name]) for title, name in sides.items()}
        ours, *others = written.items()
        for title, theirs in others:
            _demand_same(ours[1], theirs, title, one_by_one=title != "B")
        found |= written
    return found


async def _count(bench: Bench, cell: Cell) -> Written:
    """Let a cell's load run alone for a moment, one caller, and see what changed."""
    database = await bench.copy_world()
    before = await _read(database)
    if cell.kind == "pgbench":
        command = bench.pgbench(
            database.name, cell.script, f"--transactions={TRANSACTIONS}", "--random-seed=3"
        )
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        orders = TRANSACTIONS * cell.orders
    else:
        alone = msgspec.structs.replace(cell, callers=1)
        _, _, done = await run_load(
            bench, database, alone, Window(warm_up=0.2, counted=0.5), seed=3
        )
        orders = done.orders
    after = await _read(database)
    connection = await database.connect()
    try:
        sizes = await _sizes(connection)
    finally:
        await connection.close()
    return Written(
        _change(before.inserted, after.inserted, orders),
        _change(before.updated, after.updated, orders),
        _change(before.deleted, after.deleted, orders),
        (after.index_entries - before.index_entries) / orders,
        sizes,
        (after.log_bytes - before.log_bytes) / orders,
    )


async def _read(database: Database) -> Written:
    """Read the server's counters, once every other connection has handed in its own."""
    connection = await database.connect()
    try:
        for _ in range(POLLS_MAX):
            if not await connection.fetchval(SQL["count_others"]):
                break
            await asyncio.sleep(POLL_SECONDS)
        await connection.execute(SQL["flush_counters"])
        rows = await connection.fetch(SQL["read_writes"])
        entries = 0
        for index in await connection.fetch(SQL["list_indexes"]):
            # Names and conditions come from the catalogue of a database made for this run.
            query = f"SELECT count(*) FROM {index['on_table']} WHERE {index['condition']}"  # noqa: S608 - as just said
            entries += await connection.fetchval(query)
        log_bytes = float(await connection.fetchval(SQL["log_position"]))
    finally:
        await connection.close()
    return Written(
        {row["name"]: row["inserted"] for row in rows},
        {row["name"]: row["updated"] for row in rows},
        {row["name"]: row["deleted"] for row in rows},
        entries,
        {},
        log_bytes,
    )


async def _sizes(connection: asyncpg.Connection[asyncpg.Record]) -> dict[str, float]:
    return {row["name"]: float(row["bytes"]) for row in await connection.fetch(SQL["row_sizes"])}


def _change(before: dict[str, float], after: dict[str, float], orders: int) -> dict[str, float]:
    per_order = {name: (count - before.get(name, 0)) / orders for name, count in after.items()}
    return {name: round(count, 3) for name, count in per_order.items() if count}


def _demand_same(ours: Written, theirs: Written, title: str, *, one_by_one: bool) -> None:
    if ours.inserted != theirs.inserted or ours.deleted != theirs.deleted:
        raise RowsError(f"{title} inserts {theirs.inserted}, but Entrepot {ours.inserted}")
    if one_by_one and ours.updated != theirs.updated:
        raise RowsError(f"{title} updates {theirs.updated}, but Entrepot {ours.updated}")
    if ours.index_entries != theirs.index_entries:
        raise RowsError(
            f"{title} makes {theirs.index_entries} index entries, but Entrepot {ours.index_entries}"
        )
    for table, size in ours.sizes.items():
        if abs(theirs.sizes[table] - size) > SIZE_TOLERANCE * size:
            raise RowsError(f"{title}: a row of {table} has {theirs.sizes[table]}, ours {size}")
