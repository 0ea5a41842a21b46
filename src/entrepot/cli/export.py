"""`entrepot export`: products, suppliers, stock and settlements as CSV files."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, NamedTuple, TypeAlias

import typer

from entrepot import catalogue
from entrepot import settlement as settlement_area
from entrepot import stock as stock_area
from entrepot.app import Services
from entrepot.cli.examples import examples
from entrepot.cli.finding import operator_of
from entrepot.cli.opening import accepted, run_command
from entrepot.cli.printing import JsonOption, print_json, say
from entrepot.infra.sheets import SheetForm
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal

app = typer.Typer(
    name="export",
    help="Export products, suppliers, stock and settlements as CSV.",
    no_args_is_help=True,
)

DelimiterName: TypeAlias = Literal["comma", "semicolon", "tab"]
DELIMITERS: Mapping[DelimiterName, Literal[",", ";", "\t"]] = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
}

OrganisationOption: TypeAlias = Annotated[
    str, typer.Option(help="Whose goods they are: its slug or id.")
]
OutputOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", dir_okay=False, help="The file.  [default: standard output]"),
]
DelimiterOption: TypeAlias = Annotated[DelimiterName, typer.Option(help="What parts the columns.")]
BomOption: TypeAlias = Annotated[
    bool, typer.Option("--bom", help="Begin with the mark by which Excel recognises UTF-8.")
]


class Wish(NamedTuple):
    """What the command line asks for."""

    organisation: str
    output: Path | None
    form: SheetForm
    json: bool


Read: TypeAlias = Callable[[Services, Caller, SheetForm], Awaitable[AsyncIterator[bytes] | Refusal]]


@app.command()
@examples(
    "entrepot export products --organisation winkel-noord -o products.csv",
    "entrepot export products --organisation winkel-noord --delimiter semicolon --bom > excel.csv",
)
def products(
    *,
    organisation: OrganisationOption,
    output: OutputOption = None,
    delimiter: DelimiterOption = "comma",
    bom: BomOption = False,
    json: JsonOption = False,
) -> None:
    """Write an organisation's variants, one row each, by sku."""
    form = SheetForm(DELIMITERS[delimiter], has_mark=bom)
    _export(Wish(organisation, output, form, json), _read_products)


@app.command()
@examples(
    "entrepot export suppliers --organisation winkel-noord -o suppliers.csv",
)
def suppliers(
    *,
    organisation: OrganisationOption,
    output: OutputOption = None,
    delimiter: DelimiterOption = "comma",
    bom: BomOption = False,
    json: JsonOption = False,
) -> None:
    """Write an organisation's suppliers, one row each, by name."""
    form = SheetForm(DELIMITERS[delimiter], has_mark=bom)
    _export(Wish(organisation, output, form, json), _read_suppliers)


@app.command()
@examples(
    "entrepot export stock --organisation winkel-noord -o count-list.csv",
)
def stock(
    *,
    organisation: OrganisationOption,
    output: OutputOption = None,
    delimiter: DelimiterOption = "comma",
    bom: BomOption = False,
    json: JsonOption = False,
) -> None:
    """Write an organisation's positions, one row each, by sku and location.

    Each row has the version of its figures: a count that is imported with it is refused when the
    stock has changed since.
    """
    form = SheetForm(DELIMITERS[delimiter], has_mark=bom)
    _export(Wish(organisation, output, form, json), _read_stock)


@app.command()
@examples(
    "entrepot export settlement stl_0192f0c1a1b2c3d4e5f60718293a4b5c"
    " --organisation winkel-noord -o week.csv",
)
def settlement(
    document: Annotated[str, typer.Argument(metavar="SETTLEMENT", help="The settlement's id.")],
    *,
    organisation: OrganisationOption,
    output: OutputOption = None,
    delimiter: DelimiterOption = "comma",
    bom: BomOption = False,
    json: JsonOption = False,
) -> None:
    """Write one settlement of an organisation, one row a line."""
    inner = ids.from_wire(ids.SETTLEMENT, document) or ""

    async def read(
        services: Services, caller: Caller, form: SheetForm
    ) -> AsyncIterator[bytes] | Refusal:
        return await settlement_area.export_settlement(services.pool, caller, inner, form)

    form = SheetForm(DELIMITERS[delimiter], has_mark=bom)
    _export(Wish(organisation, output, form, json), read)


async def _read_products(
    services: Services, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    return await catalogue.export_products(services.pool, caller, form)


async def _read_suppliers(
    services: Services, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    return await catalogue.export_suppliers(services.pool, caller, form)


async def _read_stock(
    services: Services, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    return await stock_area.export_stock(services.pool, caller, form)


def _export(wish: Wish, read: Read) -> None:
    if wish.json and wish.output is None:
        raise typer.BadParameter("With --json, name a file with --output.")

    if wish.output is not None and not os.access(wish.output.parent, os.W_OK):
        raise typer.BadParameter(f"{wish.output} cannot be written; choose another place.")

    async def work(services: Services) -> int:
        caller = await operator_of(services, wish.organisation)
        sheet = accepted(await read(services, caller, wish.form))
        lines = 0
        with _opened(wish.output) as file:
            async for piece in sheet:
                file.write(piece)
                # No cell of ours has a line break in it, so that lines are rows.
                lines += piece.count(b"\r\n")
        return lines - 1

    rows = run_command(work, json_wanted=wish.json)
    if wish.json:
        print_json({"file": str(wish.output), "rows": rows})
    else:
        say("1 row." if rows == 1 else f"{rows} rows.")


@contextmanager
def _opened(path: Path | None) -> Iterator[BinaryIO]:
    """A file that takes its name when it is whole; without one, standard output."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
