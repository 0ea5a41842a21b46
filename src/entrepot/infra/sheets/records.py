"""Reads the records of a CSV text one by one; one that is broken spoils no other.

A quote that is opened and not closed would swallow all that follows. Such a record is given up
after its first line, and the lines after it are read again on their own.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

RECORD_LENGTH_MAX: Final = 100_000
"""Characters of a record, and so of a line; the reader's own limit for a cell is above it."""
DELIMITERS: Final = (",", ";", "\t")


class Record(NamedTuple):
    """A record: its number as spreadsheet programs count rows, its cells, and what is wrong."""

    number: int
    cells: list[str]
    fault: str | None = None


class _TooLongError(Exception):
    """A line, or the lines of one record, are longer than is read."""


class _Lines:
    """The lines of a text, which can be put back; none of them is kept longer than needed."""

    def __init__(self, text: TextIO) -> None:
        self.taken: list[str] = []
        self._text = text
        self._again: deque[str] = deque()
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            line = self._text.readline(RECORD_LENGTH_MAX)
            if not line:
                raise StopIteration
            if len(line) == RECORD_LENGTH_MAX:
                self._skip_rest(line)
        self.taken.append(line)
        self._length += len(line)
        if self._length >= RECORD_LENGTH_MAX:
            raise _TooLongError
        return line

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.taken.clear()
        self._length = 0

    def put_back(self) -> None:
        """Read all lines of the record but its first again."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(RECORD_LENGTH_MAX)


def read_records(text: TextIO, delimiter: str) -> Iterator[Record]:
    """Read a text's records, the header included, without empty ones.

    `text` was opened with `newline=""`, so that line breaks in cells stay as they are.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    while True:
        lines.begin()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            reason = _reason(error, lines.taken)
            first = lines.taken[0][:RECORD_LENGTH_MAX].rstrip("\r\n").split(delimiter)
            lines.put_back()
            yield Record(number, first, reason)
            continue
        if any(cells):
            yield Record(number, cells)


def find_delimiter(line: str) -> str:
    """The delimiter that cuts a header into the most columns; a comma where none does."""
    return max(DELIMITERS, key=lambda each: len(_cut(line, each)))


def _cut(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _reason(error: Exception, taken: list[str]) -> str:
    if isinstance(error, _TooLongError) and len(taken) == 1:
        return f"The line is longer than {RECORD_LENGTH_MAX} characters."
    if isinstance(error, _TooLongError) or "unexpected end" in str(error):
        return "A quote opens in this line and does not close again."
    return "Something stands after a closing quote; a quote inside quotes is written twice."
