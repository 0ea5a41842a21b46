"""Writes sheets: CSV that spreadsheet programs open as text, and that reads back as it was.

A cell that begins like a formula would be run by whoever opens the file. Such a text gets an
apostrophe before it on the way out, and loses it on the way in; numbers are left as they are.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Literal

import msgspec

from entrepot.infra.sheets.columns import ERROR, Kind
from entrepot.infra.sheets.values import DecimalMark

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED: Final = re.compile(r"''*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*")
_FIRST: Final = frozenset("'=+-@\t\r")
_DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+")
_BLANKS: Final = " \u00a0\t\r\n"


class SheetForm(msgspec.Struct, frozen=True):
    """How a sheet is written: what parts its columns, and whether a mark says that it is UTF-8.

    Some versions of Excel take a file without that mark for another encoding. Where numbers are
    written with a comma, Excel reads 19.251 as some nineteen thousand: so is the decimal mark said.
    """

    delimiter: Literal[",", ";", "\t"] = ","
    has_mark: bool = False
    decimal_mark: DecimalMark = "point"


class SheetWriter:
    """Writes rows of a sheet to text."""

    def __init__(self, form: SheetForm) -> None:
        """Begin a sheet; its first text has the mark, if the form asks for one."""
        self._buffer = io.StringIO()
        self._has_commas = form.decimal_mark == "comma"
        self._writer = csv.writer(self._buffer, delimiter=form.delimiter, lineterminator="\r\n")
        if form.has_mark:
            self._buffer.write("\ufeff")

    def write(self, rows: Iterable[Sequence[str | None]], texts: Sequence[int] = ()) -> bytes:
        """Write rows of cells; None is an empty one. Those at the places `texts` are defused."""
        if texts:
            rows = [_defused_row(row, texts) for row in rows]
        if self._has_commas:
            rows = [_with_commas(row, texts) for row in rows]
        self._writer.writerows(rows)
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()


def _defused_row(row: Sequence[str | None], texts: Sequence[int]) -> Sequence[str | None]:
    for place in texts:
        cell = row[place]
        if cell and cell[0] in _FIRST:
            return [
                defused(cell) if cell and place in texts else cell for place, cell in enumerate(row)
            ]
    return row


def _with_commas(row: Sequence[str | None], texts: Sequence[int]) -> Sequence[str | None]:
    """A row whose numbers have a decimal comma; what people wrote stays as it is."""
    return [
        cell.replace(".", ",") if cell and place not in texts and _DECIMAL.fullmatch(cell) else cell
        for place, cell in enumerate(row)
    ]


def defused(text: str) -> str:
    """A text as it is written into a cell."""
    return "'" + text if _FORMULA.match(text) else text


def defused_again(cell: str) -> str:
    """A cell as it was read, made safe to write once more without changing what it says."""
    if cell.startswith("'") or _NUMBER.fullmatch(cell):
        return cell
    return defused(cell)


def plain_of(cell: str) -> str:
    """The text that a cell stands for: without outer blanks and without what defused it."""
    if cell.startswith("'") and _DEFUSED.match(cell):
        return cell[1:]
    return cell.strip(_BLANKS)


async def write_pages(
    names: Sequence[str],
    texts: Sequence[str],
    form: SheetForm,
    pages: AsyncIterator[Sequence[Sequence[str | None]]],
) -> AsyncIterator[bytes]:
    """Write a sheet page by page: its header, then each page's rows.

    `texts` are the columns that hold what people wrote, which is defused.
    """
    writer = SheetWriter(form)
    places = tuple(names.index(name) for name in texts)
    lead = writer.write([names])
    async for page in pages:
        yield lead + writer.write(page, places)
        lead = b""


def template_of(kind: Kind, form: SheetForm) -> bytes:
    """An empty sheet: the names of the columns that a kind reads."""
    return SheetWriter(form).write([[column.name for column in kind.columns if column.is_read]])


def failed_header(header: Sequence[str], error: int | None) -> list[str]:
    """The header of a file of failed rows: as it was, and the column of errors at the end."""
    return [*_without(header, error), ERROR]


def failed_cells(cells: Sequence[str], width: int, error: int | None, says: str) -> list[str]:
    """A failed row: its cells as they were, made up to the header's width, and what is wrong."""
    whole = [defused_again(cell) for cell in cells] + [""] * (width - len(cells))
    return [*_without(whole, error), says]


def _without(cells: Sequence[str], place: int | None) -> list[str]:
    return [cell for number, cell in enumerate(cells) if number != place]
