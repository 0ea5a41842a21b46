"""`entrepot import`: products, suppliers and stock from CSV files."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, NamedTuple, TypeAlias

import msgspec
import typer

from entrepot import catalogue, orders
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.finding import operator_of
from entrepot.cli.opening import accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, say
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.sheets import (
    FailedSheet,
    ImportOptions,
    ImportReport,
    Kind,
    SheetForm,
    Watch,
    template_of,
)
from entrepot.infra.sheets import Progress as Reached
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal

app = typer.Typer(
    name="import",
    help="Import products, suppliers and stock from CSV files.",
    no_args_is_help=True,
)

FileArgument: TypeAlias = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="A CSV file."),
]
OrganisationOption: TypeAlias = Annotated[
    str, typer.Option(help="Whose goods they are: its slug or id.")
]
MapOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="Which of our fields a column is."),
]
MapFileOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, readable=True, help="A file of such pairs, one a line."
    ),
]
DecimalOption: TypeAlias = Annotated[
    Literal["auto", "comma", "point"],
    typer.Option(help="How decimals are written; auto finds out, or refuses."),
]
IgnoreUnknownOption: TypeAlias = Annotated[
    bool, typer.Option("--ignore-unknown", help="Read over columns that mean nothing here.")
]
AllOrNothingOption: TypeAlias = Annotated[
    bool, typer.Option("--all-or-nothing", help="Write nothing when a row fails.")
]
DryRunOption: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Decide everything and write nothing.")
]
FailedOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--failed",
        dir_okay=False,
        help="Where rows that fail are written.  [default: FILE with .failed.csv]",
    ),
]
TemplateOption: TypeAlias = Annotated[
    bool, typer.Option("--template", help="Print an empty file with all columns, and end.")
]


class Wish(NamedTuple):
    """What the command line asks for."""

    file: Path | None
    organisation: str
    options: ImportOptions
    failed: Path | None
    template: bool
    json: bool


Run: TypeAlias = Callable[
    [Services, Caller, BinaryIO, ImportOptions, FailedSheet, Watch],
    Awaitable[Written[ImportReport] | Refusal],
]


def _offer(kind: Kind, run: Run, sentences: str, *shown: str) -> None:
    """Offer a command for a kind of sheet; all kinds are read in the same ways."""

    def command(  # noqa: PLR0913 - one option for each way of reading a file
        file: FileArgument = None,
        *,
        organisation: OrganisationOption = "",
        map_: MapOption = None,
        map_file: MapFileOption = None,
        decimal: DecimalOption = "auto",
        ignore_unknown: IgnoreUnknownOption = False,
        all_or_nothing: AllOrNothingOption = False,
        dry_run: DryRunOption = False,
        failed: FailedOption = None,
        template: TemplateOption = False,
        json: JsonOption = False,
    ) -> None:
        options = _options(map_, map_file, decimal, ignore_unknown=ignore_unknown)
        options = msgspec.structs.replace(options, all_or_nothing=all_or_nothing, dry_run=dry_run)
        _import(kind, Wish(file, organisation, options, failed, template, json), run)

    command.__doc__ = sentences
    app.command(name=kind.name)(examples(*shown)(command))


def _import(kind: Kind, wish: Wish, run: Run) -> None:
    """Import a file, or print an empty one; end with what a script can act on."""
    if wish.template:
        sys.stdout.buffer.write(template_of(kind, SheetForm()))
        return
    file, organisation = wish.file, wish.organisation
    if file is None or not organisation:
        raise typer.BadParameter("Name a FILE and its --organisation, or ask for --template.")
    where = wish.failed or file.with_name(f"{file.stem}.failed.csv")
    if not os.access(where.parent, os.W_OK):
        raise typer.BadParameter(f"{where} cannot be written; choose another file with --failed.")

    async def work(services: Services) -> Written[ImportReport]:
        caller = await operator_of(services, organisation)
        with file.open("rb") as source, _written_to(where) as failed, _shown() as watch:
            return accepted(await run(services, caller, source, wish.options, failed, watch))

    report = run_command(work, json_wanted=wish.json).answer
    _print(report, where, json=wish.json)
    if report.failed:
        raise typer.Exit(ExitCode.PROBLEMS_FOUND)


def _options(
    pairs: list[str] | None,
    file: Path | None,
    decimal: Literal["auto", "comma", "point"],
    *,
    ignore_unknown: bool,
) -> ImportOptions:
    """How to read the file. Refuses, as wrong usage, what is no pair."""
    try:
        lines = [] if file is None else file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8.") from error
    given = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    given += pairs or []
    for each in given:
        if "=" not in each:
            raise typer.BadParameter(f"{each!r} is not written COLUMN=FIELD.")
    parts = [each.rpartition("=") for each in given]
    return ImportOptions(
        decimal=decimal,
        map={theirs.strip(): ours.strip() for theirs, _, ours in parts},
        ignore_unknown=ignore_unknown,
    )


@contextmanager
def _written_to(path: Path) -> Iterator[FailedSheet]:
    """A sheet of failed rows, whose file is made when the first row fails."""
    opened: list[BinaryIO] = []

    def write(piece: bytes) -> None:
        if not opened:
            opened.append(path.open("wb"))
        opened[0].write(piece)

    try:
        yield FailedSheet(write)
    finally:
        for file in opened:
            file.close()


@contextmanager
def _shown() -> Iterator[Watch]:
    """A bar on standard error, with the rate and the time left; none where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal pays for what draws
    from rich.progress import (  # noqa: PLC0415 - only a terminal pays for what draws
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]} rows, {task.fields[rate]}/s"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Importing", total=1.0, rows="0", rate="0")
        began = monotonic_seconds()

        def watch(reached: Reached) -> None:
            rate = reached.rows / max(monotonic_seconds() - began, 0.001)
            bar.update(
                task,
                description="Checking" if reached.is_rehearsal else "Importing",
                completed=reached.share,
                rows=f"{reached.rows:,}",
                rate=f"{rate:,.0f}",
            )

        yield watch


def _print(report: ImportReport, failed: Path, *, json: bool) -> None:
    if json:
        file = str(failed) if report.failed else None
        print_json({**msgspec.structs.asdict(report), "failed_file": file})
        return
    written = "" if report.is_written else " Nothing was written."
    rows = "1 row" if report.rows == 1 else f"{report.rows} rows"
    typer.echo(
        f"{rows}: {report.created} created, {report.changed} changed,"
        f" {report.unchanged} unchanged, {report.failed} failed.{written}"
    )
    decimals = f"decimal {report.decimal}s"
    delimiter = {",": "commas", ";": "semicolons", "\t": "tabs"}.get(report.delimiter, "signs")
    say(f"Read as {report.encoding}, columns parted by {delimiter}, {decimals}.")
    if report.ignored:
        say(f"Not read: {', '.join(report.ignored)}.")
    if report.failed:
        say(f"The rows that failed are in {failed}. Mend them there and import that file.")


_offer(
    catalogue.PRODUCTS,
    lambda services, caller, source, options, failed, watch: catalogue.import_products(
        services.pool, services.desk.new_id, caller, source, options, failed=failed, watch=watch
    ),
    """Make and change variants, one row each, by sku.

    A new sku is made; one that is there is changed in what the file has columns for. Rows that
    fail are left out and written to a file, to be mended and imported again. A run that was cut off
    is started again as it was.
    """,
    "entrepot import products assortiment.csv --organisation winkel-noord --dry-run",
    'entrepot import products list.csv --organisation winkel-noord --map "Our code=sku"',
    "entrepot import products --template > products.csv",
)
_offer(
    catalogue.SUPPLIERS,
    lambda services, caller, source, options, failed, watch: catalogue.import_suppliers(
        services.pool, services.desk.new_id, caller, source, options, failed=failed, watch=watch
    ),
    """Make and change suppliers, one row each, by name.

    Import them before the products that name them.
    """,
    "entrepot import suppliers leveranciers.csv --organisation winkel-noord",
)
_offer(
    orders.STOCK,
    lambda services, caller, source, options, failed, watch: orders.import_stock(
        services.desk, caller, source, options, failed=failed, watch=watch
    ),
    """Count stock (on_hand), or let goods arrive (receive), one row each, by sku and location.

    The same file counts and receives once, however often it is imported.
    """,
    "entrepot import stock telling.csv --organisation winkel-noord --decimal comma",
)
