"""Examines an installation and each invariant of its database, and rebuilds what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from entrepot.app.services import pool_over, refuse_old_schema
from entrepot.connectors.feed import examine_feed
from entrepot.identity import check_identity
from entrepot.infra.checks import Broken, Watch, check_ground
from entrepot.infra.condition import (
    Finding,
    examine_disk,
    examine_ground_lag,
    examine_server,
    judge_invariant,
)
from entrepot.infra.ids import new_id
from entrepot.infra.logging import open_log
from entrepot.infra.migrate import MigrationRefusal, pending
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.postgres import places_for, running_database
from entrepot.infra.queue import examine_queue
from entrepot.infra.rehearsing import rehearsing
from entrepot.infra.settings import Settings
from entrepot.infra.statements import Statement
from entrepot.infra.writing import Happening
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.orders import check_orders, examine_lag, rebuild_orders, rebuild_windows
from entrepot.partnerships import check_partnerships
from entrepot.sales_sessions import check_sales_sessions
from entrepot.settlement import check_settlements
from entrepot.stock import check_ledger, rebuild_figures

Progress: TypeAlias = Callable[[str], None]
"""Is told the name of what is done next, such as an invariant."""

REPAIRS_SHOWN_MAX = 100


class Repairs(msgspec.Struct, frozen=True):
    """What was rebuilt: how many places, the first 100 of them, and how things stand afterwards."""

    count: int
    happened: tuple[Happening, ...]
    findings: tuple[Finding, ...]


async def examine(settings: Settings, progress: Progress) -> list[Finding]:
    """Examine the installation and every invariant of its database; nothing is changed.

    Raises DatabaseUnreachable. A schema that is not this release's is examined no further.
    """
    async with running_database(settings, open_log(settings.log_format, "warning")) as dsn:
        progress("installation")
        async with pool_over(dsn, settings) as pool, pool.acquire() as connection:
            findings = await examine_server(connection, settings.pool_size)
            if settings.database_url is None:
                findings.append(examine_disk(places_for(settings.data_dir).data))
            schema = await _examine_schema(dsn)
            findings.append(schema)
            if schema.state == "ok":
                findings += await examine_ground_lag(connection)
                findings += await examine_feed(connection)
                findings += await examine_queue(connection)
                findings += await examine_lag(connection)
                findings += await examine_invariants(connection, progress)
            return findings


async def repair(settings: Settings, progress: Progress, *, rehearsal: bool) -> Repairs:
    """Rebuild what can be derived and examine every invariant again; a rehearsal undoes it.

    Each chunk is one transaction, with the audit of what it did. Refuses with MigrationRefusal a
    database whose schema is not this release's.
    """
    async with running_database(settings, open_log(settings.log_format, "warning")) as dsn:
        await refuse_old_schema(dsn)
        async with rehearsing(dsn, settings) if rehearsal else pool_over(dsn, settings) as pool:
            count, happened = await repair_database(pool, progress)
            async with pool.acquire() as connection:
                findings = await examine_invariants(connection, progress)
    return Repairs(count, tuple(happened), tuple(findings))


async def repair_database(pool: Pool, progress: Progress) -> tuple[int, list[Happening]]:
    """Rebuild what can be derived, figures first; return how many places, and the first 100."""
    count, shown = 0, list[Happening]()
    position: PositionKey | None = None
    order: tuple[Id, Id] | None = None
    product: tuple[Id, Id, Id] | None = None
    progress("figures")
    while True:
        happened, position = await rebuild_figures(pool, new_id, position)
        count, shown = count + len(happened), [*shown, *happened][:REPAIRS_SHOWN_MAX]
        if position is None:
            break
    progress("orders")
    while True:
        happened, order = await rebuild_orders(pool, new_id, order)
        count, shown = count + len(happened), [*shown, *happened][:REPAIRS_SHOWN_MAX]
        if order is None:
            break
    progress("sales sessions")
    while True:
        happened, product = await rebuild_windows(pool, new_id, product)
        count, shown = count + len(happened), [*shown, *happened][:REPAIRS_SHOWN_MAX]
        if product is None:
            return count, shown


async def examine_invariants(connection: Connection, progress: Progress) -> list[Finding]:
    """Check every invariant; each is a finding, with the places where it is broken."""
    checks: list[Statement] = []

    def watch(check: Statement) -> None:
        checks.append(check)
        progress(check.name)

    places: dict[str, list[Broken]] = {}
    for each in await examine_database(connection, watch):
        places.setdefault(each.invariant, []).append(each)
    return [judge_invariant(check, places.get(check.name, [])) for check in checks]


async def examine_database(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check every invariant over a connection, on the ground first and upwards."""
    return [
        *await check_ground(connection, watch),
        *await check_identity(connection, watch),
        *await check_partnerships(connection, watch),
        *await check_ledger(connection, watch),
        *await check_orders(connection, watch),
        *await check_sales_sessions(connection, watch),
        *await check_settlements(connection, watch),
    ]


async def _examine_schema(dsn: str) -> Finding:
    """Compare the database's migrations with those of this release."""
    name = "schema_is_current"
    try:
        lacking = await pending(dsn)
    except MigrationRefusal as refused:
        return Finding(name, "broken", str(refused), "Run the release that the database is of.")
    if not lacking:
        return Finding(name, "ok", "The schema is that of this release.")
    says = f"The database lacks the migrations {', '.join(lacking)}."
    return Finding(name, "broken", says, "Run `entrepot migrate`.", {"pending": len(lacking)})
