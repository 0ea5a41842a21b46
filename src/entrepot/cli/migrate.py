"""`entrepot migrate`: brings the database's schema up to this release."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot.cli.examples import examples
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.printing import JsonOption, print_json, say
from entrepot.cli.running import read_settings, run_to_end
from entrepot.infra import migrate as migrations
from entrepot.infra.logging import open_log
from entrepot.infra.postgres import running_database
from entrepot.infra.settings import Settings


@examples(
    "entrepot migrate --dry-run",
    "entrepot migrate --before",
    "entrepot migrate",
)
def migrate(
    *,
    before: Annotated[
        bool,
        typer.Option(
            "--before", help="Stop at the first migration that the old release does not bear."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only name what would be applied.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Apply the migrations that the database lacks, and print their names."""
    names = run_to_end(_migrate(read_settings(), before=before, dry_run=dry_run))
    if names is None:
        say("Stopped. What had not been applied is still to be done.")
        raise typer.Exit(ExitCode.FAILED)
    if json:
        print_json({"migrations": names})
        return
    for name in names:
        typer.echo(name)
    if not names:
        say("Nothing to do.")


async def _migrate(settings: Settings, *, before: bool, dry_run: bool) -> tuple[str, ...]:
    async with running_database(settings, open_log(settings.log_format)) as dsn:
        act = migrations.pending if dry_run else migrations.migrate
        return await act(dsn, deploy="before" if before else "all")
