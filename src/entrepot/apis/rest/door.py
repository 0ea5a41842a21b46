"""The ASGI application: hot routes first, the framework for everything else.

Around both: request ids, security headers, counts, one log line, and an answer for every error.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import ASGIApp

from entrepot.apis.rest import errors
from entrepot.apis.rest.problems import (
    FAILED,
    JSON,
    Headers,
    Reply,
    reply_of,
    reply_of_error,
)
from entrepot.apis.rest.routes import Call, Origin, Route, Services
from entrepot.apis.rest.wire import (
    ClientGoneError,
    Heads,
    Receive,
    decode_body,
    decode_query,
    needed_key,
    read_body,
    request_id,
)
from entrepot.identity import check_scope
from entrepot.infra.clock import monotonic_seconds
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import RefusedError, refuse

Send: TypeAlias = Callable[[Any], Awaitable[None]]
HotHandler: TypeAlias = Callable[[Services, Heads, Receive, str], Awaitable[Reply]]

UNMATCHED: Final = "unmatched"
BAD_REQUEST: Final = 400
_STATE: Final = "entrepot"
_TELLING: Final = frozenset({401, 403})
_NOBODY: Final = Caller("", frozenset())

SECURITY_HEADERS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
)


class Door:
    """Answers HTTP requests."""

    def __init__(
        self, services: Services, routes: Sequence[Route], hot: Mapping[str, HotHandler]
    ) -> None:
        """Serve `routes`; the hot ones, by path, with handlers of their own."""
        self._services = services
        self._new_id = services.desk.new_id
        self._hot = dict(hot)
        self._places = frozenset(_place_of(route.path) for route in routes)
        self._framework = _framework_of(tuple(routes))

    def serves(self, path: str) -> bool:
        """Whether a path is among those of programs, even if nothing is there."""
        return _place_of(path) in self._places

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - what ASGI hands over
        """Answer one request (or start and stop the framework)."""
        if scope["type"] != "http":
            await self._framework(scope, receive, send)
            return
        began = monotonic_seconds()
        heads: Heads = dict(scope["headers"])
        request = request_id(heads, self._new_id)
        hot = self._hot.get(scope["path"]) if scope["method"] == "POST" else None
        if hot is None:
            await self._answer(scope, heads, receive, send, request, began)
        else:
            await self._answer_hot(hot, scope, heads, receive, send, request, began)

    async def _answer_hot(
        self,
        hot: HotHandler,
        scope: Any,  # noqa: ANN401 - as above
        heads: Heads,
        receive: Receive,
        send: Send,
        request: str,
        began: float,
    ) -> None:
        """Answer a hot route. It is counted; only what an operator should see is logged."""
        route = scope["path"]
        try:
            reply = await hot(self._services, heads, receive, request)
        except ClientGoneError:
            return
        except Exception as error:  # noqa: BLE001 - every error is answered
            reply = reply_of_error(error, request, route, self._services.log)
        await send_reply(send, reply, request)
        seconds = monotonic_seconds() - began
        self._services.metrics.answered("POST", route, reply.status, seconds)
        if reply.status in _TELLING or reply.status >= FAILED:
            self._log("POST", route, reply.status, request, seconds)

    async def _answer(
        self,
        scope: Any,  # noqa: ANN401 - as above
        heads: Heads,
        receive: Receive,
        send: Send,
        request: str,
        began: float,
    ) -> None:
        """Let the framework find the route; count and log what it answered."""
        state = _Answering(self._services, self._hot, heads, request)
        method = scope["method"]
        inner = {**scope, _STATE: state, "method": "GET" if method == "HEAD" else method}

        async def sending(message: Any) -> None:  # noqa: ANN401 - as above
            if state.is_gone:
                return
            if message["type"] == "http.response.start":
                state.status = message["status"]
                message["headers"] = _with_common(message["headers"], request)
            await send(message)

        await self._framework(inner, receive, sending)  # type: ignore[arg-type] # as above
        if state.is_gone:
            return
        seconds = monotonic_seconds() - began
        self._services.metrics.answered(method, state.route, state.status, seconds)
        if state.is_logged:
            self._log(method, state.route, state.status, request, seconds)

    def _log(self, method: str, route: str, status: int, request: str, seconds: float) -> None:
        """Write one line about a request: never its body, its query or its token."""
        self._services.log.info(
            "http.answered",
            method=method,
            route=route,
            status=status,
            request=request,
            milliseconds=round(seconds * 1000, 1),
        )


class _Answering:
    """What is known of a request while the framework answers it, and what to answer it with."""

    __slots__ = ("heads", "hot", "is_gone", "is_logged", "request", "route", "services", "status")

    def __init__(
        self, services: Services, hot: Mapping[str, HotHandler], heads: Heads, request: str
    ) -> None:
        self.services = services
        self.hot = hot
        self.heads = heads
        self.request = request
        self.is_gone = False
        self.route = UNMATCHED
        self.status = 0
        self.is_logged = True


def _place_of(path: str) -> str:
    """The first word of a path."""
    return path.split("/", 2)[1] if path.startswith("/") else ""


async def send_reply(send: Send, reply: Reply, request: str) -> None:
    """Send a reply with the headers that all have."""
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (b"content-type", reply.content_type),
                (b"content-length", b"%d" % len(reply.body)),
                (b"x-request-id", request.encode("ascii")),
                *reply.headers,
                *SECURITY_HEADERS,
            ],
        }
    )
    await send({"type": "http.response.body", "body": reply.body})


def _with_common(headers: Sequence[tuple[bytes, bytes]], request: str) -> list[tuple[bytes, bytes]]:
    """Add the headers that all answers have, where the answer has none of its own."""
    own = {name for name, _ in headers}
    common = [each for each in SECURITY_HEADERS if each[0] not in own]
    return [*headers, (b"x-request-id", request.encode("ascii")), *common]


@cache
def _framework_of(routes: tuple[Route, ...]) -> ASGIApp:
    """Make the framework's application; once for each table of routes.

    It knows no services: those of a door come along with each request that it hands over.
    """
    return Litestar(
        route_handlers=[_endpoint(route) for route in routes],
        openapi_config=None,
        exception_handlers={HTTPException: _on_http_exception, Exception: _on_error},
        logging_config=None,
        debug=False,
    )


def _endpoint(route: Route) -> HTTPRouteHandler:
    """Make the framework's handler of a route: who, what, then the handler itself."""
    decoder: msgspec.json.Decoder[Any] | None = None
    if route.body is not None and route.takes == JSON.decode():
        decoder = msgspec.json.Decoder(route.body)
    is_quiet = route.method == "GET" and not route.needs_token

    async def endpoint(request: Request[Any, Any, Any]) -> Response[Any]:
        scope: Any = request.scope
        state: _Answering = scope[_STATE]
        state.route = route.path
        state.is_logged = not is_quiet
        try:
            if route.hot:  # Its path was written in another way, such as with a last slash.
                hot = state.hot[route.path]
                reply = await hot(state.services, state.heads, request.receive, state.request)
            else:
                call = await _read(route, decoder, scope, request.receive)
                assert route.handler is not None, "a route that is not hot has a handler"
                reply = await route.handler(call)
        except ClientGoneError:
            state.is_gone = True
            reply = Reply(BAD_REQUEST, b"")
        except Exception as error:  # noqa: BLE001 - every error is answered
            state.is_logged = True
            reply = reply_of_error(error, state.request, route.path, state.services.log)
        if reply.rest is not None:
            reply = reply._replace(rest=_logged(reply.rest, state))
        return _response(reply)

    path = route.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=route.method, include_in_schema=False)(endpoint)


async def _read(
    route: Route,
    decoder: msgspec.json.Decoder[Any] | None,
    scope: Any,  # noqa: ANN401 - as above
    receive: Receive,
) -> Call[Any, Any]:
    """Find out who asks and what: the token first, then the scope, then everything else."""
    state: _Answering = scope[_STATE]
    services, heads = state.services, state.heads
    caller = _NOBODY
    if route.needs_token:
        caller = await services.tokens.check(heads.get(b"authorization"))
        refusal = None if route.scope is None else check_scope(caller, route.scope)
        if refusal is not None:
            raise RefusedError(refusal)
    key = needed_key(heads) if route.is_act else ""
    query_text = scope.get("query_string", b"")
    query: Any = decode_query(route.query, query_text)
    body = None
    if route.body is not None:
        most = services.settings.body_max_bytes
        most = min(most, route.body_max_bytes or most)
        body = await read_body(heads, receive, most, route.takes.encode())
        if decoder is not None:
            body = decode_body(decoder, body if body or not route.body_may_be_absent else b"{}")
    origin = _origin(scope, heads)
    return Call(services, caller, scope["path_params"], query, body, key, state.request, origin)


def _origin(scope: Any, heads: Heads) -> Origin:  # noqa: ANN401 - as above
    """Where a request comes from, as far as the connection and the program say so."""
    client = scope.get("client")
    program = heads.get(b"user-agent", b"").decode("ascii", "replace")
    return Origin(client[0] if client else None, program or None)


def _response(reply: Reply) -> Response[Any]:
    media_type = reply.content_type.decode("ascii")
    headers = {name.decode("ascii"): value.decode("ascii") for name, value in reply.headers}
    if reply.rest is not None:
        pieces = _pieces(reply.body, reply.rest)
        return Stream(pieces, status_code=reply.status, media_type=media_type, headers=headers)
    return Response(reply.body, status_code=reply.status, media_type=media_type, headers=headers)


async def _logged(rest: AsyncIterator[bytes], state: _Answering) -> AsyncIterator[bytes]:
    """Log what breaks an answer off that has begun: the connection ends, and the caller sees it."""
    try:
        async for piece in rest:
            yield piece
    except Exception as error:
        state.services.log.error(  # noqa: TRY400 - as all errors here are logged
            "http.broken_off", request=state.request, route=state.route, exc_info=error
        )
        raise


async def _pieces(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an error of the framework's own making."""
    scope: Any = request.scope
    state: _Answering = scope[_STATE]
    state.is_logged = True
    return _response(reply_of_error(error, state.request, state.route, state.services.log))


def _on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework itself refuses: no such path, no such method."""
    scope: Any = request.scope
    state: _Answering = scope[_STATE]
    if isinstance(error, MethodNotAllowedException):
        refusal = refuse(errors.METHOD_NOT_ALLOWED, "This path does not take that method.")
    else:
        refusal = refuse(errors.UNKNOWN_PATH, "There is nothing at this path. See /docs.")
    headers = [
        (name.lower().encode("ascii"), value.encode("ascii"))
        for name, value in (error.headers or {}).items()
    ]
    return _response(reply_of(refusal, state.request, *headers))
