"""Turns rows into arrays, one a column, as `unnest` takes them.

Two ways, chosen by measurement: the driver's own arrays for ids, times and free text; array
literals as text (`$1::text::numeric[]`) for numbers and safe words, which cost the application a
quarter and PostgreSQL nothing more (docs/decisions/0003).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime


def columns(rows: Sequence[tuple[object, ...]], width: int) -> list[Sequence[object]]:
    """Turn rows into one array a column; no rows give `width` empty arrays."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def literal(values: Iterable[object]) -> str:
    """Write an array literal of numbers or safe words; None is NULL.

    Safe words are made of letters, digits, `_`, `-`, `.` and `:`. For anything a caller could have
    typed, use the driver's arrays: nothing is escaped here.
    """
    return "{" + ",".join(["NULL" if each is None else str(each) for each in values]) + "}"


def times(values: Iterable[datetime | None]) -> str:
    """Write an array literal of times; in a batch most are the same, and each is written once."""
    known: dict[datetime | None, str] = {None: "NULL"}
    texts = []
    for each in values:
        text = known.get(each)
        if text is None:
            assert each is not None, "None is known"
            text = known[each] = each.isoformat()
        texts.append(text)
    return "{" + ",".join(texts) + "}"
