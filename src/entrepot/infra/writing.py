"""How actions outside the batch write: one transaction, with the audit of what happened in it.

An act that comes with a key happens once: the key is claimed first, in the same transaction, and
sent again it is answered from the audit row that the first sending left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from entrepot.infra import errors
from entrepot.infra.failures import Failure, failure_of
from entrepot.infra.ground import Act, Claim, claim_keys, find_stored, read_clock, write_ground
from entrepot.infra.ids import random_share
from entrepot.infra.pool import Connection
from entrepot.infra.reading import Database, reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError, refuse

Answer = TypeVar("Answer", bound=msgspec.Struct)

ATTEMPTS_MAX: Final = 5
"""How often an act is tried whose transaction meets rivals."""
PAUSE_SECONDS: Final = 0.02


class Happening(msgspec.Struct, frozen=True):
    """What an action did: its name, the wire id of what it did it to, and what it answers.

    `variants` are those whose figures it changed, or what may be promised of them: the feed looks
    at them, and at what is matched with them, again.
    """

    act: str
    subject: str
    answer: msgspec.Struct
    variants: tuple[Id, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    """How a request came: the caller's key, the hash of what it says, and the request's id."""

    key: str
    content_hash: bytes
    request: str | None = None


class Done(msgspec.Struct, Generic[Answer], frozen=True):
    """What the work of an act made: its answer, and what happened, which may be nothing."""

    answer: Answer
    happenings: tuple[Happening, ...] = ()


class Written(msgspec.Struct, Generic[Answer], frozen=True):
    """The answer to an act, and whether it was given before."""

    answer: Answer
    replayed: bool = False


async def find_written(
    database: Database, caller: Caller, sent: Sent, answers: type[Answer]
) -> Written[Answer] | Refusal | None:
    """The answer that a key was given before; None when it stands for nothing yet.

    For acts of many transactions, which claim their key with the last one. Refuses
    `request.key_reused`.
    """
    async with reading(database) as connection:
        stored = await find_stored(connection, caller.organisation, sent.key)
    if stored is None:
        return None
    if stored.content_hash != sent.content_hash:
        return key_reused(sent.key)
    assert stored.answer is not None, "a claimed key has its act's audit row"
    return Written(msgspec.json.decode(stored.answer, type=answers), replayed=True)


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection in a transaction, committed at the end and undone by any exception.

    Raises DatabaseUnreachable when the database is away; then nothing is known to have happened.
    """
    async with reading(database) as connection, connection.transaction():
        yield connection


async def act_once(
    database: Database,
    new_id: Callable[[], Id],
    caller: Caller,
    sent: Sent | None,
    answers: type[Answer],
    work: Callable[[Connection, datetime], Awaitable[Done[Answer] | Refusal]],
    act: Id | None = None,
) -> Written[Answer] | Refusal:
    """Claim the key, run the work, and write the audit of what happened, in one transaction.

    `work` gets the connection and the time; when it refuses (returned, or raised as
    `RefusedError`) everything is undone, the claim too. It is run again, in a new transaction, when
    rivals met in the database and this one was given up. Without `sent` the act has no key and
    happens each time. The first happening's audit row holds the answer that a second sending gets.
    `act` is the id that this row gets, for work that names it elsewhere, as ledger rows do; else a
    new one. Refuses `request.key_reused`, and what `work` refuses.
    """
    for attempt in range(ATTEMPTS_MAX):
        try:
            return await _try_once(database, new_id, caller, sent, answers, work, act or new_id())
        except RefusedError as refused:
            return refused.refusal
        except Exception as error:
            if failure_of(error) is not Failure.TRY_AGAIN or attempt + 1 == ATTEMPTS_MAX:
                raise
        await asyncio.sleep(PAUSE_SECONDS * (1 << attempt) * (0.5 + random_share()))
    raise AssertionError("the last attempt answers or raises")


async def _try_once(
    database: Database,
    new_id: Callable[[], Id],
    caller: Caller,
    sent: Sent | None,
    answers: type[Answer],
    work: Callable[[Connection, datetime], Awaitable[Done[Answer] | Refusal]],
    act: Id,
) -> Written[Answer]:
    """Do an act in one transaction; refusals leave as errors, so that it is undone."""
    async with writing(database) as connection:
        if sent is not None:
            earlier = await _claim(connection, caller, sent, act)
            if earlier is not None:
                return Written(msgspec.json.decode(earlier, type=answers), replayed=True)
        now = await read_clock(connection)
        done = _unless_refused(await work(connection, now))
        happenings = done.happenings
        if sent is not None and not happenings:
            # Nothing changed, and yet a second sending must be told the same.
            subject = ids.ORGANISATION + caller.organisation
            happenings = (Happening("request.nothing_changed", subject, done.answer),)
        if happenings:
            await _write(connection, now, new_id, caller, act, sent, done.answer, happenings)
    return Written(done.answer)


async def record(
    connection: Connection,
    at: datetime,
    new_id: Callable[[], Id],
    caller: Caller,
    happenings: Sequence[Happening],
) -> None:
    """Write the audit and outbox rows of what a caller did, in the transaction that did it."""
    acts = [
        Act(
            caller.organisation,
            new_id(),
            caller.token,
            each.act,
            each.subject,
            msgspec.json.encode(each.answer),
            None,
            each.variants,
        )
        for each in happenings
    ]
    await write_ground(connection, at, acts)


def _unless_refused(done: Done[Answer] | Refusal) -> Done[Answer]:
    """What was done; a refusal leaves as an error, so that the transaction is undone."""
    if isinstance(done, Refusal):
        raise RefusedError(done)
    return done


async def _claim(connection: Connection, caller: Caller, sent: Sent, act: Id) -> bytes | None:
    """Claim a key for an act; when it was claimed before, return what was answered then."""
    claim = Claim(caller.organisation, sent.key, sent.content_hash, act)
    stored = None
    while stored is None:  # again when the key was forgotten, for its age, just in between
        if await claim_keys(connection, [claim]):
            return None
        stored = await find_stored(connection, caller.organisation, sent.key)
    if stored.content_hash != sent.content_hash:
        raise RefusedError(key_reused(sent.key))
    assert stored.answer is not None, "a claimed key has its act's audit row"
    return stored.answer


def key_reused(key: str) -> Refusal:
    """Refuse a key that was sent before with other content."""
    return refuse(
        errors.KEY_REUSED,
        "This key or reference was sent before with other content. Use a new one.",
        facts={"key": key},
    )


async def _write(
    connection: Connection,
    at: datetime,
    new_id: Callable[[], Id],
    caller: Caller,
    act: Id,
    sent: Sent | None,
    answer: msgspec.Struct,
    happenings: Sequence[Happening],
) -> None:
    """Write what happened; the first row stands under the act's id and holds its whole answer."""
    acts = [
        Act(
            caller.organisation,
            new_id() if number else act,
            caller.token,
            each.act,
            each.subject,
            msgspec.json.encode(each.answer if number else answer),
            None if sent is None else sent.request,
            each.variants,
        )
        for number, each in enumerate(happenings)
    ]
    await write_ground(connection, at, acts)
