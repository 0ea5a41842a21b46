"""Sheets in and out: a CSV file is sent once, looked at, tried, and then imported.

The file is kept between the steps (`infra.keeping`), one a person and for a day, so that all of it
works without scripts and the same whichever process answers.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import msgspec

from entrepot import catalogue, orders, stock
from entrepot.infra.keeping import KeptSheet, NewSheet, find_sheet, keep_sheet, note_sheet
from entrepot.infra.sheets import (
    FailedSheet,
    Glanced,
    ImportOptions,
    ImportReport,
    Kind,
    Row,
    Sheet,
    SheetForm,
    glance_at,
    open_sheet,
    template_of,
)
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.portal.routes import (
    Download,
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    granted,
)
from entrepot.portal.words import Words

ROWS_MAX: Final = 50_000
CHUNK_ROWS: Final = 250
"""So few that deciding them holds up no other request for long."""
COLUMNS_MAX: Final = 200
PREVIEW_ROWS: Final = 8
EXAMPLES: Final = 3
FAILED_SHOWN: Final = 50
"""Rows that failed, as the page lists them; the file of failed rows has all."""
FILE_MISSING: Final = "portal.file_missing"
CSV: Final = "text/csv"


class _Topic(NamedTuple):
    """What may be imported: its columns, and the scope that it needs."""

    kind: Kind
    scope: Scope


TOPICS: Final[Mapping[str, _Topic]] = {
    "products": _Topic(catalogue.PRODUCTS, Scope.CATALOGUE_WRITE),
    "stock": _Topic(orders.STOCK, Scope.STOCK_WRITE),
    "suppliers": _Topic(catalogue.SUPPLIERS, Scope.CATALOGUE_WRITE),
}


class Plan(msgspec.Struct, frozen=True):
    """How a sheet is to be read: which of our columns each of its columns is, in their order.

    None means those that their names say. `whole` writes nothing when a row fails.
    """

    columns: tuple[str, ...] | None = None
    decimal: Literal["auto", "comma", "point"] = "auto"
    whole: bool = False


class FailedRow(msgspec.Struct, frozen=True):
    """A row that failed: its number in the file, what stands in it, and what is wrong."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[Fault, ...]


class Ran(msgspec.Struct, frozen=True):
    """What became of a sheet when it was tried or imported."""

    report: ImportReport
    failed: tuple[FailedRow, ...]
    failed_csv: str


class PreviewRow(msgspec.Struct, frozen=True):
    """A row as it will be read: the text of each of our columns, and what is wrong with it."""

    number: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...]


class Preview(msgspec.Struct, frozen=True):
    """The first rows of a sheet as they will be read, by the names of our columns."""

    columns: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    decimal: str
    encoding: str
    ignored: tuple[str, ...]


class _Failures(FailedSheet):
    """Gathers the rows that failed: the first of them to show, all of them as a sheet."""

    def __init__(self, words: Words) -> None:
        self.pieces: list[bytes] = []
        self.rows: list[FailedRow] = []
        super().__init__(self.pieces.append, lambda faults: " | ".join(map(words.fault, faults)))

    def add(self, sheet: Sheet, failed: Sequence[tuple[Row, tuple[Fault, ...]]]) -> None:
        """Take rows that failed, with what is wrong with each."""
        super().add(sheet, failed)
        for row, faults in failed[: max(0, FAILED_SHOWN - len(self.rows))]:
            self.rows.append(FailedRow(row.number, tuple(row.cells[:3]), faults))


async def show_import(visit: Visit) -> Outcome:
    """Ask for a file and what it holds."""
    return _choosing(visit, ())


async def do_keep(visit: Visit) -> Outcome:
    """Keep the file that was sent, and go on to look at it."""
    typed = visit.typed
    subject = typed.choice("kind", _subjects(visit))
    upload = typed.uploads.get("file")
    if upload is None or not upload.content:
        typed.find(FILE_MISSING, "Choose a file with at least a line of column names.", "file")
    if typed.faults or upload is None:
        return _choosing(visit, tuple(typed.faults))
    source, kind = io.BytesIO(upload.content), TOPICS[subject].kind
    glanced = await asyncio.to_thread(glance_at, source, kind, EXAMPLES)
    if isinstance(glanced, Refusal):
        faults = [Fault(each.code, each.message, "file", each.facts) for each in glanced.faults]
        return _choosing(visit, tuple(faults))
    sheet = NewSheet(subject, upload.name, upload.content, msgspec.json.encode(Plan()))
    kept = await keep_sheet(visit.database, visit.services.desk.new_id, visit.caller, sheet)
    return Elsewhere(address=f"/import/{kept}")


async def show_sheet(visit: Visit) -> Outcome:
    """Show how the file will be read, and what became of it if it was tried or imported."""
    kept = await _kept(visit)
    plan = msgspec.json.decode(kept.plan, type=Plan)
    ran = None if kept.report is None else msgspec.json.decode(kept.report, type=Ran)
    return await _sheet_page(visit, kept, plan, ran, ())


async def do_step(visit: Visit) -> Outcome:
    """Read it otherwise, try it, or import it: whatever the button said."""
    kept = await _kept(visit)
    granted_scope = TOPICS[kept.kind].scope
    if not visit.guest.may(granted_scope):
        raise NothingHereError
    typed = visit.typed
    step = typed.choice("step", ("look", "try", "do"))
    plan = Plan(
        tuple(typed.all("column")[:COLUMNS_MAX]) or None,
        typed.choice("decimal", ("auto", "comma", "point")),  # type: ignore[arg-type] # one of the three
        typed.ticked("whole"),
    )
    encoded = msgspec.json.encode(plan)
    here = f"/import/{kept.id}"
    if step == "look":
        await note_sheet(visit.database, visit.caller, kept.id, encoded, None)
        return Elsewhere(address=f"{here}#preview")
    failures = _Failures(visit.words)
    answer = await _run(visit, kept, _options(kept, plan, dry_run=step == "try"), failures)
    if isinstance(answer, Refusal):
        return await _sheet_page(visit, kept, plan, None, answer.faults)
    if not answer.replayed:
        csv = b"".join(failures.pieces).decode("utf-8-sig")
        ran = Ran(answer.answer, tuple(failures.rows), csv)
        report = msgspec.json.encode(ran)
        await note_sheet(visit.database, visit.caller, kept.id, encoded, report)
    return Elsewhere(address=f"{here}#result")


async def download_failed(visit: Visit) -> Outcome:
    """Hand out the rows that failed, each with what is wrong with it in its last column."""
    kept = await _kept(visit)
    ran = None if kept.report is None else msgspec.json.decode(kept.report, type=Ran)
    if ran is None or not ran.failed_csv:
        raise NothingHereError
    name = f"{kept.name.removesuffix('.csv')}-{visit.words('failed')}.csv"
    return Download(name=name, media_type=CSV, pieces=_pieces("\ufeff" + ran.failed_csv))


async def show_export(visit: Visit) -> Outcome:
    """Offer what there is as sheets."""
    del visit
    return Shown(template="imports/export.html.jinja", context={})


async def download_export(visit: Visit) -> Outcome:
    """Hand out products, suppliers or stock as a sheet, written while it is read."""
    subject = visit.path["kind"]
    database, caller, form = visit.database, visit.caller, _form(visit)
    if subject == "products":
        pieces = granted(await catalogue.export_products(database, caller, form))
    elif subject == "suppliers":
        pieces = granted(await catalogue.export_suppliers(database, caller, form))
    elif subject == "stock":
        pieces = granted(await stock.export_stock(database, caller, form))
    else:
        raise NothingHereError
    return Download(name=f"{subject}.csv", media_type=CSV, pieces=pieces)


async def download_template(visit: Visit) -> Outcome:
    """Hand out an empty sheet: the names of the columns that are read."""
    topic = TOPICS.get(visit.path["kind"])
    if topic is None:
        raise NothingHereError
    text = template_of(topic.kind, _form(visit)).decode("utf-8")
    return Download(name=f"{topic.kind.name}.csv", media_type=CSV, pieces=_pieces(text))


def _form(visit: Visit) -> SheetForm:
    """As spreadsheets of the visitor's language open it: Dutch ones write commas in numbers."""
    if visit.words.language == "nl":
        return SheetForm(";", has_mark=True, decimal_mark="comma")
    return SheetForm(has_mark=True)


async def _pieces(text: str) -> AsyncIterator[bytes]:
    yield text.encode("utf-8")


def _subjects(visit: Visit) -> list[str]:
    """What this person may import."""
    return [name for name, topic in TOPICS.items() if visit.guest.may(topic.scope)]


async def _kept(visit: Visit) -> KeptSheet:
    """The sheet that the address names, if this person keeps it still."""
    sheet = visit.path["sheet"]
    if ids.from_wire("", sheet) is None:
        raise NothingHereError
    kept = await find_sheet(visit.database, visit.caller, sheet)
    if kept is None:
        raise NothingHereError
    return kept


def _options(kept: KeptSheet, plan: Plan, *, dry_run: bool = False) -> ImportOptions:
    """How the sheet is read: every column is what was chosen for it, or what its name says."""
    chosen: dict[str, str] = {}
    if plan.columns is not None:
        names = [each.name for each in _glanced(kept)]
        chosen = dict(zip(names, plan.columns, strict=False))
    return ImportOptions(
        decimal=plan.decimal,
        map=chosen,
        ignore_unknown=True,
        dry_run=dry_run,
        all_or_nothing=plan.whole,
        rows_max=ROWS_MAX,
        chunk_rows=CHUNK_ROWS,
    )


def _glanced(kept: KeptSheet) -> tuple[Glanced, ...]:
    glanced = glance_at(io.BytesIO(kept.content), TOPICS[kept.kind].kind, EXAMPLES)
    assert not isinstance(glanced, Refusal), "what cannot be glanced at is not kept"
    return glanced


async def _run(
    visit: Visit, kept: KeptSheet, options: ImportOptions, failed: FailedSheet
) -> Written[ImportReport] | Refusal:
    """Try the sheet, or import it; sent twice, it is imported once."""
    database, desk, caller = visit.database, visit.services.desk, visit.caller
    source = io.BytesIO(kept.content)
    sent: Sent = visit.sent(f"import {kept.kind}")
    if kept.kind == "stock":
        return await orders.import_stock(desk, caller, source, options, failed=failed, sent=sent)
    act = catalogue.import_products if kept.kind == "products" else catalogue.import_suppliers
    return await act(database, desk.new_id, caller, source, options, failed=failed, sent=sent)


def _preview(kept: KeptSheet, plan: Plan, words: Words) -> Preview | Refusal:
    """The first rows as they will be read."""
    kind = TOPICS[kept.kind].kind
    sheet = open_sheet(io.BytesIO(kept.content), kind, _options(kept, plan))
    if isinstance(sheet, Refusal):
        return sheet
    names = tuple([column.name for _, column in sheet.mapped.read])
    rows: list[Row] = next(sheet.chunks(PREVIEW_ROWS), [])
    shown = [
        PreviewRow(
            row.number,
            {name: _text(row.values.get(name), words) for name in names},
            row.faults,
        )
        for row in rows
    ]
    return Preview(names, tuple(shown), sheet.decimal, sheet.encoding, sheet.mapped.ignored)


def _text(value: str | Decimal | int | bool | None, words: Words) -> str:  # noqa: FBT001 - a cell may say yes or no
    """What a cell was read as, as this language writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return words("yes") if value else words("no")
    return value if isinstance(value, str) else words.quantity(value)


def _choosing(visit: Visit, faults: tuple[Fault, ...]) -> Shown:
    context = {
        "subjects": _subjects(visit),
        "kind": visit.typed.text("kind") or visit.query.text("kind"),
        "megabytes": visit.services.settings.body_max_bytes // 1_000_000,
        "rows_max": ROWS_MAX,
        "faults": faults,
    }
    return Shown(
        template="imports/choose.html.jinja", context=context, status=422 if faults else 200
    )


async def _sheet_page(
    visit: Visit, kept: KeptSheet, plan: Plan, ran: Ran | None, faults: tuple[Fault, ...]
) -> Shown:
    """The page of a sheet: its columns, its first rows as they are read, what became of it."""
    topic = TOPICS[kept.kind]
    glanced = _glanced(kept)
    chosen = plan.columns or tuple([each.guess for each in glanced])
    # Reading a whole sheet is work for the processor alone: beside the loop, nobody waits for it.
    preview = await asyncio.to_thread(_preview, kept, plan, visit.words)
    unreadable = preview.faults if isinstance(preview, Refusal) else ()
    told = [Fault(each.code, each.message, None, each.facts) for each in faults or unreadable]
    return Shown(
        template="imports/sheet.html.jinja",
        context={
            "sheet": kept,
            "plan": plan,
            "columns": list(zip(glanced, chosen, strict=False)),
            "fields": [each for each in topic.kind.columns if each.is_read],
            "preview": None if isinstance(preview, Refusal) else preview,
            "ran": ran,
            "may": visit.guest.may(topic.scope),
            "faults": told,
        },
        status=422 if faults else 200,
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/import",
        summary="Import a sheet: choose a file",
        handler=show_import,
        scope=Scope.STOCK_WRITE,
        query=("kind",),
    ),
    Page(
        method="POST",
        path="/import",
        summary="Send a sheet to look at",
        handler=do_keep,
        scope=Scope.STOCK_WRITE,
        fields=("kind",),
        files=("file",),
        takes_key=False,
    ),
    Page(
        method="GET",
        path="/import/{sheet}",
        summary="How a sheet will be read, and what became of it",
        handler=show_sheet,
        scope=Scope.STOCK_WRITE,
    ),
    Page(
        method="POST",
        path="/import/{sheet}",
        summary="Map a sheet's columns, try it or import it",
        handler=do_step,
        scope=Scope.STOCK_WRITE,
        fields=("step", "column", "decimal", "whole"),
    ),
    Page(
        method="GET",
        path="/import/{sheet}/failed",
        summary="The rows of a sheet that failed",
        handler=download_failed,
        scope=Scope.STOCK_WRITE,
    ),
    Page(
        method="GET",
        path="/export",
        summary="Sheets to take along",
        handler=show_export,
        scope=Scope.CATALOGUE_READ,
    ),
    Page(
        method="GET",
        path="/export/{kind}",
        summary="Products, suppliers or stock as a sheet",
        handler=download_export,
        scope=Scope.CATALOGUE_READ,
    ),
    Page(
        method="GET",
        path="/template/{kind}",
        summary="An empty sheet to fill in",
        handler=download_template,
        scope=Scope.CATALOGUE_READ,
    ),
)
