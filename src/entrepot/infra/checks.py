"""Runs an area's invariants: named statements that return a row for each place they are broken.

They stand in `checks.sql` beside the area's store, one statement an invariant, and the statement's
name is the invariant's. Each returns `subject` and `facts` (a JSON object of plain values) and
takes the most rows wanted as its parameter. Nothing here repairs anything.
"""

from collections.abc import Mapping

import msgspec

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements

BROKEN_MAX = 100
"""How many places one invariant names; more would only be scrolled past."""

Plain = str | int | float | bool | None

_GROUND = load_statements("entrepot.infra", "checks.sql")
_FACTS = msgspec.json.Decoder(dict[str, Plain])


class Broken(msgspec.Struct, frozen=True):
    """One place where an invariant does not hold: which, of what, and the figures that show it."""

    invariant: str
    subject: str
    facts: Mapping[str, Plain]


async def run_checks(connection: Connection, statements: Mapping[str, str]) -> list[Broken]:
    """Run each statement and return everything that is broken, by invariant."""
    return [
        Broken(name, subject, _FACTS.decode(facts))
        for name, sql in statements.items()
        for subject, facts in await connection.fetch(sql, BROKEN_MAX)
    ]


async def check_ground(connection: Connection) -> list[Broken]:
    """Check keys, audit and outbox: one effect a key, and everything that happened is told."""
    return await run_checks(connection, _GROUND)
