"""Pages: how a list is read piece by piece, by key, at the same cost wherever one is in it.

A page starts after a key, never at a number, so rows that come or go in between neither repeat nor
hide others.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from entrepot.kernel.ids import Id

Row = TypeVar("Row")
Key: TypeAlias = tuple[str | int, ...]

LIMIT_MAX: Final = 200
LIMIT_USUAL: Final = 50

LOWEST: Final[Id] = "0" * 32
"""Sorts before every id."""
HIGHEST: Final[Id] = "f" * 32
"""Sorts after every id."""

_CLOCKS_APART_MAX: Final = 24 * 3600
"""Seconds."""
_TIME_DIGITS: Final = 12
"""What an id begins with: the milliseconds at which it was made."""


class Page(NamedTuple):
    """At most `limit` rows, from after the row with this key; None: from the beginning."""

    limit: int = LIMIT_USUAL
    after: Key | None = None

    @property
    def rows_wanted(self) -> int:
        """One row more than is shown, which says whether another page follows."""
        return self.limit + 1


class Stretch(msgspec.Struct, Generic[Row], frozen=True):
    """What was found in a stretch of a list that is searched piece by piece, at a bounded cost.

    There may be fewer rows than asked for, even none, and more behind `following`, the key to go on
    after; None at the end of the list.
    """

    rows: tuple[Row, ...]
    following: Key | None


def cut(rows: Sequence[Row], page: Page) -> tuple[Sequence[Row], bool]:
    """Cut what was read to a page, and say whether more follows."""
    return rows[: page.limit], len(rows) > page.limit


def lowest_id(from_: datetime | None) -> Id:
    """An id that is certainly lower than those of what was made from a time on.

    Ids carry the time of the machine that made them; it is allowed to be a day off.
    """
    return LOWEST if from_ is None else _id_at(from_, -_CLOCKS_APART_MAX, LOWEST[_TIME_DIGITS:])


def highest_id(until: datetime | None) -> Id:
    """An id that is certainly higher than those of what was made before a time."""
    return HIGHEST if until is None else _id_at(until, _CLOCKS_APART_MAX, HIGHEST[_TIME_DIGITS:])


def _id_at(at: datetime, later: int, tail: str) -> Id:
    """The first or last id of the millisecond so many seconds after a time."""
    milliseconds = min(max(int((at.timestamp() + later) * 1000), 0), (1 << 48) - 1)
    return f"{milliseconds:012x}{tail}"
