"""The condition of an installation: what an operator should know beside the invariants.

Reading and judging are apart: `read_condition` asks the database once, the `judge_...` functions
turn what it said into findings and do no I/O.
"""

from __future__ import annotations

import shutil
import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import asyncpg
import msgspec

from entrepot.infra.checks import BROKEN_MAX, Broken, Plain
from entrepot.infra.clock import utc_now
from entrepot.infra.ground import KEYS_KEPT
from entrepot.infra.pool import Connection
from entrepot.infra.statements import Statement, load_statements

SQL = load_statements("entrepot.infra", "condition.sql")

State: TypeAlias = Literal["ok", "warning", "broken"]

TIME_ZONE: Final = "Europe/Amsterdam"
VERSION_TRIED: Final = 18
CLOCK_MAX_SECONDS: Final = 2.0
CONNECTIONS_SHARE_MAX: Final = 0.8
EVENTS_LATE_MAX_SECONDS: Final = 60
TRANSACTION_AGE_MAX: Final = 1_000_000_000
"""Half of the way to where PostgreSQL stops taking writes; vacuuming should have been there."""
DISK_LOW_BYTES: Final = 2 * 1024**3
DISK_FULL_BYTES: Final = 256 * 1024**2


class Finding(msgspec.Struct, frozen=True):
    """What one check found: its state, a sentence, and what to do unless all is well."""

    check: str
    state: State
    says: str
    do: str = ""
    facts: Mapping[str, Plain] = {}
    places: tuple[Broken, ...] = ()
    """Where an invariant is broken, at most 100 places."""
    kind: Literal["installation", "invariant"] = "installation"


class Condition(NamedTuple):
    """What a server says of itself."""

    version: str
    version_number: int
    at: datetime
    connections_max: int
    connections_used: int
    connections_here: int
    fsync: str
    full_page_writes: str
    synchronous_commit: str
    autovacuum: str
    oldest_transaction_age: int


class DeadRows(NamedTuple):
    """A table with many dead rows."""

    name: str
    dead: int
    live: int
    vacuumed_at: datetime | None


async def examine_server(connection: Connection, pool_size: int) -> list[Finding]:
    """Look at the server: release, connections, clock, time zones, settings, vacuuming."""
    before = utc_now()
    row = await connection.fetchrow(SQL["read_condition"])
    after = utc_now()
    assert row is not None, "a server always has a condition"
    condition = Condition(*row)
    dead = [DeadRows(*each) for each in await connection.fetch(SQL["read_dead_rows"])]
    return [
        judge_release(condition),
        judge_connections(condition, pool_size),
        judge_clock(condition.at, before, after),
        judge_time_zones(
            in_database=await _database_knows_time_zones(connection), here=_knows_time_zones()
        ),
        judge_durability(condition),
        judge_vacuuming(condition, dead),
    ]


async def examine_ground_lag(connection: Connection) -> list[Finding]:
    """Look at what waits in the outbox, and at how old the oldest key is."""
    row = await connection.fetchrow(SQL["read_ground_lag"])
    assert row is not None, "an aggregate always has a row"
    return [judge_outbox(row[0], row[1]), judge_keys(row[2])]


def judge_outbox(unnumbered: int, oldest_seconds: int) -> Finding:
    """Say whether events get their numbers in time; nobody is told of those that have none."""
    facts = {"unnumbered": unnumbered, "oldest_seconds": oldest_seconds}
    if oldest_seconds <= EVENTS_LATE_MAX_SECONDS:
        says = f"{unnumbered} events in the outbox have no number yet."
        return Finding("outbox", "ok", says, facts=facts)
    return Finding(
        "outbox",
        "warning",
        f"{unnumbered} events have no number yet, the oldest for {oldest_seconds} seconds; "
        "shops and followers have not heard of them.",
        "Let a worker run: `entrepot serve` or `entrepot work`.",
        facts,
    )


def judge_release(condition: Condition) -> Finding:
    """Say which release of PostgreSQL answers, and whether Entrepot has been tried on it."""
    facts = {"version": condition.version}
    if condition.version_number // 10_000 >= VERSION_TRIED:
        return Finding("database", "ok", f"PostgreSQL {condition.version} answers.", facts=facts)
    return Finding(
        "database",
        "warning",
        f"PostgreSQL {condition.version} answers; Entrepot is tried on {VERSION_TRIED}.",
        f"Move to PostgreSQL {VERSION_TRIED} when you can.",
        facts,
    )


def judge_connections(condition: Condition, pool_size: int) -> Finding:
    """Say how many connections are used, and whether another process like this one has room."""
    most, used = condition.connections_max, condition.connections_used
    facts = {
        "used": used,
        "here": condition.connections_here,
        "max": most,
        "pool_size": pool_size,
    }
    says = (
        f"{used} of {most} connections are used, {condition.connections_here} of them by this "
        f"database; each process opens at most {pool_size}."
    )
    if used <= most * CONNECTIONS_SHARE_MAX and pool_size <= most * CONNECTIONS_SHARE_MAX:
        return Finding("connections", "ok", says, facts=facts)
    do = "Raise max_connections, lower ENTREPOT_POOL_SIZE, or put a pooler in between."
    return Finding("connections", "warning", says, do, facts)


def judge_clock(at: datetime, before: datetime, after: datetime) -> Finding:
    """Compare the database's time with this machine's just before and after it was read."""
    behind, ahead = (before - at).total_seconds(), (at - after).total_seconds()
    apart = max(behind, ahead, 0.0)
    facts = {"seconds": round(apart, 3)}
    if apart <= CLOCK_MAX_SECONDS:
        says = f"This machine's clock and the database's are within {CLOCK_MAX_SECONDS:g} seconds."
        return Finding("clock", "ok", says, facts=facts)
    return Finding(
        "clock",
        "warning",
        f"The database's clock is {apart:.1f} seconds {'behind' if behind > ahead else 'ahead'}.",
        "Let both machines keep time by NTP. Entrepot decides by the database's clock alone.",
        facts,
    )


def judge_time_zones(*, in_database: bool, here: bool) -> Finding:
    """Say whether weeks and days can be reckoned where organisations are."""
    if in_database and here:
        return Finding("time_zones", "ok", "Time zones are known here and in the database.")
    lacks = " and ".join(
        each for each, known in (("This machine", here), ("the database", in_database)) if not known
    )
    return Finding(
        "time_zones",
        "broken",
        f"{lacks[0].upper()}{lacks[1:]} has no time zone {TIME_ZONE}.",
        "Install the system's time zone data (the package tzdata).",
        {"here": here, "in_database": in_database},
    )


def judge_durability(condition: Condition) -> Finding:
    """Say whether what was answered survives a crash of the server."""
    settings = {
        "fsync": condition.fsync,
        "full_page_writes": condition.full_page_writes,
        "synchronous_commit": condition.synchronous_commit,
    }
    off = [name for name, value in settings.items() if value == "off"]
    if not off:
        return Finding("durability", "ok", "What is committed survives a crash.", facts=settings)
    return Finding(
        "durability",
        "broken",
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: a crash loses orders that "
        "were accepted.",
        "Switch it on in the server's configuration, and reload or restart it.",
        settings,
    )


def judge_vacuuming(condition: Condition, dead: list[DeadRows]) -> Finding:
    """Say whether the database clears away what it no longer needs."""
    facts: dict[str, Plain] = {
        "autovacuum": condition.autovacuum,
        "oldest_transaction_age": condition.oldest_transaction_age,
        **{f"dead_in_{each.name}": each.dead for each in dead},
    }
    if condition.autovacuum == "off":
        says = "autovacuum is off: tables and indexes grow without end."
        do = "Switch it on in the server's configuration, and reload it."
        return Finding("vacuuming", "warning", says, do, facts)
    if condition.oldest_transaction_age > TRANSACTION_AGE_MAX:
        says = (
            f"The oldest row is {condition.oldest_transaction_age} transactions old; past two "
            "thousand million the database takes no more writes."
        )
        do = "End transactions that are left open, and run VACUUM FREEZE."
        return Finding("vacuuming", "warning", says, do, facts)
    if dead:
        names = ", ".join(each.name for each in dead)
        says = f"More rows are dead than alive in {names}."
        do = "Look for a transaction that is left open; vacuuming waits for it."
        return Finding("vacuuming", "warning", says, do, facts)
    return Finding("vacuuming", "ok", "Dead rows are cleared away.", facts=facts)


def judge_keys(oldest_seconds: int | None) -> Finding:
    """Say whether keys that are no longer remembered are cleared away."""
    facts = {"oldest_seconds": oldest_seconds}
    late = timedelta(seconds=oldest_seconds or 0) - KEYS_KEPT
    if late <= timedelta(days=1):
        return Finding("keys", "ok", "No idempotency key is older than it may be.", facts=facts)
    return Finding(
        "keys",
        "warning",
        f"There are idempotency keys {late.days} days older than they may be.",
        "Let a worker run (`entrepot serve` or `entrepot work`); it clears them away.",
        facts,
    )


def examine_disk(directory: Path) -> Finding:
    """Look at the room that is left where Entrepot's own database lies."""
    free = shutil.disk_usage(directory).free
    return judge_disk(directory, free)


def judge_invariant(check: Statement, places: Sequence[Broken]) -> Finding:
    """Say where an invariant is broken."""
    if not places:
        return Finding(check.name, "ok", check.sentence, kind="invariant")
    facts = {"places": len(places), "more": len(places) == BROKEN_MAX}
    return Finding(
        check.name, "broken", check.sentence, check.do, facts, tuple(places), "invariant"
    )


def judge_disk(directory: Path, free: int) -> Finding:
    """Say whether the database has room to grow."""
    says = f"{free / 1024**3:.1f} GiB are free at {directory}."
    facts = {"free_bytes": free}
    if free >= DISK_LOW_BYTES:
        return Finding("disk", "ok", says, facts=facts)
    state: State = "warning" if free >= DISK_FULL_BYTES else "broken"
    do = "Make room. When the disk is full nothing can be written, and nothing is lost."
    return Finding("disk", state, says, do, facts)


async def _database_knows_time_zones(connection: Connection) -> bool:
    try:
        await connection.execute(SQL["read_local_time"], TIME_ZONE)
    except asyncpg.InvalidParameterValueError:
        return False
    return True


def _knows_time_zones() -> bool:
    try:
        zoneinfo.ZoneInfo(TIME_ZONE)
    except zoneinfo.ZoneInfoNotFoundError:
        return False
    return True
