"""Turns refusals and errors into HTTP: the one place where codes meet statuses (RFC 9457)."""

from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple

import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import errors
from entrepot.identity import (
    ALREADY_COLLEAGUE,
    EMAIL_TAKEN,
    INVITATION_ACCEPTED,
    LAST_OWNER,
    LOG_IN_NOT_VALID,
    PERSON_NEEDED,
    SCOPE_MISSING,
    TOKEN_NOT_VALID,
    TOO_MANY_TRIES,
)
from entrepot.infra.intake import IntakeClosedError, IntakeFullError
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.kernel.refusal import Fact, Fault, Refusal, RefusedError, refuse
from entrepot.orders import StoreUnavailableError, TooBusyError

OK: Final = 200
CREATED: Final = 201
UNPROCESSABLE: Final = 422
TOO_MANY_REQUESTS: Final = 429
UNAVAILABLE: Final = 503
FAILED: Final = 500

STATUSES: Final[Mapping[str, int]] = {
    TOKEN_NOT_VALID: 401,
    LOG_IN_NOT_VALID: 401,
    SCOPE_MISSING: 403,
    PERSON_NEEDED: 403,
    TOO_MANY_TRIES: TOO_MANY_REQUESTS,
    ALREADY_COLLEAGUE: 409,
    EMAIL_TAKEN: 409,
    INVITATION_ACCEPTED: 409,
    LAST_OWNER: 409,
    errors.UNKNOWN_PATH: 404,
    errors.METHOD_NOT_ALLOWED: 405,
    errors.TOO_LARGE: 413,
    errors.MEDIA_TYPE_NOT_SUPPORTED: 415,
    errors.MALFORMED: 400,
    errors.KEY_MISSING: 400,
    errors.KEY_NOT_VALID: 400,
    errors.TOO_BUSY: UNAVAILABLE,
    errors.STORE_UNAVAILABLE: UNAVAILABLE,
    errors.FAILED: FAILED,
    "request.key_reused": 409,
    "orders.reference_taken": 409,
    "orders.external_id_taken": 409,
    "orders.already_invoiced": 409,
    "orders.fulfilled_by_invoice": 409,
    "orders.marketplace_decides": 403,
    "orders.not_a_draft": 409,
    "orders.already_cancelled": 409,
    "orders.already_paid": 409,
    "orders.already_shipped": 409,
    "orders.under_review": 409,
    "orders.not_fetched": 409,
    "orders.nothing_to_fetch": 409,
    "orders.not_placed": 409,
    "orders.not_complete": 409,
    "orders.more_than_held": 409,
    "orders.more_than_open": 409,
    "orders.more_than_shipped": 409,
    "orders.more_than_undispatched": 409,
    "orders.more_than_refundable": 409,
    "orders.refund_not_awaiting": 409,
    "orders.refund_not_returned": 409,
    "orders.refund_not_denied": 409,
    "orders.refund_ended": 409,
    "orders.refund_too_large": 409,
    "orders.payment_too_late": 409,
    "orders.sales_session_not_open": 409,
    "orders.pays_on_completion": 409,
    "orders.not_a_session_order": 409,
    "orders.already_complete": 409,
    "orders.already_gathered": 409,
    "orders.changed_meanwhile": 409,
    "orders.shipped_by_producer": 409,
    "sales_sessions.reference_taken": 409,
    "sales_sessions.already_closed": 409,
    "sales_sessions.limit_below_held": 409,
    "sales_sessions.product_has_orders": 409,
    "catalogue.code_taken": 409,
    "catalogue.name_taken": 409,
    "catalogue.sku_taken": 409,
    "catalogue.gtin_taken": 409,
    "catalogue.unlimited_is_fixed": 409,
    "catalogue.variant_deleted": 409,
    "catalogue.supplier_deleted": 409,
    "partnerships.too_many_tries": TOO_MANY_REQUESTS,
    "partnerships.wholesaler_only": 403,
    "partnerships.already_partners": 409,
    "partnerships.invitation_accepted": 409,
    "partnerships.partnership_ending": 409,
    "partnerships.retailer_only": 403,
    "partnerships.partner_decides": 403,
    "partnerships.supplier_not_partner": 409,
    "partnerships.variant_not_active": 409,
    "partnerships.already_matched": 409,
    "partnerships.match_ended": 409,
    "settlement.week_closed": 409,
    "settlement.already_acknowledged": 409,
    "settlement.not_ending": 409,
    "settlement.checklist_open": 409,
    "stock.version_changed": 409,
    "stock.insufficient_available": 409,
    "webhooks.not_enabled": 409,
    "webhooks.too_many_webhooks": 409,
    "stock.allocation_above_available": 409,
    "stock.allocation_below_used": 409,
    "stock.allocation_ended": 409,
}
"""Codes with a status of their own. Others: `unknown_...` is 404, everything else 422."""

JSON: Final = b"application/json"
PROBLEM: Final = b"application/problem+json"
CSV: Final = b"text/csv"

RETRY_AFTER_SECONDS: Final = 2
FACT_LENGTH_MAX: Final = 200

Headers = tuple[tuple[bytes, bytes], ...]

TOKEN_REFUSED: Final = refuse(
    TOKEN_NOT_VALID, "Send a token that is valid now: Authorization: Bearer ent_..."
)
"""The one answer to a token that is missing, wrong, expired or revoked."""


class Problem(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457). `faults` names everything that is wrong, the weightiest first.

    `instance` is the id of the request, as in the header X-Request-Id and in the logs.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    faults: tuple[Fault, ...]


class Reply(NamedTuple):
    """What goes back to the caller. `rest` follows the body, piece by piece as it is read."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()
    rest: AsyncIterator[bytes] | None = None


_ENCODER: Final = msgspec.json.Encoder()


def status_of(code: str) -> int:
    """The status of a refusal's code."""
    status = STATUSES.get(code)
    if status is not None:
        return status
    return 404 if code.partition(".")[2].startswith("unknown_") else UNPROCESSABLE


def title_of(code: str) -> str:
    """A few words for a code: its reason, spelt out."""
    return code.partition(".")[2].replace("_", " ").capitalize()


def problem_of(refusal: Refusal, request: str) -> Problem:
    """Write a refusal as a problem."""
    first = refusal.faults[0]
    more = len(refusal.faults) - 1
    detail = first.message if not more else f"{first.message} ({more} more below.)"
    return Problem(
        f"/docs#{first.code}",
        title_of(first.code),
        status_of(first.code),
        first.code,
        detail,
        request,
        tuple([_shortened(fault) for fault in refusal.faults]),
    )


def reply_of(refusal: Refusal, request: str, *headers: tuple[bytes, bytes]) -> Reply:
    """Answer a request with a refusal."""
    if refusal.code == TOKEN_NOT_VALID:
        refusal = TOKEN_REFUSED
    if refusal.code in {TOKEN_NOT_VALID, LOG_IN_NOT_VALID}:
        headers = (*headers, (b"www-authenticate", b'Bearer realm="entrepot"'))
    elif status_of(refusal.code) == TOO_MANY_REQUESTS:
        seconds = str(refusal.faults[0].facts["retry_after_seconds"])
        headers = (*headers, (b"retry-after", seconds.encode("ascii")))
    elif refusal.code == errors.TOO_LARGE:
        # The rest of the body is not read, so nothing else can follow on this connection.
        headers = (*headers, (b"connection", b"close"))
    problem = problem_of(refusal, request)
    return Reply(problem.status, _ENCODER.encode(problem), PROBLEM, headers)


def refusal_of_error(error: BaseException) -> Refusal | None:
    """The refusal behind an error that is expected now and then; None for a bug."""
    if isinstance(error, RefusedError):
        return error.refusal
    if isinstance(error, IntakeFullError | TooBusyError):
        return refuse(errors.TOO_BUSY, "Too much is going on; send the same again in a moment.")
    if isinstance(error, StoreUnavailableError | DatabaseUnreachable | IntakeClosedError):
        return refuse(
            errors.STORE_UNAVAILABLE,
            "The database is away or the server is stopping; send the same again in a moment.",
        )
    return None


def reply_of_error(
    error: BaseException, request: str, route: str, log: FilteringBoundLogger
) -> Reply:
    """Answer a request that ended in an error; a bug is logged and says nothing of itself."""
    refusal = refusal_of_error(error)
    if refusal is None:
        log.error("http.failed", request=request, route=route, exc_info=error)
        refusal = failed()
    if status_of(refusal.code) != UNAVAILABLE:
        return reply_of(refusal, request)
    seconds = RETRY_AFTER_SECONDS
    if isinstance(error, IntakeFullError):
        seconds = error.retry_after_seconds
    return reply_of(refusal, request, (b"retry-after", b"%d" % seconds))


def failed() -> Refusal:
    """Say that something went wrong here, and no more."""
    return refuse(errors.FAILED, "Something went wrong here; it has been logged. Try again later.")


def _shortened(fault: Fault) -> Fault:
    """Cut facts that repeat what a caller sent, so that an answer stays small."""
    if not fault.facts and len(fault.message) <= FACT_LENGTH_MAX:
        return fault
    facts: dict[str, Fact] = {
        name: value[:FACT_LENGTH_MAX] if isinstance(value, str) else value
        for name, value in fault.facts.items()
    }
    return Fault(fault.code, fault.message[: 2 * FACT_LENGTH_MAX], fault.field, facts)
