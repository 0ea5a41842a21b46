"""Where lists go on: the cursor in an address, which says after which row the next page begins.

For every page with a list: `page_at` reads the cursor, `cut_at` cuts what a view returned (one row
more than is shown) and writes the cursor of the next page, for `parts.pager`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec

from entrepot.kernel.paging import LIMIT_USUAL, Key, Page, cut
from entrepot.portal.routes import FormNotOursError

Row = TypeVar("Row")
HexId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]
"""An id as cursors have it."""
CURSOR_LENGTH_MAX: Final = 4_000


def page_at(cursor: str, shape: Any, limit: int = LIMIT_USUAL) -> Page:  # noqa: ANN401 - a tuple type, such as tuple[HexId]
    """The page of a list that a cursor asks for; the first where there is none.

    `shape` is the type of the list's key. A cursor that no list made is shown as a form that is
    not ours.
    """
    return Page(limit, read_cursor(cursor, shape) if cursor else None)


def cut_at(
    rows: Sequence[Row], page: Page, key_of: Callable[[Row], Key]
) -> tuple[Sequence[Row], str | None]:
    """The rows to show, and the cursor of the next page if there is one."""
    shown, more = cut(rows, page)
    return shown, write_cursor(key_of(shown[-1])) if more else None


def write_cursor(key: Key) -> str:
    """A key as an address carries it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode("ascii").rstrip("=")


def read_cursor(text: str, shape: Any) -> Key:  # noqa: ANN401 - as above
    """The key that a cursor stands for."""
    padded = text + "=" * (-len(text) % 4) if len(text) <= CURSOR_LENGTH_MAX else "!"
    try:
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        # A NUL is in no key of ours, and no database takes one.
        key: Key = msgspec.json.decode(b"" if b"\\u0000" in raw else raw, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise FormNotOursError from error
    return key
