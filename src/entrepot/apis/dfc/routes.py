"""What a route of the DFC door is, and one request to it, read and checked."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.authenticator import Authenticator
from entrepot.apis.dfc.problems import OK, Headers, Reply
from entrepot.apis.dfc.writing import Document, Writer, encode
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page, cut
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import Desk

API: Final = "/api/dfc"
FIRST_USUAL: Final = 25
FIRST_MAX: Final = 100
KEY_LENGTH_MAX: Final = 255

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]
Answered: TypeAlias = Callable[[str, str, int, float], None]
"""Is told method, route, status and seconds of each answer."""
Shown = TypeVar("Shown")


class Services(msgspec.Struct, frozen=True):
    """What handlers work with."""

    database: Database
    desk: Desk
    settings: Settings
    log: FilteringBoundLogger
    tokens: Authenticator
    answered: Answered


class Call(msgspec.Struct, frozen=True):
    """One request: who asks, at which place, with which query, headers and body.

    `key` is the caller's Idempotency-Key, or one of our own where it sent none.
    """

    services: Services
    caller: Caller
    addresses: Addresses
    path: Mapping[str, str]
    query: Mapping[str, str]
    heads: Mapping[bytes, bytes]
    body: bytes
    key: str
    request: str

    @property
    def slug(self) -> str:
        """The short name of the enterprise that the path is about."""
        return self.path["slug"]

    @property
    def writer(self) -> Writer:
        """Writes what belongs to that enterprise."""
        return self.writer_of(self.slug)

    def writer_of(self, slug: str) -> Writer:
        """Writes what belongs to an enterprise."""
        return Writer(self.addresses, slug)

    def knows(self, tag: bytes) -> bool:
        """Whether the caller has what has this entity tag already."""
        given = self.heads.get(b"if-none-match", b"")
        return any(each.strip() == tag for each in given.split(b","))

    def id_at(self, name: str, prefix: str) -> Id:
        """An id of the path as it is inside; "" where it is none."""
        return ids.from_wire(prefix, self.path[name]) or ""


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


class Route(NamedTuple):
    """One route: how it is called, who may call it, and who answers; `scope` None: any token."""

    method: Method
    path: str
    scope: Scope | None
    handler: Handler
    summary: str


_PART: Final = {
    "slug": r"[a-z0-9-]{1,63}",
    "product": r"var_[0-9a-f]{32}(?:-case)?",
    "order": r"[A-Za-z0-9_-]{1,64}",
    "session": r"[A-Za-z0-9_-]{1,64}",
    "line": r"[0-9]{1,9}",
}
_NAME: Final = re.compile(r"\{(\w+)\}")


class Place(NamedTuple):
    """A path of the door, with the routes at it by method."""

    pattern: re.Pattern[str]
    routes: Mapping[str, Route]

    @property
    def allowed(self) -> str:
        """The methods that may be used here, for the header Allow."""
        methods = [*self.routes]
        if "GET" in self.routes:
            methods.append("HEAD")
        return ", ".join(sorted(methods))


def places_of(routes: Sequence[Route]) -> tuple[Place, ...]:
    """The paths of some routes."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    return tuple([Place(_pattern_of(path), methods) for path, methods in by_path.items()])


def _pattern_of(path: str) -> re.Pattern[str]:
    return re.compile(_NAME.sub(lambda found: f"(?P<{found[1]}>{_PART[found[1]]})", path))


@lru_cache(maxsize=64)
def addresses_at(origin: str) -> Addresses:
    """The addresses below an origin."""
    return Addresses(origin)


def granted(result: Shown | Refusal) -> Shown:
    """What a view or an action returned, unless it refused."""
    if isinstance(result, Refusal):
        raise RefusedError(result)
    return result


def tag_of(body: bytes) -> bytes:
    """What a document is known by: a digest of all of it, as an entity tag."""
    return b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode("ascii")


def show(document: Document, status: int = OK, headers: Headers = ()) -> Reply:
    """Answer with a document."""
    return Reply(status, encode(document), headers=headers)


def page_of(call: Call, prefix: str | None) -> Page:
    """The page that a query asks for: `first` how many, `after` which; ids come with a prefix."""
    known = {"first", "after"}
    first = call.query.get("first", str(FIRST_USUAL))
    after: str | None = call.query.get("after")
    if after is not None and prefix is not None:
        after = ids.from_wire(prefix, after)
    is_sane = first.isascii() and first.isdigit() and 1 <= int(first[:9]) <= FIRST_MAX
    if not is_sane or not known.issuperset(call.query) or ("after" in call.query and not after):
        raise RefusedError(
            refuse(
                errors.QUERY_NOT_VALID,
                f"Send first (1 to {FIRST_MAX}) and after (the last of the page before), or "
                "neither.",
                facts={"query": "&".join(call.query)},
            )
        )
    return Page(int(first), None if after is None else (after,))


def show_page(
    found: Sequence[Shown],
    page: Page,
    write: Callable[[Sequence[Shown]], Document],
    key_of: Callable[[Shown], str],
) -> Reply:
    """Answer with a page of a list; the headers say where the next one is, if there is one."""
    rows, more = cut(found, page)
    last = key_of(rows[-1]) if rows else None
    info: dict[str, Any] = {"hasNextPage": more, "endCursor": last}
    headers: list[tuple[bytes, bytes]] = [(b"pageinfo", msgspec.json.encode(info))]
    if more:
        link = f'<?first={page.limit}&after={last}>; rel="next"'
        headers.append((b"link", link.encode("ascii")))
    return show(write(rows), headers=tuple(headers))
