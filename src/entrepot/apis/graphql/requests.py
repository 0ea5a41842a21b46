"""Reads requests: the body with its limits, and what it says to execute."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Heads: TypeAlias = Mapping[bytes, bytes]
"""A request's headers by name in lower case, the last of each."""

BODY_MAX: Final = 1_000_000
"""Bytes of a request."""
KEY_LENGTH_MAX: Final = 255
_KINDS: Final = frozenset({b"application/json", b"application/graphql-response+json"})
_ESCAPED_NUL: Final = re.compile(r"\\u(?:0000|\{0+\})")

BAD: Final = 400
METHOD_NOT_ALLOWED: Final = 405
TOO_LARGE: Final = 413
MEDIA_TYPE: Final = 415


class ClientGoneError(Exception):
    """The caller went away before it had sent its request."""


class BadRequestError(Exception):
    """A request that cannot be understood, with its status; the message says what to do."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status."""
        super().__init__(message)
        self.status = status


class Asked(NamedTuple):
    """What a request says: the document, which of its operations, with which variables."""

    query: str
    variables: dict[str, Any]
    operation: str | None


async def read_body(heads: Heads, receive: Receive, most: int) -> bytes:
    """Read a JSON body. Refuses one over the limit before it is read whole."""
    if heads.get(b"content-encoding", b"identity").lower() != b"identity":
        raise BadRequestError(MEDIA_TYPE, "Send the body as it is, not compressed.")
    kind = heads.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in _KINDS:
        raise BadRequestError(MEDIA_TYPE, "Send Content-Type: application/json.")
    declared = heads.get(b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared[:20]) > most):
        raise BadRequestError(TOO_LARGE, f"A request has at most {most} bytes. Send a smaller one.")
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise BadRequestError(
                TOO_LARGE, f"A request has at most {most} bytes. Send a smaller one."
            )
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def read_request(body: bytes) -> Asked:
    """Read what a body says. Keys that are not known are passed over: clients send some."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadRequestError(BAD, f"The body cannot be read as JSON: {_reason(error)}.") from error
    if not isinstance(said, dict):
        raise BadRequestError(BAD, "Send one JSON object with query, and variables if it has any.")
    query, variables = said.get("query"), said.get("variables")
    operation = said.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequestError(BAD, "Send the document to execute as query, in text.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequestError(BAD, "Send variables as an object, or leave them out.")
    if operation is not None and not isinstance(operation, str):
        raise BadRequestError(BAD, "Send operationName as text, or leave it out.")
    if b"\\u0000" in body or _ESCAPED_NUL.search(query):
        raise BadRequestError(BAD, "No text here can hold NUL (U+0000). Leave it out.")
    return Asked(query, variables or {}, operation or None)


def key_in(heads: Heads) -> str | None:
    """The Idempotency-Key of a request, if it has one."""
    given = heads.get(b"idempotency-key")
    if given is None:
        return None
    key = given.decode("latin-1")
    if not 0 < len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise BadRequestError(
            BAD, f"An Idempotency-Key is 1 to {KEY_LENGTH_MAX} printable ASCII characters."
        )
    return key


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {error.start})"
    return str(error)
