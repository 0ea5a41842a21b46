"""`entrepot migrate`: brings the database's schema up to this release."""

from __future__ import annotations

from typing import Annotated

import typer

from entrepot.cli.running import read_settings, run_to_end
from entrepot.infra import migrate as migrations
from entrepot.infra.logging import open_log
from entrepot.infra.postgres import running_database
from entrepot.infra.settings import Settings


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
) -> None:
    """Apply the migrations that the database lacks, and print their names."""
    names = run_to_end(_migrate(read_settings(), before=before, dry_run=dry_run))
    for name in names or ():
        typer.echo(name)
    if not names:
        typer.echo("Nothing to do.", err=True)


async def _migrate(settings: Settings, *, before: bool, dry_run: bool) -> tuple[str, ...]:
    async with running_database(settings, open_log(settings.log_format)) as dsn:
        if dry_run:
            return await migrations.pending(dsn)
        return await migrations.migrate(dsn, deploy="before" if before else "all")
