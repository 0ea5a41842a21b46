"""Opens what a command works with, for as long as it runs, and ends it with the right exit code.

A command attaches to the database of a running server, or starts Entrepot's own for its duration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias, TypeVar

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

DryRunOption: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Do everything and undo it, to see what would happen.")
]

EVERY_SCOPE = frozenset(scope.value for scope in Scope)


def run_command(
    work: Callable[[app.Services], Awaitable[Result]],
    *,
    json_wanted: bool = False,
    dry_run: bool = False,
) -> Result:
    """Run `work` with opened services; a refusal is told and ends the program.

    A dry run does everything and undoes it: the result is what would have been.
    """
    try:
        result = run_to_end(_with_services(read_settings(), work, rehearsal=dry_run))
    except RefusedError as refused:
        say_refusal(refused.refusal, json_wanted=json_wanted)
        raise typer.Exit(exit_code_of(refused.refusal)) from refused
    except (StoreUnavailableError, TooBusyError, IntakeFullError) as error:
        say("The database is busy or away: nothing was done. Try again.")
        raise typer.Exit(ExitCode.NOT_REACHABLE) from error
    if result is None:
        say("Stopped.")
        raise typer.Exit(ExitCode.FAILED)
    if dry_run:
        say("Dry run: this is what would have happened. Nothing was kept.")
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
    settings: Settings, work: Callable[[app.Services], Awaitable[Result]], *, rehearsal: bool
) -> Result:
    # A command that answers at once says nothing of the database it started for that.
    log = open_log(settings.log_format, "warning")
    async with app.open_services(settings, log, rehearsal=rehearsal) as services:
        return await work(services)
