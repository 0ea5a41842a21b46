"""Connections: lists that are read page by page, forwards; short ones also backwards.

A cursor is where its node stands in the list: a key for lists that the database pages, a number
for those that are loaded whole.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from graphql import GraphQLError

from entrepot.apis.graphql.context import Key
from entrepot.apis.graphql.limits import PAGE_MAX, PAGE_USUAL
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST, Stretch
from entrepot.orders import Found, Place

Count = Callable[[], Awaitable[int]]
Cursors = Callable[[Any, int], str]

_LENGTH_MAX: Final = 200
_MICROS_MAX: Final = 10**17
"""Beyond what any moment is."""
_KEY: Final = msgspec.json.Decoder(tuple[str, ...])


class Edge(NamedTuple):
    """A node and where it stands."""

    node: Any
    cursor: str


class Connection(NamedTuple):
    """One page of a list. What it comes to in all is counted when it is asked for.

    `end` is the cursor to go on after where that is not the last row's.
    """

    rows: Sequence[Any]
    cursors: Sequence[str]
    total: Count
    has_next: bool
    has_previous: bool
    end: str | None = None

    def edges(self) -> list[Edge]:
        """The rows, each with its cursor."""
        return [Edge(row, cursor) for row, cursor in zip(self.rows, self.cursors, strict=True)]


def key_cursor(key: Sequence[str]) -> str:
    """Write a cursor that holds a key."""
    return base64.b64encode(msgspec.json.encode(key)).decode("ascii")


def forwards(arguments: Mapping[str, Any]) -> tuple[int, str | None]:
    """How many rows are asked for, after which cursor, of a list that is read forwards only."""
    if arguments.get("last") is not None or arguments.get("before") is not None:
        raise GraphQLError("This list is read forwards: give first and after, no last or before.")
    return _size(arguments.get("first"), "first"), arguments.get("after")


def after_key(cursor: str | None) -> Key:
    """The (seller, id) in a cursor; the lowest without one."""
    if cursor is None:
        return LOWEST, LOWEST
    key = _read_key(cursor)
    if len(key) != 2:  # noqa: PLR2004 - a seller and an id
        raise _no_cursor()
    return key[0], key[1]


def after_id(cursor: str | None) -> str:
    """The id in a cursor; the lowest without one."""
    if cursor is None:
        return LOWEST
    key = _read_key(cursor)
    if len(key) != 1:
        raise _no_cursor()
    return key[0]


def after_place(cursor: str | None) -> Place | None:
    """The moment, in microseconds, and id in a cursor; None without one."""
    if cursor is None:
        return None
    micros, ident = after_key(cursor)
    if int(micros, 16) > _MICROS_MAX:
        raise _no_cursor()
    return int(micros, 16), ident


def page_found(found: Found[Any], cursor: str | None, count: Count) -> Connection:
    """A page of rows that stand by a moment and an id; it ends where was looked last."""
    cursors = [_place_cursor(place) for place in found.places]
    end = None if found.following is None else _place_cursor(found.following)
    return Connection(found.rows, cursors, count, end is not None, cursor is not None, end)


def page_stretch(
    found: Stretch[Any], cursor: str | None, count: Count, id_of: Callable[[Any], Id]
) -> Connection:
    """A page of rows that stand by their ids; it ends where was looked last."""
    cursors = [key_cursor((id_of(row),)) for row in found.rows]
    end = None if found.following is None else key_cursor((str(found.following[0]),))
    return Connection(found.rows, cursors, count, end is not None, cursor is not None, end)


def nothing_of(cursor: str | None, count: Count) -> Connection:
    """No rows of a list, for who asks for none and wants to know what it comes to in all."""
    return Connection((), (), count, has_next=False, has_previous=cursor is not None)


def _place_cursor(place: Place) -> str:
    micros, ident = place
    return key_cursor((f"{micros:032x}", ident))


def page_of(
    rows: Sequence[Any],
    size: int,
    cursor: str | None,
    count: Count,
    keys: Callable[[Any], Key | tuple[str]],
) -> Connection:
    """A page of rows, of which one more was read than it holds."""
    shown = rows[:size]
    cursors = [key_cursor(keys(row)) for row in shown]
    return Connection(shown, cursors, count, len(rows) > size, cursor is not None)


def part_of(rows: Sequence[Any], arguments: Mapping[str, Any], count: Count) -> Connection:
    """The part that is asked for of a list that was loaded whole."""
    begin, end = 0, len(rows)
    if arguments.get("after") is not None:
        begin = min(_number(arguments["after"]) + 1, end)
    if arguments.get("before") is not None:
        end = max(min(_number(arguments["before"]), end), begin)
    if arguments.get("first") is not None:
        end = min(end, begin + _size(arguments["first"], "first"))
    if arguments.get("last") is not None:
        begin = max(begin, end - _size(arguments["last"], "last"))
    end = min(end, begin + PAGE_MAX)
    cursors = [base64.b64encode(b"%d" % number).decode("ascii") for number in range(begin, end)]
    return Connection(rows[begin:end], cursors, count, end < len(rows), begin > 0)


def _size(given: int | None, name: str) -> int:
    if given is None:
        return PAGE_USUAL
    if not 0 <= given <= PAGE_MAX:
        raise GraphQLError(f"{name} is a whole number from 0 to {PAGE_MAX}.")
    return given


def _read_key(cursor: str) -> tuple[str, ...]:
    try:
        key = _KEY.decode(base64.b64decode(cursor[:_LENGTH_MAX], validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _no_cursor() from error
    if not all(len(each) == len(LOWEST) and set(each) <= set("0123456789abcdef") for each in key):
        raise _no_cursor()
    return key


def _number(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor[:_LENGTH_MAX], validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _no_cursor() from error
    if not text.isdigit() or len(text) > len(str(PAGE_MAX)) + 1:
        raise _no_cursor()
    return int(text)


def _no_cursor() -> GraphQLError:
    return GraphQLError("This cursor was not made by this list. Start again without one.")


def _edges(page: Connection, _: Info) -> list[Edge]:
    return page.edges()


def _nodes(page: Connection, _: Info) -> Sequence[Any]:
    return page.rows


def _page_info(page: Connection, _: Info) -> dict[str, object]:
    return {
        "startCursor": page.cursors[0] if page.cursors else None,
        "endCursor": page.end or (page.cursors[-1] if page.cursors else None),
        "hasNextPage": page.has_next,
        "hasPreviousPage": page.has_previous,
    }


async def _total(page: Connection, _: Info) -> int:
    return await page.total()


FIELDS: Final[Resolvers] = {
    "edges": _edges,
    "nodes": _nodes,
    "pageInfo": _page_info,
    "totalCount": _total,
}
"""The fields of every connection."""
