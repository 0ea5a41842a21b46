"""Pages: how a list is read piece by piece, by key, at the same cost wherever one is in it.

A page starts after a key, never at a number, so rows that come or go in between neither repeat nor
hide others.
"""

from collections.abc import Sequence
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
