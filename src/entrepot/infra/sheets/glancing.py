"""Looks at the beginning of a file before it is known which of its columns mean what."""

import csv
from itertools import islice
from typing import BinaryIO

import msgspec

from entrepot.infra.sheets.columns import ERROR, Kind, guess_column
from entrepot.infra.sheets.encodings import recognise
from entrepot.infra.sheets.opening import open_text, read_layout
from entrepot.infra.sheets.records import read_records
from entrepot.infra.sheets.writing import plain_of
from entrepot.kernel.refusal import Refusal


class Glanced(msgspec.Struct, frozen=True):
    """A column of a file: its name, what stands first in it, and our column that it may be.

    `guess` is "" where its name means nothing here, or means what is read over anyway.
    """

    name: str
    examples: tuple[str, ...]
    guess: str


def glance_at(source: BinaryIO, kind: Kind, rows: int) -> tuple[Glanced, ...] | Refusal:
    """The columns of a file with their first `rows` cells, and what each may be of a kind.

    The column of errors of a file of failed rows is left out. Refuses
    `import.encoding_not_recognised` and `import.header_missing`.
    """
    recognised = recognise(source)
    if isinstance(recognised, Refusal):
        return recognised
    layout = read_layout(source, recognised.encoding)
    if isinstance(layout, Refusal):
        return layout
    source.seek(0)
    text = open_text(source, recognised.encoding)
    try:
        if layout.has_hint:
            text.readline()
        records = list(islice(read_records(text, layout.delimiter), rows + 1))[1:]
    except csv.Error:
        records = []
    finally:
        text.detach()
    return tuple(
        [
            Glanced(
                name,
                tuple([plain_of(each.cells[place]) for each in records if place < len(each.cells)]),
                _guess(kind, name),
            )
            for place, name in enumerate(layout.header)
            if name != ERROR
        ]
    )


def _guess(kind: Kind, name: str) -> str:
    column = guess_column(kind, name)
    return column.name if column is not None and column.is_read else ""
