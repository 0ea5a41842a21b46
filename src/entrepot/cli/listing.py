"""Reads whole lists for commands that print them, page after page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from entrepot.cli.opening import accepted
from entrepot.kernel.paging import Key, Page, Stretch
from entrepot.kernel.refusal import Refusal

Row = TypeVar("Row")

ROWS_AT_ONCE: Final = 1000


async def every_row(
    read: Callable[[Page], Awaitable[Sequence[Row] | Refusal]], key_of: Callable[[Row], Key]
) -> list[Row]:
    """Read a list to its end; each page begins after the last row of the one before it.

    Raises RefusedError with what `read` refuses.
    """
    found: list[Row] = []
    page = Page(ROWS_AT_ONCE)
    while rows := accepted(await read(page)):
        found += rows
        page = Page(ROWS_AT_ONCE, key_of(rows[-1]))
    return found


async def every_stretch(
    read: Callable[[Page], Awaitable[Stretch[Row] | Refusal]],
) -> list[Row]:
    """Search a list to its end, stretch after stretch. Raises RefusedError with what is refused."""
    found: list[Row] = []
    following: Key | None = None
    while True:
        stretch = accepted(await read(Page(ROWS_AT_ONCE, following)))
        found += stretch.rows
        following = stretch.following
        if following is None:
            return found
