"""Idempotency keys, audit and outbox: what every transaction that changes something writes.

An accepted act has one audit row, whose answer is exactly what the caller was told; a key that is
sent again is answered from it. The outbox row under the same id tells followers.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from entrepot.infra.arrays import columns, literal
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.infra", "ground.sql")

KEYS_KEPT: Final = timedelta(days=30)
"""How long what was answered to a key is answered again."""


class Claim(NamedTuple):
    """A key to claim: whose, which, the hash of the content, and the act it would stand for."""

    organisation: Id
    key: str
    content_hash: bytes
    act: Id


class StoredAnswer(NamedTuple):
    """What a key that was claimed stands for: the content it came with, and what was answered."""

    content_hash: bytes
    answer: bytes | None


class Act(NamedTuple):
    """Something that happened: an audit row and its outbox row.

    `variants` are those whose figures it changed, or what may be promised of them.
    """

    organisation: Id
    id: Id
    token: Id | None
    act: str
    subject: str
    answer: bytes
    request: str | None
    variants: Collection[Id] = ()


async def claim_keys(connection: Connection, claims: Sequence[Claim]) -> set[Id]:
    """Claim keys; return the acts that got theirs. The others' keys are another act's."""
    rows = await connection.fetch(SQL["claim_keys"], *columns(claims, len(Claim._fields)))
    return {row[0] for row in rows}


async def find_stored(connection: Connection, organisation: Id, key: str) -> StoredAnswer | None:
    """Read what a claimed key stands for."""
    row = await connection.fetchrow(SQL["find_stored"], organisation, key)
    return None if row is None else StoredAnswer(*row)


async def find_claimed(connection: Connection, organisation: Id, keys: Sequence[str]) -> set[str]:
    """Read which of an organisation's keys are claimed."""
    rows = await connection.fetch(SQL["find_claimed"], organisation, keys)
    return {row[0] for row in rows}


async def write_ground(
    connection: Connection,
    at: datetime,
    acts: Sequence[Act],
    freed: Sequence[tuple[Id, str]] = (),
) -> None:
    """Write what happened, and give back the keys of what was refused. Row counts are asserted."""
    organisations, ids, tokens, names, subjects, answers, requests, _ = columns(acts, 8)
    row = await connection.fetchrow(
        SQL["write_ground"],
        at,
        organisations,
        ids,
        tokens,
        literal(names),
        literal(subjects),
        answers,
        requests,
        *columns(freed, 2),
        [literal(each.variants) if each.variants else None for each in acts],
    )
    assert row is not None, "the statement counts what it wrote"
    written = (row[0], row[1], row[2])
    assert written == (len(acts), len(acts), len(freed)), "every act and key is written once"


async def purge_keys(connection: Connection, before: datetime, limit: int) -> int:
    """Forget the oldest keys that were claimed before a moment; return how many there were."""
    return len(await connection.fetch(SQL["purge_keys"], before, limit))


async def read_clock(connection: Connection) -> datetime:
    """Read the database's time."""
    at: datetime = await connection.fetchval(SQL["read_clock"])
    return at
