"""Opens what a command works with, for as long as it runs, and ends it with the right exit code.

A command attaches to the database of a running server, or starts Entrepot's own for its duration.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import typer

from entrepot import app
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.printing import say, say_refusal
from entrepot.cli.running import read_settings, run_to_end
from entrepot.infra.intake import IntakeFullError
from entrepot.infra.logging import open_log
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import StoreUnavailableError, TooBusyError

Result = TypeVar("Result")

EVERY_SCOPE = frozenset(scope.value for scope in Scope)


def run_command(
    work: Callable[[app.Services], Awaitable[Result]], *, json_wanted: bool = False
) -> Result:
    """Run `work` with opened services; a refusal is told and ends the program."""
    try:
        result = run_to_end(_with_services(read_settings(), work))
    except RefusedError as refused:
        say_refusal(refused.refusal, json_wanted=json_wanted)
        raise typer.Exit(exit_code_of(refused.refusal)) from refused
    except (StoreUnavailableError, TooBusyError, IntakeFullError) as error:
        say("The database is busy or away: nothing was done. Try again.")
        raise typer.Exit(ExitCode.NOT_REACHABLE) from error
    if result is None:
        say("Stopped.")
        raise typer.Exit(ExitCode.FAILED)
    return result


def accepted(answer: Result | Refusal) -> Result:
    """What an action or view answered, or its refusal raised."""
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    return answer


def operator_for(organisation: Id) -> Caller:
    """The operator acting for an organisation, from the command line."""
    return Caller(organisation, EVERY_SCOPE)


def exit_code_of(refusal: Refusal) -> ExitCode:
    """How a refused command ends: what does not exist is told apart from what must not be done."""
    reason = refusal.code.partition(".")[2]
    return ExitCode.NOT_FOUND if reason.startswith("unknown_") else ExitCode.REFUSED


async def _with_services(
    settings: Settings, work: Callable[[app.Services], Awaitable[Result]]
) -> Result:
    async with _opened(settings) as services:
        return await work(services)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[app.Services]:
    # A command that answers at once says nothing of the database it started for that.
    log = open_log(settings.log_format, "warning")
    async with app.open_services(settings, log) as services:
        yield services
