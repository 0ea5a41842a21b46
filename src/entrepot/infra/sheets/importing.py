"""Runs an import: chunk by chunk, each decided by its area, with the failed rows handed back."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import BinaryIO, Final, Protocol, TypeAlias

import msgspec

from entrepot.infra.failures import Failure, broken_constraint, failure_of
from entrepot.infra.ids import random_share
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.sheets.columns import Kind
from entrepot.infra.sheets.opening import ImportOptions, Row, Sheet, open_sheet
from entrepot.infra.sheets.writing import SheetForm, SheetWriter, failed_cells, failed_header
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once, find_written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal

TRIES_MAX: Final = 6
PAUSE_SECONDS: Final = 0.05


class Ending(str, Enum):  # noqa: UP042 - StrEnum would change nothing but the text of members
    """What became of a row that did not fail."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


Verdict: TypeAlias = Ending | tuple[Fault, ...]
"""What became of a row, or everything that is wrong with it."""


class Decide(Protocol):
    """Decides the rows of a chunk that could be read, in order; a dry run writes nothing.

    What it writes is one transaction. It raises `RivalError` when somebody wrote the same just now,
    and is then asked again.
    """

    async def __call__(self, sheet: Sheet, rows: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Say what became of each row."""


class RivalError(Exception):
    """Somebody wrote what a chunk was about to write; nothing of the chunk has happened."""


class Importer(msgspec.Struct, frozen=True):
    """Who imports, over which database, and how the request came if by one."""

    pool: Pool
    new_id: Callable[[], Id]
    caller: Caller
    sent: Sent | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far a run has come: rows decided, those that failed, and the share of the file read."""

    rows: int
    failed: int
    share: float
    is_rehearsal: bool


Watch: TypeAlias = Callable[[Progress], None]


class ImportReport(msgspec.Struct, frozen=True):
    """What became of a file's rows, and how the file was read.

    `is_written` is False for a dry run, and when a row failed of a file that was to be imported
    whole or not at all. `ignored` are the columns that were not read. `sheet` names the file's
    content: the audit has it too. `failed_csv` are the rows that failed, as a sheet, where they
    were not written to a file.
    """

    kind: str
    sheet: str
    rows: int
    created: int
    changed: int
    unchanged: int
    failed: int
    is_dry_run: bool
    is_written: bool
    encoding: str
    delimiter: str
    decimal: str
    ignored: tuple[str, ...]
    failed_csv: str | None = None


class FailedSheet:
    """Writes the rows that failed as a sheet that can be mended and imported again.

    It begins with the first row that fails: a run without failures writes nothing.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        say: Callable[[Sequence[Fault]], str] | None = None,
    ) -> None:
        """Hand each piece of the sheet, in UTF-8, to `write`; `say` tells what is wrong."""
        self._write = write
        self._say = say or say_faults
        self._writer: SheetWriter | None = None

    def add(self, sheet: Sheet, failed: Sequence[tuple[Row, tuple[Fault, ...]]]) -> None:
        """Add rows of a sheet with what is wrong with each."""
        if not failed:
            return
        error = sheet.mapped.error
        lines: list[list[str]] = []
        if self._writer is None:
            form = SheetForm(sheet.delimiter, has_mark=True)  # type: ignore[arg-type] # a file may name another delimiter than ours in its first line
            self._writer = SheetWriter(form)
            lines.append(failed_header(sheet.header, error))
        width = len(sheet.header)
        lines += [failed_cells(row.cells, width, error, self._say(each)) for row, each in failed]
        self._write(self._writer.write(lines))


def say_faults(faults: Sequence[Fault]) -> str:
    """What is wrong with a row: each fault with its code, in one line."""
    return " | ".join(f"{fault.code}: {fault.message}" for fault in faults)


async def import_sheet(
    importer: Importer,
    kind: Kind,
    source: BinaryIO,
    options: ImportOptions,
    decide: Decide,
    failed: FailedSheet | None = None,
    watch: Watch | None = None,
) -> Written[ImportReport] | Refusal:
    """Import a file: open it, decide all its rows, and report.

    Rows that fail are left out and handed to `failed`; without it the report has them. With
    `options.all_or_nothing` every row is decided once without writing first, and nothing is
    written when one of them fails. A request that was sent before is answered as then; a dry run
    is answered anew each time. Refuses `request.key_reused` and what `open_sheet` refuses.
    """
    sent = None if options.dry_run else importer.sent
    if sent is not None:
        found = await find_written(importer.pool, importer.caller, sent, ImportReport)
        if found is not None:
            return found
    sheet = await asyncio.to_thread(open_sheet, source, kind, options)
    if isinstance(sheet, Refusal):
        return sheet
    gathered: list[bytes] = []
    run = _Run(sheet, options, decide, failed or FailedSheet(gathered.append), watch)
    report = await run.to_end()
    if gathered:
        report = msgspec.structs.replace(report, failed_csv=b"".join(gathered).decode("utf-8-sig"))
    if sent is None:
        return Written(report)

    async def finish(_: Connection, __: datetime) -> Done[ImportReport]:
        subject = ids.ORGANISATION + importer.caller.organisation
        return Done(report, (Happening("import.finished", subject, report),))

    return await act_once(
        importer.pool, importer.new_id, importer.caller, sent, ImportReport, finish
    )


class _Run:
    """One import under way."""

    def __init__(
        self,
        sheet: Sheet,
        options: ImportOptions,
        decide: Decide,
        failed: FailedSheet,
        watch: Watch | None,
    ) -> None:
        self._sheet = sheet
        self._options = options
        self._decide = decide
        self._failed = failed
        self._watch = watch

    async def to_end(self) -> ImportReport:
        """Decide everything: once, or after a rehearsal that must not fail."""
        if not self._options.all_or_nothing or self._options.dry_run:
            return await self._through(dry=self._options.dry_run)
        rehearsed = await self._through(dry=True, is_rehearsal=True)
        return rehearsed if rehearsed.failed else await self._through(dry=False)

    async def _through(self, *, dry: bool, is_rehearsal: bool = False) -> ImportReport:
        """Go once through all rows."""
        counts = dict.fromkeys(Ending, 0)
        rows = failures = 0
        chunks = self._sheet.chunks(self._options.chunk_rows)
        # Reading is work for the processor alone: beside the loop, it keeps no request waiting.
        while chunk := await asyncio.to_thread(next, chunks, None):
            verdicts = await self._verdicts(chunk, dry=dry)
            bad = []
            for row, verdict in zip(chunk, verdicts, strict=True):
                if isinstance(verdict, Ending):
                    counts[verdict] += 1
                else:
                    bad.append((row, verdict))
            self._failed.add(self._sheet, bad)
            rows += len(chunk)
            failures += len(bad)
            if self._watch is not None:
                share = self._sheet.bytes_read / max(self._sheet.size, 1)
                self._watch(Progress(rows, failures, share, is_rehearsal))
        return self._report(rows, counts, failures, is_written=not dry)

    async def _verdicts(self, chunk: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Decide the rows of a chunk; those that could not be read are decided already."""
        readable = [row for row in chunk if not row.faults]
        decided = iter(await self._decided(readable, dry=dry) if readable else ())
        return [row.faults or next(decided) for row in chunk]

    async def _decided(self, rows: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Decide rows, again when a rival was there first."""
        for attempt in range(TRIES_MAX):
            try:
                return await self._decide(self._sheet, rows, dry=dry)
            except Exception as error:
                if attempt + 1 == TRIES_MAX or not _is_rivalry(error):
                    raise
            await asyncio.sleep(PAUSE_SECONDS * (1 << attempt) * (0.5 + random_share()))
        raise AssertionError("the last attempt answers or raises")

    def _report(
        self, rows: int, counts: dict[Ending, int], failures: int, *, is_written: bool
    ) -> ImportReport:
        sheet = self._sheet
        return ImportReport(
            kind=sheet.kind.name,
            sheet=sheet.digest.hex(),
            rows=rows,
            created=counts[Ending.CREATED],
            changed=counts[Ending.CHANGED],
            unchanged=counts[Ending.UNCHANGED],
            failed=failures,
            is_dry_run=self._options.dry_run,
            is_written=is_written,
            encoding=sheet.encoding,
            delimiter=sheet.delimiter,
            decimal=sheet.decimal,
            ignored=sheet.mapped.ignored,
        )


def _is_rivalry(error: Exception) -> bool:
    """Whether another writer is to blame: then the chunk is read and decided again."""
    return (
        isinstance(error, RivalError)
        or failure_of(error) is Failure.TRY_AGAIN
        or broken_constraint(error) is not None
    )
