"""Gathers the commands into one program and turns failures into exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from entrepot.app import AddressTakenError
from entrepot.cli import (
    allocation,
    availability,
    check_history,
    demo,
    doctor,
    export,
    feed,
    import_,
    location,
    match,
    migrate,
    organisation,
    partnership,
    person,
    price,
    product,
    run,
    sales_session,
    serve,
    session_order,
    settle,
    settlement,
    stock,
    supplier,
    token,
    trading_right,
    variant,
    version,
    webhook,
    work,
)
from entrepot.cli.exit_codes import ExitCode
from entrepot.infra.migrate import MigrationRefusal
from entrepot.infra.postgres import PostgresRefusal, PostgresUnavailable
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.infra.secrets import SecretsError
from entrepot.infra.settings import SettingsError

app = typer.Typer(
    name="entrepot",
    help="Run and look after an Entrepot server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(name="run")(run.run)
app.command(name="serve")(serve.serve)
app.command(name="work")(work.work)
app.command(name="migrate")(migrate.migrate)
app.add_typer(organisation.app)
app.add_typer(person.app)
app.add_typer(location.app)
app.add_typer(supplier.app)
app.add_typer(product.app)
app.add_typer(variant.app)
app.add_typer(token.app)
app.add_typer(webhook.app)
app.add_typer(trading_right.app)
app.add_typer(partnership.app)
app.add_typer(match.app)
app.add_typer(price.app)
app.add_typer(settlement.app)
app.add_typer(sales_session.app)
app.add_typer(session_order.app)
app.add_typer(stock.app)
app.add_typer(allocation.app)
app.add_typer(availability.app)
app.add_typer(feed.app)
app.add_typer(import_.app)
app.add_typer(export.app)
app.command(name="settle")(settle.settle)
app.command(name="check-history")(check_history.check_history)
app.command(name="demo")(demo.demo)
app.command(name="doctor")(doctor.doctor)
app.command(name="version")(version.version)


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
    except SettingsError as error:
        return _told(error, ExitCode.USAGE)
    except (PostgresRefusal, MigrationRefusal, AddressTakenError, SecretsError) as error:
        return _told(error, ExitCode.REFUSED)
    except (PostgresUnavailable, DatabaseUnreachable) as error:
        return _told(error, ExitCode.NOT_REACHABLE)
    return ExitCode.OK


def _told(error: Exception, code: ExitCode) -> ExitCode:
    typer.echo(f"entrepot: {error}", err=True)
    return code
