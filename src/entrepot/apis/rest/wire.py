"""Reads requests: headers, bodies, queries and cursors, each with its limits.

Nothing here knows a topic. What is wrong is raised as `RefusedError` with the door's own codes.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec

from entrepot.apis.rest import errors
from entrepot.apis.rest.faults import name_faults, name_nuls
from entrepot.kernel.ids import Id, IdSource
from entrepot.kernel.paging import Key
from entrepot.kernel.refusal import Fault, Refusal, RefusedError, gather, refuse

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Heads: TypeAlias = Mapping[bytes, bytes]
"""A request's headers by name in lower case, the last of each."""

Wanted = TypeVar("Wanted")

KEY_LENGTH_MAX: Final = 255
CURSOR_LENGTH_MAX: Final = 1000
QUERY_FIELDS_MAX: Final = 50
REQUEST_ID_LENGTH_MAX: Final = 64
_REQUEST_ID_SIGNS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

WireInt: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A whole number that every JSON reader can hold."""
HexId: TypeAlias = Annotated[Id, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class ClientGoneError(Exception):
    """The caller went away before it had sent its request."""


def request_id(heads: Heads, new_id: IdSource) -> str:
    """The caller's id for its request when it is a sane one, else a new one."""
    given = heads.get(b"x-request-id")
    if given and len(given) <= REQUEST_ID_LENGTH_MAX and _REQUEST_ID_SIGNS.issuperset(given):
        return given.decode("ascii")
    return new_id()


def idempotency_key(heads: Heads) -> str | None:
    """The caller's key, if it sent one. Refuses `request.key_not_valid`."""
    given = heads.get(b"idempotency-key")
    if given is None:
        return None
    key = given.decode("latin-1")
    if not 0 < len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise RefusedError(
            refuse(
                errors.KEY_NOT_VALID,
                f"An Idempotency-Key is 1 to {KEY_LENGTH_MAX} printable ASCII characters.",
                field="Idempotency-Key",
            )
        )
    return key


def needed_key(heads: Heads) -> str:
    """The caller's key, which it must send. Refuses `request.key_missing`."""
    key = idempotency_key(heads)
    if key is None:
        raise RefusedError(
            refuse(
                errors.KEY_MISSING,
                "Send an Idempotency-Key, the same when you send this again.",
                field="Idempotency-Key",
            )
        )
    return key


async def read_body(
    heads: Heads, receive: Receive, most: int, kind: bytes = b"application/json"
) -> bytes:
    """Read a body of a kind, or nothing. Refuses one over the limit before it is read whole."""
    declared = heads.get(b"content-length")
    if declared is not None and (not declared.isdigit() or int(declared) > most):
        raise RefusedError(_too_large(most))
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _read_rest(body, receive, most)
    if len(body) > most:
        raise RefusedError(_too_large(most))
    if body and heads.get(b"content-type") != kind:
        _check_media_type(heads, kind)
    return body


async def _read_rest(body: bytes, receive: Receive, most: int) -> bytes:
    parts, size, more = [body], len(body), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise RefusedError(_too_large(most))
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _check_media_type(heads: Heads, wanted: bytes) -> None:
    kind = heads.get(b"content-type", b"").partition(b";")[0].strip().lower()
    coding = heads.get(b"content-encoding", b"identity").lower()
    if kind != wanted or coding != b"identity":
        raise RefusedError(
            refuse(
                errors.MEDIA_TYPE_NOT_SUPPORTED,
                f"Send {wanted.decode()}, not compressed, and say so in Content-Type.",
                field="Content-Type",
            )
        )


def _too_large(most: int) -> Refusal:
    return refuse(
        errors.TOO_LARGE,
        f"A body has at most {most} bytes; send less at once.",
        facts={"max": most},
    )


def decode_body(decoder: msgspec.json.Decoder[Wanted], body: bytes) -> Wanted:
    """Decode a body. Refuses malformed JSON with its place, else every fault at once."""
    faults: tuple[Fault, ...] = ()
    if has_nul(body):
        faults = name_nuls(decode_freely(body))
    decoded = None
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError:
        faults += name_faults(decoder.type, decode_freely(body)).faults
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(malformed(error)) from error
    if faults:
        refusal = gather(faults, errors.PRECEDENCE)
        assert refusal is not None, "faults make a refusal"
        raise RefusedError(refusal)
    assert decoded is not None, "what cannot be decoded has a fault"
    return decoded


def has_nul(body: bytes) -> bool:
    """Whether a text in a body may hold the one character that no database stores."""
    return b"\\u0000" in body


def decode_freely(body: bytes) -> object:
    """Decode a body to plain values. Refuses malformed JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(malformed(error)) from error


def malformed(error: Exception) -> Refusal:
    """Say where a body stops being JSON."""
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    if isinstance(error, UnicodeDecodeError):
        reason = f"it is not UTF-8 (byte {error.start})"
    return refuse(
        errors.MALFORMED, f"The body cannot be read as JSON: {reason}.", facts={"reason": reason}
    )


def decode_query(wanted: type[Wanted], query: bytes) -> Wanted:
    """Decode a query string. Refuses unknown, repeated and badly formed fields, all at once."""
    try:
        pairs = parse_qsl(
            query.decode("latin-1"),
            keep_blank_values=True,
            max_num_fields=QUERY_FIELDS_MAX,
            errors="strict",
        )
    except ValueError as error:
        raise RefusedError(
            refuse(errors.MALFORMED, "The query is not UTF-8, or has too many fields.")
        ) from error
    several = _fields_given_several_times(wanted)  # type: ignore[arg-type] # every class can be hashed
    values: dict[str, str | list[str]] = {}
    faulty: dict[str, Fault] = {}
    for name, value in pairs:
        if "\0" in name + value or (name in values and name not in several):
            says = f"{name} can be given once, without NUL."
            faulty[name] = Fault(errors.FIELD_NOT_VALID, says, name)
        if name in several:
            values[name] = [*values.get(name, ()), value]
        else:
            values[name] = value
    faults = list(faulty.values())
    decoded = None
    try:
        decoded = msgspec.convert(values, wanted, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError):
        faults += name_faults(wanted, values, strict=False).faults
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        raise RefusedError(refusal)
    assert decoded is not None, "what cannot be decoded has a fault"
    return decoded


@lru_cache(maxsize=256)
def _fields_given_several_times(wanted: type) -> frozenset[str]:
    """The fields of a query that are lists: `map=a&map=b`."""
    schema = msgspec.inspect.type_info(wanted)
    assert isinstance(schema, msgspec.inspect.StructType), "a query is a struct"
    return frozenset(
        field.encode_name
        for field in schema.fields
        if isinstance(field.type, msgspec.inspect.ListType)
        or (
            isinstance(field.type, msgspec.inspect.Metadata)
            and isinstance(field.type.type, msgspec.inspect.ListType)
        )
    )


def write_cursor(key: Key) -> str:
    """Write where a page ended, for the caller to hand back. It holds no secret."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode("ascii").rstrip("=")


def read_cursor(text: str, shape: Any) -> Key:  # noqa: ANN401 - a tuple type, such as tuple[HexId]
    """Read a cursor of this shape. Refuses `request.cursor_not_valid`."""
    # What is too long stays too long for base64, however it is padded.
    padded = text + ("=" * (-len(text) % 4) if len(text) <= CURSOR_LENGTH_MAX else "!")
    try:
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        # A NUL is in no key of ours, and no database takes one.
        key: Key = msgspec.json.decode(raw if not has_nul(raw) else b"", type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise RefusedError(
            refuse(
                errors.CURSOR_NOT_VALID,
                "This cursor was not made by this list; start again without one.",
                field="cursor",
            )
        ) from error
    return key
