"""An Entrepot process that kills itself just before one of its statements.

Statements are counted as the database sees them, BEGIN and COMMIT included, so whatever the batch
is made of, every pair of steps is tried.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from functools import cache
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerContext
from typing import Any, NamedTuple

import asyncpg

from entrepot.app import open_desk
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.orders import Answer, Submission

_WAYS = ("execute", "fetch", "fetchrow", "fetchval")
ANSWER_SECONDS_MAX = 60


class Told(NamedTuple):
    """What a process told before it ended; no answers when it was killed."""

    answers: list[Answer] | None
    statements: list[str]
    """How each statement that was begun opens."""


@cache
def _context() -> ForkServerContext:
    """Processes forked off one that has the program loaded, so that hundreds start quickly."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["entrepot.app", "tests.fakes.doomed"])
    return context


async def decide_elsewhere(
    dsn: str, submissions: Sequence[Submission], *, die_before: int | None = None
) -> Told:
    """Hand submissions to a process with a pool and an intake of its own.

    It has opened its pool and learnt nothing yet when it begins to count statements, from 0.
    `die_before` one past the last statement: it dies between the commit and the answer.
    """
    return await asyncio.to_thread(_decide, dsn, list(submissions), die_before)


def _decide(dsn: str, submissions: list[Submission], die_before: int | None) -> Told:
    context = _context()
    near, far = context.Pipe()
    process = context.Process(target=_main, args=(far, dsn, submissions, die_before), daemon=True)
    process.start()
    far.close()
    answers: list[Answer] | None = None
    statements: list[str] = []
    try:
        while near.poll(ANSWER_SECONDS_MAX):
            said = near.recv()
            if isinstance(said, str):
                statements.append(said)
            else:
                answers = said
    except EOFError:
        pass
    process.join(ANSWER_SECONDS_MAX)
    wanted = 0 if answers is not None else -signal.SIGKILL
    assert process.exitcode == wanted, process.exitcode
    process.close()
    near.close()
    return Told(answers, statements)


# What runs in the process itself


def _main(pipe: Pipe, dsn: str, submissions: list[Submission], die_before: int | None) -> None:
    answers = asyncio.run(_answer(pipe, dsn, submissions, die_before))
    pipe.send(answers)


async def _answer(
    pipe: Pipe, dsn: str, submissions: list[Submission], die_before: int | None
) -> list[Answer]:
    settings = Settings.from_environment({"ENTREPOT_DATA_DIR": "/nonexistent"})
    pool = await open_pool(dsn, settings)
    desk = open_desk(pool, settings)
    count = _Count(pipe, die_before)
    for name in _WAYS:
        _watch(name, count)
    desk.intake.start()
    waiting = [asyncio.create_task(desk.intake.submit(each)) for each in submissions]
    answers = await asyncio.gather(*waiting)
    if count.number == die_before:
        _die()
    await desk.intake.close()
    pool.terminate()
    return answers


class _Count:
    """Counts statements and ends the process before the one it is told."""

    def __init__(self, pipe: Pipe, die_before: int | None) -> None:
        self.pipe = pipe
        self.die_before = die_before
        self.number = 0

    def next(self, sql: str) -> None:
        if self.number == self.die_before:
            _die()
        self.number += 1
        self.pipe.send(" ".join(sql.split())[:60])


def _watch(name: str, count: _Count) -> None:
    way: Callable[..., Any] = getattr(asyncpg.Connection, name)

    async def counted(self: object, sql: str, *args: object, **options: object) -> object:
        count.next(sql)
        return await way(self, sql, *args, **options)

    setattr(asyncpg.Connection, name, counted)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
