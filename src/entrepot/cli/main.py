"""Gathers the commands into one program and turns failures into exit codes.

A command is loaded when it is asked for: to load them all is most of what a light one would take.
"""

from __future__ import annotations

import keyword
import sys
from collections import UserDict
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

from entrepot.cli.exit_codes import ExitCode

COMMANDS: Final = (
    "run",
    "serve",
    "work",
    "migrate",
    "settle",
    "check-history",
    "demo",
    "doctor",
    "version",
)
"""Each is a function in a module, both of its name."""
GROUPS: Final = (
    "organisation",
    "person",
    "location",
    "supplier",
    "product",
    "variant",
    "token",
    "webhook",
    "trading-right",
    "partnership",
    "match",
    "price",
    "settlement",
    "sales-session",
    "session-order",
    "stock",
    "allocation",
    "availability",
    "feed",
    "import",
    "export",
)
"""Each is the `app` in a module of its name."""


class _Loading(UserDict[str, Any]):
    """The commands by their names, each loaded when it is looked up."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys((*COMMANDS, *GROUPS)))

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - of the command library, which names no public type
        if name not in self.data:
            raise KeyError(name)
        return _load(name)


class _Program(TyperGroup):
    """The program, whose commands are not there before they are asked for."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - whatever the command library gives
        super().__init__(**given)
        self.commands = _Loading()

    def list_commands(self, ctx: object) -> list[str]:
        """Their names, without loading any."""
        del ctx
        return list(self.commands)


app = typer.Typer(
    name="entrepot",
    cls=_Program,
    help="Run and look after an Entrepot server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _program() -> None:
    """Say that there are commands, though none is there yet."""


@cache
def _load(name: str) -> Any:  # noqa: ANN401 - of the command library, which names no public type
    """Load a command, or a group of commands."""
    place = name.replace("-", "_")
    module = import_module(f"entrepot.cli.{place}{'_' if keyword.iskeyword(place) else ''}")
    alone = typer.Typer(rich_markup_mode=None)
    if name in GROUPS:
        alone.add_typer(module.app)
    else:
        alone.command(name=name)(getattr(module, place))
    return get_group(alone).commands[name]


def main() -> None:
    """The program's entry point; ends the process with an exit code."""
    sys.exit(guarded(app))


def guarded(command: Callable[[], object]) -> int:
    """Call `command` and return its exit code, with expected failures told in one sentence.

    An unexpected one is a bug: it leaves with its traceback, as exit code 1.
    """
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.OK
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        typer.echo(f"entrepot: {error}", err=True)
        return code
    return ExitCode.OK


def _code_of(error: Exception) -> ExitCode | None:
    """How the program ends after a failure; None when nobody expected it."""
    # Only once there is one: what can fail takes as long to load as what could not do its work.
    from entrepot.app import AddressTakenError  # noqa: PLC0415 - as said above
    from entrepot.infra.migrate import MigrationRefusal  # noqa: PLC0415 - as said above
    from entrepot.infra.postgres import (  # noqa: PLC0415 - as said above
        PostgresRefusal,
        PostgresUnavailable,
    )
    from entrepot.infra.reach import DatabaseUnreachable  # noqa: PLC0415 - as said above
    from entrepot.infra.secrets import SecretsError  # noqa: PLC0415 - as said above
    from entrepot.infra.settings import SettingsError  # noqa: PLC0415 - as said above

    match error:
        case SettingsError():
            return ExitCode.USAGE
        case PostgresRefusal() | MigrationRefusal() | AddressTakenError() | SecretsError():
            return ExitCode.REFUSED
        case PostgresUnavailable() | DatabaseUnreachable():
            return ExitCode.NOT_REACHABLE
        case _:
            return None
