"""Runs an area's invariants: named statements that return a row for each place they are broken.

They stand in `checks.sql` (or `checks/`) beside the store, one statement an invariant, and its
name is the invariant's; its comment says what holds, and behind `do:` what to do where it does not.
Each returns `subject` and `facts` (a JSON object of plain values) and takes the most rows wanted as
its parameter. Each is one pass over its tables in the database, of which at most that many rows
come here. Nothing here repairs anything.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from typing import Final, TypeAlias

import msgspec

from entrepot.infra.pool import Connection
from entrepot.infra.statements import Statement, read_statements

BROKEN_MAX = 100
"""How many places one invariant names; more would only be scrolled past."""

TIMEOUT_SECONDS: Final = 3600.0

Plain = str | int | float | bool | None

Watch: TypeAlias = Callable[[Statement], None]
"""Is told of each invariant just before it is checked."""

_SETTINGS: Final = """
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL work_mem = '64MB';
"""

_FACTS = msgspec.json.Decoder(dict[str, Plain])


class Broken(msgspec.Struct, frozen=True):
    """One place where an invariant does not hold: which, of what, and the figures that show it."""

    invariant: str
    subject: str
    facts: Mapping[str, Plain]


def load_checks(package: str) -> tuple[Statement, ...]:
    """The invariants of a package, in their order. Refuses with StatementsError.

    They stand in `checks.sql`, or, subject by subject, in the files of a folder `checks`.
    """
    room = resources.files(package)
    folder = room.joinpath("checks")
    files = folder.iterdir() if folder.is_dir() else [room.joinpath("checks.sql")]
    checks = tuple(
        check
        for file in sorted(files, key=lambda each: each.name)
        for check in read_statements(
            file.read_text(encoding="utf-8"), where=f"{package}/{file.name}"
        )
    )
    assert all(each.do for each in checks), "each invariant says what to do where it is broken"
    return checks


_GROUND = load_checks("entrepot.infra")


async def run_checks(
    connection: Connection, checks: Sequence[Statement], watch: Watch | None = None
) -> list[Broken]:
    """Run each statement and return everything that is broken, by invariant."""
    broken = []
    async with comparing(connection):
        for check in checks:
            if watch is not None:
                watch(check)
            rows = await connection.fetch(check.sql, BROKEN_MAX, timeout=TIMEOUT_SECONDS)
            broken += [Broken(check.name, row[0], _FACTS.decode(row[1])) for row in rows]
    return broken


@asynccontextmanager
async def comparing(connection: Connection) -> AsyncIterator[None]:
    """Let what is read in here compare whole tables, by hashing, each read once.

    That is always right for such statements, and the planner does not see it where statistics are
    missing, as on a database just restored: there it would look keys up one by one, or merge by
    the owner alone, which takes the square of an owner's rows.
    """
    settings = connection.transaction()
    await settings.start()
    try:
        await compare_by_hashing(connection)
        yield
    finally:
        if not connection.is_closed():
            await settings.rollback()  # nothing was written; the settings go with it


async def compare_by_hashing(connection: Connection) -> None:
    """Let the rest of a transaction compare whole tables as `comparing` does."""
    await connection.execute(_SETTINGS)


async def check_ground(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check keys, audit and outbox: one effect a key, and everything that happened is told."""
    return await run_checks(connection, _GROUND, watch)
