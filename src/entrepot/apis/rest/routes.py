"""What a route is: one table row says everything that serving it and describing it need.

The server and the OpenAPI document both read these rows, so neither can drift from the other.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeVar, TypeVarTuple

import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest.authenticator import Authenticator
from entrepot.apis.rest.metrics import Metrics
from entrepot.apis.rest.problems import OK, Headers, Reply
from entrepot.apis.rest.wire import KEY_LENGTH_MAX, read_cursor, write_cursor
from entrepot.infra.passwords import Passwords
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import IdSource
from entrepot.kernel.paging import LIMIT_MAX, LIMIT_USUAL, Key, Page, Stretch, cut
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import Accepted, Answer, Desk

API: Final = "/api/v1"
REPLAYED: Final[Headers] = ((b"idempotent-replayed", b"true"),)

Query = TypeVar("Query")
Body = TypeVar("Body")
Shown = TypeVar("Shown")
Given = TypeVarTuple("Given")

Limit: TypeAlias = Annotated[
    int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="Rows on a page at most.")
]
Cursor: TypeAlias = Annotated[
    str, msgspec.Meta(description="`next` of the page before this one; without it, the first.")
]


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No fields at all."""


class PageQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which page of a list to show."""

    limit: Limit = LIMIT_USUAL
    cursor: Cursor | None = None


class Services(msgspec.Struct, frozen=True):
    """What handlers work with."""

    database: Database
    desk: Desk
    settings: Settings
    log: FilteringBoundLogger
    tokens: Authenticator
    metrics: Metrics
    passwords: Passwords


class Origin(msgspec.Struct, frozen=True):
    """Where a request comes from: the address, and the program as it calls itself."""

    address: str | None = None
    program: str | None = None


class Call(msgspec.Struct, Generic[Query, Body], frozen=True):
    """One request, read and checked: who asks, with which path, query, body and key."""

    services: Services
    caller: Caller
    path: dict[str, str]
    query: Query
    body: Body
    key: str
    request: str
    origin: Origin = Origin()


Method: TypeAlias = Literal["GET", "PATCH", "POST", "PUT"]
Handler: TypeAlias = Callable[[Call[Any, Any]], Awaitable[Reply]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route: how it is called, what it takes, what it answers, and who may.

    `answer` may be several types, of which it is one. `scope` None needs no token, unless the route
    is `for_any_caller`: then any token that is valid will do. Acts take a key. `body_max_bytes` is
    for bodies that are always small. A body that `takes` another media type than JSON is handed to
    the handler as its bytes. `hot` routes are answered before the framework is asked, by
    handlers of their own.
    """

    method: Method
    path: str
    topic: str
    summary: str
    answer: Any
    scope: Scope | None
    for_any_caller: bool = False
    handler: Handler | None = None
    detail: str = ""
    query: type = NoQuery
    body: type | None = None
    body_may_be_absent: bool = False
    body_max_bytes: int | None = None
    takes: str = "application/json"
    is_act: bool = False
    status: int = OK
    refusals: tuple[str, ...] = ()
    hot: bool = False
    media_type: str = "application/json"

    @property
    def needs_token(self) -> bool:
        """Whether nobody gets in without a token or a log-in session."""
        return self.scope is not None or self.for_any_caller

    @property
    def name(self) -> str:
        """A name for the operation, made of its handler or its path."""
        words = self.path.removeprefix(API).replace("{", "").replace("}", "")
        return self.method.lower() + words.replace("/", "_").rstrip("_")


KEY_DESCRIPTION: Final = (
    f"1 to {KEY_LENGTH_MAX} printable ASCII characters, chosen by the caller. Sent again with the"
    " same content, the request is answered as before and changes nothing."
)

_ENCODER: Final = msgspec.json.Encoder()


def granted(result: Shown | Refusal) -> Shown:
    """What a view returned, unless it refused."""
    if isinstance(result, Refusal):
        raise RefusedError(result)
    return result


def show(answer: object) -> Reply:
    """Answer with a value."""
    return Reply(OK, _ENCODER.encode(answer))


def show_found(found: object, code: str, message: str, **named: str) -> Reply:
    """Answer with what was found; nothing found is refused, `named` being what was asked for."""
    if found is None:
        raise RefusedError(refuse(code, message, facts=named))
    return show(found)


def page_of(query: PageQuery, shape: Any) -> Page:  # noqa: ANN401 - a tuple type, such as tuple[HexId]
    """The page that a query asks for."""
    return Page(query.limit, None if query.cursor is None else read_cursor(query.cursor, shape))


def show_page(rows: Sequence[Shown], page: Page, key_of: Callable[[Shown], Key]) -> Reply:
    """Answer with a page of a list, and the cursor of the next one if there is one."""
    shown, more = cut(rows, page)
    following = write_cursor(key_of(shown[-1])) if more else None
    return Reply(OK, _ENCODER.encode({"data": shown, "next": following}))


def show_stretch(found: Stretch[Any]) -> Reply:
    """Answer with a page of a search, and the cursor to go on with if there is more to search."""
    following = None if found.following is None else write_cursor(found.following)
    return Reply(OK, _ENCODER.encode({"data": found.rows, "next": following}))


@cache
def page_type(name: str, row: type) -> type[msgspec.Struct]:
    """The type of a page of rows, for the document; routes of the same rows share it."""
    return msgspec.defstruct(
        f"{name}Page",
        [
            ("data", list[row]),  # type: ignore[valid-type] # a type made for the document alone
            (
                "next",
                Annotated[
                    str | None, msgspec.Meta(description="The cursor of the next page, if any.")
                ],
            ),
        ],
    )


def acted(answer: Answer, status: int = OK) -> Reply:
    """Answer an act with what was accepted. Refuses what was refused."""
    if isinstance(answer, Accepted):
        headers = REPLAYED if answer.replayed else ()
        return Reply(status, answer.body, headers=headers)
    raise RefusedError(answer)


def sent_with(call: Call[Any, Any], act: str) -> Sent:
    """How an act outside the batch came: its key, and the hash of what it says to do to what.

    Passwords and other secrets must not be in its body: they could be guessed from the hash.
    """
    content = _ENCODER.encode((act, call.path, call.body))
    # Callers' keys are kept apart from our own defaults by their first character.
    return Sent("=" + call.key, hashlib.sha256(content).digest(), call.request)


async def do_once(
    call: Call[Any, Any],
    act: str,
    action: Callable[[Database, IdSource, Caller, *Given, Sent], Awaitable[Written[Any] | Refusal]],
    *given: *Given,
    status: int = OK,
) -> Reply:
    """Do an act outside the batch with what is given, under its key; answer with what was written.

    `act` is its name in what the key stands for: it stays when the action is renamed.
    """
    services = call.services
    answer = await action(
        services.database, services.desk.new_id, call.caller, *given, sent_with(call, act)
    )
    return written(answer, status)


def written(answer: Written[Any] | Refusal, status: int = OK) -> Reply:
    """Answer an act outside the batch with what was written. Refuses what was refused."""
    done = granted(answer)
    return Reply(status, _ENCODER.encode(done.answer), headers=REPLAYED if done.replayed else ())
