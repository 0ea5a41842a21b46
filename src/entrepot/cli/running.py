"""Runs a command's coroutine so that Ctrl-C and a stop signal end it in good order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from entrepot.infra.settings import Settings

Result = TypeVar("Result")


def read_settings() -> Settings:
    """The settings of this process. Refuses with SettingsError."""
    return Settings.from_environment(os.environ)


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result | None:
    """Run `work`; None when it was told to stop, which is no failure.

    SIGTERM ends it as Ctrl-C does: the task is cancelled, and what it opened is closed again, the
    database last. When whoever reads the output has gone (`| head`), it ends in the same order,
    and raises BrokenPipeError alone, whatever it was a part of.
    """
    try:
        return uvloop.run(_stoppable(work))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return None
    except BaseExceptionGroup as several:
        left = _the_one_left_by_a_reader(several)
        if left is None:
            raise
        raise left from None


def _the_one_left_by_a_reader(several: BaseExceptionGroup[BaseException]) -> BaseException | None:
    """The broken pipe behind a group of errors; None when anything else is in it."""
    pipes, others = several.split(BrokenPipeError)
    if others is not None or pipes is None:
        return None
    error: BaseException = pipes
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work
