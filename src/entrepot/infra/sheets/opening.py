"""Opens a file as a sheet: encoding, delimiter, columns, decimal mark, and which rows repeat.

All of it is known, or refused, before the first row is acted on. The file is read through once for
its bytes, once for its rows, and again for each time that its rows are asked for.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, Literal, NamedTuple

import msgspec

from entrepot.infra import errors
from entrepot.infra.sheets.columns import Column, Kind, Mapped, Unique, map_columns
from entrepot.infra.sheets.encodings import Recognised, recognise
from entrepot.infra.sheets.records import Record, find_delimiter, read_records
from entrepot.infra.sheets.values import DecimalMark, Parse, Value, marks_of, parser_of
from entrepot.infra.sheets.writing import plain_of
from entrepot.kernel.refusal import Fault, Refusal, refuse

HEADER_LENGTH_MAX: Final = 20_000
_SEEN_BITS: Final = 1 << 27
_SHOWN_LENGTH_MAX: Final = 60


class ImportOptions(msgspec.Struct, frozen=True):
    """How to read a file, and what to do with it.

    `map` says which of our fields a column of theirs is, "" that it is read over. `rows_max` None
    reads any number of rows; `chunk_rows` are decided together.
    """

    decimal: DecimalMark | Literal["auto"] = "auto"
    map: Mapping[str, str] = {}
    ignore_unknown: bool = False
    dry_run: bool = False
    all_or_nothing: bool = False
    rows_max: int | None = None
    chunk_rows: int = 2_000


class Row(NamedTuple):
    """A row: its number in the file, its cells as they stand there, and what they say.

    `values` has a value for each column of the file that is read; None for an empty cell.
    """

    number: int
    cells: list[str]
    values: dict[str, Value]
    faults: tuple[Fault, ...] = ()


class Sheet:
    """A file whose columns are known."""

    def __init__(
        self,
        kind: Kind,
        source: BinaryIO,
        recognised: Recognised,
        layout: "Layout",
        mapped: Mapped,
    ) -> None:
        """Keep what opening the file has found; `survey` looks through its rows."""
        self.kind = kind
        self.encoding = recognised.encoding.removesuffix("-sig")
        self.digest = recognised.digest
        self.size = recognised.size
        self.header = layout.header
        self.delimiter = layout.delimiter
        self.mapped = mapped
        self.decimal: DecimalMark = "point"
        self._source = source
        self._recognised = recognised
        self._has_hint = layout.has_hint
        self._suspects: frozenset[str] = frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns that the file has and that are read."""
        return frozenset(column.name for _, column in self.mapped.read)

    @property
    def bytes_read(self) -> int:
        """How far the reading of rows has come."""
        return self._source.tell()

    def chunks(self, rows: int) -> Iterator[list[Row]]:
        """Read the file's rows, so many at once."""
        chunk: list[Row] = []
        for row in self._rows():
            chunk.append(row)
            if len(chunk) == rows:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def survey(self, options: ImportOptions) -> Refusal | None:
        """Look through all rows for the decimal mark and for rows that may repeat others.

        Refuses `import.decimals_contradict`, `import.decimals_unclear`, `import.too_many_rows`.
        """
        readers = self._key_readers()
        repeats = _Repeats()
        marks = _Marks()
        numbers = self._number_places() if options.decimal == "auto" else ()
        count = 0
        for record in self._records():
            count += 1
            if record.fault is not None or len(record.cells) < len(self.header):
                continue
            for place in numbers:
                cell = record.cells[place]
                if "," in cell or "." in cell:
                    marks.note(record.number, cell.strip())
            for reader in readers:
                key = reader.read(record.cells)
                if key is not None:
                    repeats.note(key)
        if options.rows_max is not None and count > options.rows_max:
            return refuse(
                errors.TOO_MANY_ROWS,
                f"The file has {count} rows; at most {options.rows_max} are taken at once."
                " Send it in parts, or use `entrepot import`, which has no limit.",
                facts={"rows": count, "max": options.rows_max},
            )
        decided = marks.decide() if options.decimal == "auto" else options.decimal
        if isinstance(decided, Refusal):
            return decided
        self.decimal = decided
        self._suspects = frozenset(repeats.suspects)
        return None

    def _rows(self) -> Iterator[Row]:
        read = [
            (place, column, parser_of(column.kind, self.decimal))
            for place, column in self.mapped.read
        ]
        readers = self._key_readers() if self._suspects else ()
        first: dict[str, int] = {}
        for record in self._records():
            fault = self._record_fault(record)
            if fault is not None:
                yield Row(record.number, record.cells, {}, (fault,))
                continue
            values, faults = _values(read, record.cells)
            for reader in readers:
                key = reader.read(record.cells)
                if key is not None and key in self._suspects:
                    earlier = first.setdefault(key, record.number)
                    if earlier != record.number:
                        faults.append(_repeated(reader.unique, earlier))
            yield Row(record.number, record.cells, values, tuple(faults))

    def _records(self) -> Iterator[Record]:
        """The records below the header; empty cells beyond the last column are cut off."""
        self._source.seek(0)
        text = open_text(self._source, self._recognised.encoding)
        try:
            if self._has_hint:
                text.readline()
            width = len(self.header)
            records = read_records(text, self.delimiter)
            next(records)
            for record in records:
                cells = record.cells
                if len(cells) > width and not any(cells[width:]):
                    del cells[width:]
                yield record
        finally:
            text.detach()

    def _record_fault(self, record: Record) -> Fault | None:
        reason = record.fault
        if reason is None and len(record.cells) != len(self.header):
            cells = "1 cell" if len(record.cells) == 1 else f"{len(record.cells)} cells"
            reason = f"The row has {cells}; the header has {len(self.header)}."
        if reason is None and self._recognised.has_nuls and "\0" in "".join(record.cells):
            reason = "The row holds a NUL byte, which is no text."
        return None if reason is None else Fault(errors.ROW_NOT_READABLE, reason)

    def _number_places(self) -> tuple[int, ...]:
        return tuple(
            place for place, column in self.mapped.read if column.kind in {"number", "percentage"}
        )

    def _key_readers(self) -> tuple["_KeyReader", ...]:
        places = {column.name: place for place, column in self.mapped.read}
        return tuple(
            _KeyReader(number, unique, places)
            for number, unique in enumerate(self.kind.unique)
            if unique.when in places
        )


class Layout(NamedTuple):
    """A header, its delimiter, and whether a line before it names the delimiter."""

    header: list[str]
    delimiter: str
    has_hint: bool


def open_sheet(source: BinaryIO, kind: Kind, options: ImportOptions) -> Sheet | Refusal:
    """Open a file that can be read more than once as a sheet of a kind.

    Refuses the `import.` codes of whole files, each with what to do; nothing was written then.
    """
    recognised = recognise(source)
    if isinstance(recognised, Refusal):
        return recognised
    layout = read_layout(source, recognised.encoding)
    if isinstance(layout, Refusal):
        return layout
    mapped = map_columns(kind, layout.header, options.map, ignore_unknown=options.ignore_unknown)
    if isinstance(mapped, Refusal):
        return mapped
    sheet = Sheet(kind, source, recognised, layout, mapped)
    return sheet.survey(options) or sheet


def read_layout(source: BinaryIO, encoding: str) -> Layout | Refusal:
    """Read the header, after the line `sep=;` that some programs put before it."""
    source.seek(0)
    text = open_text(source, encoding)
    try:
        line = text.readline(HEADER_LENGTH_MAX)
        stated = line.strip().removeprefix("sep=") if line.startswith("sep=") else ""
        has_hint = len(line.strip("\r\n")) == len("sep=") + 1
        if has_hint:
            line = text.readline(HEADER_LENGTH_MAX)
            delimiter = stated or "\t"
        else:
            delimiter = find_delimiter(line)
    finally:
        text.detach()
    header = _read_header(source, encoding, delimiter, has_hint=has_hint)
    while header and not header[-1]:
        header.pop()
    if not header:
        return refuse(
            errors.HEADER_MISSING,
            "The file does not begin with a line of column names. `--template` prints one.",
        )
    return Layout(header, delimiter, has_hint)


def _read_header(source: BinaryIO, encoding: str, delimiter: str, *, has_hint: bool) -> list[str]:
    source.seek(0)
    text = open_text(source, encoding)
    try:
        if has_hint:
            text.readline(HEADER_LENGTH_MAX)
        first = next(read_records(text, delimiter), None)
    except csv.Error:
        return []
    finally:
        text.detach()
    if first is None or first.fault is not None or first.number != 1:
        return []
    return [plain_of(cell) for cell in first.cells]


def open_text(source: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(source, encoding=encoding, newline="")


def _values(
    read: Sequence[tuple[int, Column, Parse]], cells: Sequence[str]
) -> tuple[dict[str, Value], list[Fault]]:
    """Read the cells of a row; a cell that cannot be read is a fault and has no value."""
    values: dict[str, Value] = {}
    faults: list[Fault] = []
    for place, column, parse in read:
        text = plain_of(cells[place])
        if not text:
            values[column.name] = None
            continue
        try:
            values[column.name] = parse(text)
        except ValueError as error:
            shown = text[:_SHOWN_LENGTH_MAX]
            faults.append(
                Fault(
                    errors.VALUE_NOT_VALID,
                    f"{shown!r} in {column.name} is not {error}.",
                    column.name,
                    {"value": shown},
                )
            )
    return values, faults


def _repeated(unique: Unique, earlier: int) -> Fault:
    return Fault(
        errors.ROW_REPEATED,
        f"Row {earlier} has the same {' and '.join(unique.columns)} already; keep one of them.",
        unique.columns[0],
        {"row": earlier},
    )


class _KeyReader:
    """Reads what tells a row apart; None for a row that need not differ from others."""

    def __init__(self, number: int, unique: Unique, places: Mapping[str, int]) -> None:
        self.unique = unique
        self._before = f"{number}\n"
        self._when = places[unique.when]
        self._places = tuple(places[name] for name in unique.columns if name in places)

    def read(self, cells: Sequence[str]) -> str | None:
        if not cells[self._when].strip():
            return None
        return self._before + self.unique.key([plain_of(cells[place]) for place in self._places])


class _Repeats:
    """Finds keys that may stand twice, in memory that does not grow with the file.

    Of a million different keys some four thousand are suspected wrongly; the rows themselves are
    compared for suspects only.
    """

    def __init__(self) -> None:
        self.suspects: set[str] = set()
        self._seen = bytearray(_SEEN_BITS >> 3)

    def note(self, key: str) -> None:
        number = hash(key) & (_SEEN_BITS - 1)
        place, bit = number >> 3, 1 << (number & 7)
        if self._seen[place] & bit:
            self.suspects.add(key)
        else:
            self._seen[place] |= bit


class _Marks:
    """Gathers what proves that a file's numbers have decimal commas, or decimal points."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, str]] = {}

    def note(self, number: int, cell: str) -> None:
        mark = marks_of(cell)
        if mark is not None:
            self._first.setdefault(mark, (number, cell[:_SHOWN_LENGTH_MAX]))

    def decide(self) -> DecimalMark | Refusal:
        comma, point = self._first.get("comma"), self._first.get("point")
        if comma is not None and point is not None:
            return refuse(
                errors.DECIMALS_CONTRADICT,
                f"Row {comma[0]} writes {comma[1]} with a decimal comma, row {point[0]} writes"
                f" {point[1]} with a decimal point. Say which is meant with decimal, and mend the"
                " rows that are written otherwise.",
                facts={"comma_row": comma[0], "point_row": point[0]},
            )
        if comma is None and point is None and "either" in self._first:
            number, cell = self._first["either"]
            return refuse(
                errors.DECIMALS_UNCLEAR,
                f"Row {number} writes {cell}, which may be a thousand or a little more than"
                " one, and no other row tells. Say decimal comma or decimal point.",
                facts={"row": number, "value": cell},
            )
        return "point" if comma is None else "comma"
