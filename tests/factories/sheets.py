"""Sheets as tests write them, and what became of them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from entrepot.infra.sheets import FailedSheet, ImportOptions, ImportReport
from entrepot.infra.writing import Written
from entrepot.kernel.refusal import Refusal


def sheet_of(*lines: str, encoding: str = "utf-8") -> io.BytesIO:
    """A file of these lines."""
    return io.BytesIO("".join(line + "\r\n" for line in lines).encode(encoding))


class FailedRows:
    """Keeps the sheet of failed rows."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.sheet = FailedSheet(self.pieces.append)

    @property
    def content(self) -> bytes:
        """The sheet as a file."""
        return b"".join(self.pieces)

    @property
    def lines(self) -> list[str]:
        """Its lines below the header."""
        return self.content.decode("utf-8-sig").split("\r\n")[1:-1]

    @property
    def codes(self) -> list[str]:
        """The codes of each line, joined by a space."""
        errors = [line.rpartition(",")[2] if '"' not in line else line for line in self.lines]
        return [" ".join(_codes(error)) for error in errors]


def _codes(error: str) -> list[str]:
    return [
        word.strip('",').removesuffix(":")
        for part in error.split(" | ")
        for word in part.replace('"', " ").replace(",", " ").split()
        if word.endswith(":") and "." in word
    ]


def reported(answer: Written[ImportReport] | Refusal) -> ImportReport:
    """The report of an import that was not refused."""
    assert isinstance(answer, Written), answer
    return answer.answer


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """How many rows were created, changed, unchanged and failed."""
    return report.created, report.changed, report.unchanged, report.failed


def options(**fields: object) -> ImportOptions:
    """How to read a sheet."""
    return ImportOptions(**fields)  # type: ignore[arg-type] # tests name any field


def column(rows: Sequence[Sequence[object]], place: int) -> list[object]:
    """One column of rows."""
    return [row[place] for row in rows]
