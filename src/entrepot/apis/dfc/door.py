"""The ASGI application of the DFC door: finds the route, then who asks, then lets it answer.

Paths are taken as they are spelt, with or without a last slash. HEAD is GET without the body.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.documents import LIMITS
from entrepot.apis.dfc.problems import (
    KEY_NOT_VALID,
    METHOD_NOT_ALLOWED,
    UNKNOWN_PATH,
    Reply,
    reply_of,
    reply_of_error,
)
from entrepot.apis.dfc.routes import (
    API,
    KEY_LENGTH_MAX,
    Call,
    Place,
    Route,
    Services,
    addresses_at,
    places_of,
)
from entrepot.identity import check_scope
from entrepot.infra.clock import monotonic_seconds
from entrepot.kernel.ids import IdSource
from entrepot.kernel.refusal import Refusal, RefusedError, refuse

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
Heads: TypeAlias = dict[bytes, bytes]

UNMATCHED: Final = "unmatched"
QUERY_LENGTH_MAX: Final = 1000
HOST_LENGTH_MAX: Final = 255
REQUEST_ID_LENGTH_MAX: Final = 64
_REQUEST_ID_SIGNS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)
_HOST_SIGNS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:[]"
)
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"vary", b"authorization"),
    (b"x-content-type-options", b"nosniff"),
)


class _ClientGoneError(Exception):
    """The caller went away before it had sent its request."""


class Door:
    """Answers requests below /api/dfc."""

    def __init__(self, services: Services, routes: Sequence[Route]) -> None:
        """Serve these routes."""
        self._services = services
        self._places = places_of(routes)

    def serves(self, path: str) -> bool:
        """Whether a path is this door's, even if nothing is there."""
        return path == API or path.startswith(API + "/")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - what ASGI hands over
        """Answer one request; count and log it."""
        began = monotonic_seconds()
        heads: Heads = dict(scope["headers"])
        request = _request_id(heads, self._services.desk.new_id)
        method, route = scope["method"], UNMATCHED
        try:
            place, path = self._find(scope["path"])
            found = place.routes.get("GET" if method == "HEAD" else method)
            if found is None:
                refusal = refuse(
                    METHOD_NOT_ALLOWED,
                    f"This path takes {place.allowed}.",
                    facts={"allow": place.allowed},
                )
                reply = reply_of(refusal, request, (b"allow", place.allowed.encode("ascii")))
            else:
                route = API + found.path
                reply = await self._answer(found, path, scope, heads, receive, request)
        except _ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 - every error is answered
            reply = reply_of_error(error, request, route, self._services.log)
        await self._send(send, reply, request, route, is_head=method == "HEAD")
        seconds = monotonic_seconds() - began
        self._services.answered(method, route, reply.status, seconds)
        self._services.log.info(
            "http.answered",
            method=method,
            route=route,
            status=reply.status,
            request=request,
            milliseconds=round(seconds * 1000, 1),
        )

    def _find(self, path: str) -> tuple[Place, dict[str, str]]:
        """The place at a path, and the names in it. Refuses `request.unknown_path`."""
        below = path.removeprefix(API).rstrip("/")
        for place in self._places:
            found = place.pattern.fullmatch(below)
            if found is not None:
                return place, found.groupdict()
        raise RefusedError(refuse(UNKNOWN_PATH, "There is nothing at this path. See /docs."))

    async def _answer(
        self,
        route: Route,
        path: dict[str, str],
        scope: Any,  # noqa: ANN401 - as above
        heads: Heads,
        receive: Receive,
        request: str,
    ) -> Reply:
        """Find out who asks and what: the token first, then the scope, then everything else."""
        services = self._services
        caller = await services.tokens.check(heads.get(b"authorization"))
        refusal = None if route.scope is None else check_scope(caller, route.scope)
        if refusal is not None:
            raise RefusedError(refusal)
        if b"dfc-v2" in heads.get(b"accept", b""):
            raise RefusedError(
                refuse(
                    errors.PROFILE_NOT_SUPPORTED,
                    "This server speaks the standard's version 1.16. Leave the profile out of "
                    "Accept.",
                )
            )
        query = _query(scope.get("query_string", b""))
        body = b""
        if route.method in {"POST", "PUT"}:
            most = min(services.settings.body_max_bytes, LIMITS.bytes_max)
            body = await _read_body(heads, receive, most)
        key = _key(heads) or services.desk.new_id()
        addresses = self._addresses(scope, heads)
        call = Call(services, caller, addresses, path, query, heads, body, key, request)
        return await route.handler(call)

    def _addresses(self, scope: Any, heads: Heads) -> Addresses:  # noqa: ANN401 - as above
        """Addresses below the origin that is set, else below the one that was asked."""
        public = self._services.settings.public_url
        if public is not None:
            return addresses_at(public)
        host = heads.get(b"host", b"")
        if not 0 < len(host) <= HOST_LENGTH_MAX or not _HOST_SIGNS.issuperset(host):
            host = b"localhost"
        return addresses_at(f"{scope.get('scheme', 'http')}://{host.decode('ascii')}")

    async def _send(
        self, send: Send, reply: Reply, request: str, route: str, *, is_head: bool
    ) -> None:
        """Send a reply with the headers that all have, in pieces where it has a rest."""
        own = {name for name, _ in reply.headers}
        headers = [
            (b"content-type", reply.content_type),
            (b"x-request-id", request.encode("ascii")),
            *reply.headers,
            *[each for each in _HEADERS if each[0] not in own],
        ]
        if reply.rest is None:
            headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if is_head or reply.rest is None:
            await send({"type": "http.response.body", "body": b"" if is_head else reply.body})
            return
        await send({"type": "http.response.body", "body": reply.body, "more_body": True})
        async for piece in _logged(reply.rest, self._services, request, route):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _logged(
    rest: AsyncIterator[bytes], services: Services, request: str, route: str
) -> AsyncIterator[bytes]:
    """Log what breaks an answer off that has begun: the connection ends, and the caller sees it."""
    try:
        async for piece in rest:
            yield piece
    except Exception as error:
        services.log.error(  # noqa: TRY400 - as all errors here are logged
            "http.broken_off", request=request, route=route, exc_info=error
        )
        raise


def _request_id(heads: Heads, new_id: IdSource) -> str:
    """The caller's id for its request when it is a sane one, else a new one."""
    given = heads.get(b"x-request-id")
    if given and len(given) <= REQUEST_ID_LENGTH_MAX and _REQUEST_ID_SIGNS.issuperset(given):
        return given.decode("ascii")
    return new_id()


def _key(heads: Heads) -> str | None:
    """The caller's key, if it sent one. Refuses `request.key_not_valid`."""
    given = heads.get(b"idempotency-key")
    if given is None:
        return None
    key = given.decode("latin-1")
    if not 0 < len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise RefusedError(
            refuse(
                KEY_NOT_VALID,
                f"An Idempotency-Key is 1 to {KEY_LENGTH_MAX} printable ASCII characters.",
                field="Idempotency-Key",
            )
        )
    return key


def _query(query: bytes) -> dict[str, str]:
    """The fields of a query, each once. Refuses `dfc.query_not_valid`."""
    if not query:
        return {}
    try:
        if len(query) > QUERY_LENGTH_MAX:
            raise ValueError  # noqa: TRY301 - refused like any other query that cannot be read
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        pairs = [("", ""), ("", "")]
    fields = dict(pairs)
    if len(fields) < len(pairs) or any("\0" in name + value for name, value in pairs):
        raise RefusedError(
            refuse(errors.QUERY_NOT_VALID, "Send each field of the query once, in UTF-8.")
        )
    return fields


async def _read_body(heads: Heads, receive: Receive, most: int) -> bytes:
    """Read a body of any type, for clients disagree on it. Refuses one over the limit at once."""
    if heads.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RefusedError(
            refuse(
                errors.CODING_NOT_SUPPORTED,
                "Send the document as it is, not compressed.",
                field="Content-Encoding",
            )
        )
    declared = heads.get(b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared[:20]) > most):
        raise RefusedError(_too_large(most))
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise RefusedError(_too_large(most))
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _too_large(most: int) -> Refusal:
    return refuse(
        errors.DOCUMENT_TOO_LARGE,
        f"The document has more than {most} bytes. Send a smaller one.",
        facts={"limit_of": "bytes", "limit": most},
    )
