"""Turns refusals and errors into problems (RFC 9457), with a status that DFC clients expect."""

from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple

import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.writing import JSON_LD, PROBLEM
from entrepot.identity import SCOPE_MISSING, TOKEN_NOT_VALID
from entrepot.infra.intake import IntakeClosedError, IntakeFullError
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.kernel.refusal import Fact, Fault, Refusal, RefusedError, refuse
from entrepot.orders import StoreUnavailableError, TooBusyError

# What every door says of a request as such, by the same codes.
UNKNOWN_PATH: Final = "request.unknown_path"
METHOD_NOT_ALLOWED: Final = "request.method_not_allowed"
KEY_NOT_VALID: Final = "request.key_not_valid"
TOO_BUSY: Final = "request.too_busy"
STORE_UNAVAILABLE: Final = "request.store_unavailable"
BROKEN: Final = "request.failed"

OK: Final = 200
CREATED: Final = 201
NOT_MODIFIED: Final = 304
UNPROCESSABLE: Final = 422
FAILED: Final = 500
UNAVAILABLE: Final = 503
RETRY_AFTER_SECONDS: Final = 2
FACT_LENGTH_MAX: Final = 200
FAULTS_MAX: Final = 100

_BAD: Final = 400
_CONFLICT: Final = 409

STATUSES: Final[Mapping[str, int]] = {
    TOKEN_NOT_VALID: 401,
    SCOPE_MISSING: 403,
    UNKNOWN_PATH: 404,
    METHOD_NOT_ALLOWED: 405,
    errors.PROFILE_NOT_SUPPORTED: 406,
    errors.ORDER_CHANGED: 412,
    errors.DOCUMENT_TOO_LARGE: 413,
    errors.CODING_NOT_SUPPORTED: 415,
    KEY_NOT_VALID: _BAD,
    errors.QUERY_NOT_VALID: _BAD,
    errors.NOT_JSON: _BAD,
    errors.KEY_REPEATED: _BAD,
    errors.NOT_AN_OBJECT: _BAD,
    errors.CONTEXT_NOT_KNOWN: _BAD,
    errors.CONTEXT_NOT_VALID: _BAD,
    errors.NOT_JSON_LD: _BAD,
    errors.ANOTHER_ORDER: _BAD,
    TOO_BUSY: UNAVAILABLE,
    STORE_UNAVAILABLE: UNAVAILABLE,
    BROKEN: FAILED,
    "request.key_reused": _CONFLICT,
    "orders.reference_taken": _CONFLICT,
    "orders.not_a_draft": _CONFLICT,
    "orders.already_cancelled": _CONFLICT,
    "orders.already_complete": _CONFLICT,
    "orders.already_gathered": _CONFLICT,
    "orders.already_shipped": _CONFLICT,
    "orders.changed_meanwhile": _CONFLICT,
    "orders.sales_session_not_open": _CONFLICT,
    "stock.insufficient_available": _CONFLICT,
}
"""Codes with a status of their own. Others: `unknown_...` is 404, everything else 422."""

Headers = tuple[tuple[bytes, bytes], ...]

TOKEN_REFUSED: Final = refuse(
    TOKEN_NOT_VALID,
    "Send a token that is valid now: Authorization: Bearer, with a token of Entrepot or of an"
    " identity provider that this server trusts and that is bound to an organisation.",
)
"""The one answer to a token that is missing, wrong, expired, revoked or bound to nobody."""


class Reply(NamedTuple):
    """What goes back to the caller. `rest` follows the body, piece by piece as it is read."""

    status: int
    body: bytes
    content_type: bytes = JSON_LD
    headers: Headers = ()
    rest: AsyncIterator[bytes] | None = None


_ENCODER: Final = msgspec.json.Encoder()


def status_of(code: str) -> int:
    """The status of a refusal's code."""
    status = STATUSES.get(code)
    if status is not None:
        return status
    return 404 if code.partition(".")[2].startswith("unknown_") else UNPROCESSABLE


def reply_of(refusal: Refusal, request: str, *headers: tuple[bytes, bytes]) -> Reply:
    """Answer a request with a refusal: what is wrong, the weightiest first."""
    first = refusal.faults[0]
    more = len(refusal.faults) - 1
    status = status_of(first.code)
    if first.code == TOKEN_NOT_VALID:
        headers = (*headers, (b"www-authenticate", b'Bearer realm="entrepot"'))
    elif first.code == SCOPE_MISSING:
        scope = str(first.facts.get("scope", "")).encode("ascii", "replace")
        told = b'Bearer realm="entrepot", error="insufficient_scope", scope="%b"' % scope
        headers = (*headers, (b"www-authenticate", told))
    elif first.code == errors.DOCUMENT_TOO_LARGE:
        # The rest of the body is not read, so nothing else can follow on this connection.
        headers = (*headers, (b"connection", b"close"))
    problem = {
        "type": f"/docs#{first.code}",
        "title": first.code.partition(".")[2].replace("_", " ").capitalize(),
        "status": status,
        "code": first.code,
        "detail": first.message if not more else f"{first.message} ({more} more below.)",
        "instance": request,
        "faults": [_shortened(fault) for fault in refusal.faults[:FAULTS_MAX]],
    }
    return Reply(status, _ENCODER.encode(problem), PROBLEM, headers)


def reply_of_error(
    error: BaseException, request: str, route: str, log: FilteringBoundLogger
) -> Reply:
    """Answer a request that ended in an error; a bug is logged and says nothing of itself."""
    if isinstance(error, RefusedError):
        return reply_of(error.refusal, request)
    if isinstance(error, IntakeFullError | TooBusyError):
        busy = refuse(TOO_BUSY, "Too much is going on; send the same again in a moment.")
        seconds = RETRY_AFTER_SECONDS
        if isinstance(error, IntakeFullError):
            seconds = error.retry_after_seconds
        return reply_of(busy, request, (b"retry-after", b"%d" % seconds))
    if isinstance(error, StoreUnavailableError | DatabaseUnreachable | IntakeClosedError):
        away = refuse(
            STORE_UNAVAILABLE,
            "The database is away or the server is stopping; send the same again in a moment.",
        )
        return reply_of(away, request, (b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
    log.error("http.failed", request=request, route=route, exc_info=error)
    failed = refuse(BROKEN, "Something went wrong here; it has been logged. Try again later.")
    return reply_of(failed, request)


def _shortened(fault: Fault) -> Fault:
    """Cut facts that repeat what a caller sent, so that an answer stays small."""
    facts: dict[str, Fact] = {
        name: value[:FACT_LENGTH_MAX] if isinstance(value, str) else value
        for name, value in fault.facts.items()
    }
    return Fault(fault.code, fault.message[: 2 * FACT_LENGTH_MAX], fault.field, facts)
