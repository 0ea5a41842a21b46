"""The ASGI application of the GraphQL door: one address, POST, for programs with a key.

A document is measured before anybody is asked who sent it: only a key that looks like one comes so
far. Then the key is looked up, and only then the document is checked with the schema and executed.
"""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final, TypeAlias, TypeGuard

import msgspec
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute

from entrepot.apis.graphql.context import Context, Services
from entrepot.apis.graphql.documents import Document, Documents
from entrepot.apis.graphql.failures import (
    FAILED,
    KEY_REFUSED,
    LIMIT_PASSED,
    ServerBusyError,
    Shown,
    show_error,
)
from entrepot.apis.graphql.keys import secret_in
from entrepot.apis.graphql.limits import LimitError
from entrepot.apis.graphql.requests import (
    BODY_MAX,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    Asked,
    BadRequestError,
    ClientGoneError,
    Heads,
    Receive,
    key_in,
    read_body,
    read_request,
)
from entrepot.identity import find_caller
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.kernel.ids import IdSource

Send: TypeAlias = Callable[[Any], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

PATH: Final = "/graphql"
UNMATCHED: Final = "unmatched"
OK: Final = 200
UNAUTHORISED: Final = 401
NOT_FOUND: Final = 404
BROKEN: Final = 500
UNAVAILABLE: Final = 503
RETRY_AFTER_SECONDS: Final = 2
ERRORS_MAX: Final = 50
"""Errors of one answer."""
REQUEST_ID_LENGTH_MAX: Final = 64
_REQUEST_ID_SIGNS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)
_HEADERS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"content-type", b"application/json; charset=utf-8"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"vary", b"authorization, marketplacer-api-key"),
    (b"x-content-type-options", b"nosniff"),
)
_ENCODER: Final = msgspec.json.Encoder()


class _Reply(msgspec.Struct, frozen=True):
    """What goes back to the caller."""

    status: int
    content: dict[str, object]
    headers: Headers = ()


class Door:
    """Answers requests at /graphql."""

    def __init__(self, services: Services, schema: GraphQLSchema) -> None:
        """Serve this schema."""
        self._services = services
        self._schema = schema
        self._documents = Documents(schema)

    def serves(self, path: str) -> bool:
        """Whether a path is this door's, even if nothing is there."""
        return path == PATH or path.startswith(PATH + "/")

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - what ASGI hands over
        """Answer one request; count and log it."""
        began = monotonic_seconds()
        heads: Heads = dict(scope["headers"])
        request = _request_id(heads, self._services.desk.new_id)
        route = PATH if scope["path"].rstrip("/") == PATH else UNMATCHED
        try:
            reply = await self._answer(scope, heads, receive, request)
        except ClientGoneError:
            return
        except BadRequestError as bad:
            reply = _bad(bad)
        except ServerBusyError as busy:
            reply = _unavailable(busy.seconds)
        except DatabaseUnreachable:
            reply = _unavailable(RETRY_AFTER_SECONDS)
        except Exception as error:
            self._services.log.error(  # noqa: TRY400 - as all errors here are logged
                "http.failed", request=request, route=route, exc_info=error
            )
            reply = _Reply(BROKEN, _failed())
        is_head = scope["method"] == "HEAD"
        await _send(send, reply, request, is_head=is_head)
        seconds = monotonic_seconds() - began
        self._services.answered(scope["method"], route, reply.status, seconds)
        self._services.log.info(
            "http.answered",
            method=scope["method"],
            route=route,
            status=reply.status,
            request=request,
            milliseconds=round(seconds * 1000, 1),
        )

    async def _answer(
        self,
        scope: Any,  # noqa: ANN401 - as above
        heads: Heads,
        receive: Receive,
        request: str,
    ) -> _Reply:
        """Read, measure, ask who it is, validate, execute: in this order."""
        if scope["path"].rstrip("/") != PATH:
            raise BadRequestError(NOT_FOUND, f"There is nothing here. Send POST {PATH}.")
        if scope["method"] != "POST":
            raise BadRequestError(METHOD_NOT_ALLOWED, f"Send POST {PATH} with a JSON body.")
        secret = secret_in(heads)
        if secret is None:
            return _key_refused()
        most = min(self._services.settings.body_max_bytes, BODY_MAX)
        asked = read_request(await read_body(heads, receive, most))
        key = key_in(heads)
        try:
            document = self._documents.read(asked.query, asked.variables)
        except LimitError as limit:
            return _Reply(OK, _one(str(limit), LIMIT_PASSED))
        except GraphQLError as error:
            # Whatever it says, it says nothing of the schema, nor of anybody.
            return _Reply(OK, {"errors": [error.formatted]})
        caller = await find_caller(self._services.database, secret)
        if caller is None:
            return _key_refused()
        wrong = self._documents.validate(document)
        if wrong:
            return _Reply(OK, {"errors": [error.formatted for error in wrong]})
        context = Context(self._services, caller, key, request)
        return await self._execute(document, asked, context)

    async def _execute(self, document: Document, asked: Asked, context: Context) -> _Reply:
        answer = execute(
            self._schema,
            document.parsed,
            context_value=context,
            variable_values=asked.variables,
            operation_name=asked.operation,
            is_awaitable=_is_awaitable,
        )
        result = await answer if isawaitable(answer) else answer
        assert isinstance(result, ExecutionResult), "nothing is answered in parts"
        errors: list[Shown] = [
            show_error(error, document.parsed, self._services.log)
            for error in (result.errors or ())[:ERRORS_MAX]
        ]
        content: dict[str, object] = {"data": result.data}
        if errors:
            # What could not begin has no data, and says so by having none.
            content = {"errors": errors} if result.data is None else {**content, "errors": errors}
        return _Reply(OK, content)


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:  # noqa: ANN401 - whatever a resolver answers
    """Whether a resolver's answer is still to come."""
    return hasattr(value, "__await__")


async def _send(send: Send, reply: _Reply, request: str, *, is_head: bool) -> None:
    body = _ENCODER.encode(reply.content)
    headers = [
        *_HEADERS,
        (b"x-request-id", request.encode("ascii")),
        (b"content-length", b"%d" % len(body)),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})


def _request_id(heads: Heads, new_id: IdSource) -> str:
    """The caller's id for its request when it is a sane one, else a new one."""
    given = heads.get(b"x-request-id")
    if given and len(given) <= REQUEST_ID_LENGTH_MAX and _REQUEST_ID_SIGNS.issuperset(given):
        return given.decode("ascii")
    return new_id()


def _one(message: str, code: str | None = None) -> dict[str, object]:
    error: Shown = {"message": message}
    if code is not None:
        error["extensions"] = {"code": code}
    return {"errors": [error]}


def _failed() -> dict[str, object]:
    return _one("Something went wrong here; it has been logged. Try again later.", FAILED)


def _key_refused() -> _Reply:
    told = (b"www-authenticate", b'Bearer realm="entrepot"')
    return _Reply(UNAUTHORISED, _one(KEY_REFUSED), (told,))


def _bad(bad: BadRequestError) -> _Reply:
    headers: Headers = ()
    if bad.status == METHOD_NOT_ALLOWED:
        headers = ((b"allow", b"POST"),)
    elif bad.status == TOO_LARGE:
        # The rest of the body is not read, so nothing else can follow on this connection.
        headers = ((b"connection", b"close"),)
    return _Reply(bad.status, _one(str(bad)), headers)


def _unavailable(seconds: int) -> _Reply:
    message = "The server cannot do this now; send the same again in a moment."
    return _Reply(UNAVAILABLE, _one(message), ((b"retry-after", b"%d" % seconds),))
