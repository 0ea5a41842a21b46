"""Placing orders, one or thousands at once: the hot routes, answered before the framework is asked.

A caller may be remembered here for a short while; the batch reads its token again. Whenever
anything else ends a request, the token is asked for first, so that a revoked one learns nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import msgspec

from entrepot.apis.rest import errors
from entrepot.apis.rest.bodies import (
    BulkBody,
    BulkOrderBody,
    OrderBody,
    OrderLineBody,
    all_by_id,
    as_named,
    check_kind,
    check_naming,
    look_up,
    place_command,
    resolve,
)
from entrepot.apis.rest.faults import name_faults
from entrepot.apis.rest.problems import (
    CREATED,
    OK,
    Problem,
    Reply,
    failed,
    problem_of,
    refusal_of_error,
    reply_of,
)
from entrepot.apis.rest.routes import API, REPLAYED, Route, Services
from entrepot.apis.rest.wire import (
    Heads,
    Receive,
    decode_body,
    decode_freely,
    has_nul,
    idempotency_key,
    malformed,
    read_body,
)
from entrepot.identity import SCOPE_MISSING, TOKEN_NOT_VALID, check_scope
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import Accepted, Answer, OrderAnswer, PlaceOrder, place_order, place_orders

ORDERS_MAX: Final = 10_000
"""Orders in one request."""

PLACE: Final = f"{API}/orders"
BULK: Final = f"{API}/orders/bulk"


class _RawBulk(msgspec.Struct, forbid_unknown_fields=True):
    """Orders not looked into yet."""

    orders: list[msgspec.Raw]


_ORDER: Final = msgspec.json.Decoder(OrderBody)
_BULK: Final = msgspec.json.Decoder(BulkBody)
_BULK_ORDER: Final = msgspec.json.Decoder(BulkOrderBody)
_RAW: Final = msgspec.json.Decoder(_RawBulk)
_ENCODER: Final = msgspec.json.Encoder()
_AUTHORIZATION: Final = b"authorization"


class BulkAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one of many orders: the order as it is now, or the problem with it."""

    status: int
    order: OrderAnswer | None = None
    problem: Problem | None = None
    replayed: bool = False


class BulkAnswers(msgspec.Struct, frozen=True):
    """What became of each order, in the order in which they were sent."""

    answers: list[BulkAnswer]


async def place_one(services: Services, heads: Heads, receive: Receive, request: str) -> Reply:
    """Answer `POST /orders`."""
    header = heads.get(_AUTHORIZATION)
    caller = services.tokens.recall(header)
    fresh = caller is None
    if caller is None:
        caller = await services.tokens.check(header)
    try:
        _check_scope(caller)
        body = decode_body(
            _ORDER, await read_body(heads, receive, services.settings.body_max_bytes)
        )
        key = idempotency_key(heads) or ""
        _check_kind(body)
        variants = None
        if not all_by_id(body.lines):
            variants = await resolve(services.database, caller, body.lines)
    except RefusedError:
        if not fresh:
            await services.tokens.check(header)
        raise
    command = place_command(body, variants, services.desk.new_id())
    answer = await place_order(services.desk, caller, command, key, request)
    if type(answer) is Accepted:
        return Reply(CREATED, answer.body, headers=REPLAYED if answer.replayed else ())
    assert isinstance(answer, Refusal), "an act is accepted or refused"
    if answer.code == TOKEN_NOT_VALID:
        services.tokens.forget(header)
    return reply_of(as_named(answer, body.lines), request)


async def place_many(services: Services, heads: Heads, receive: Receive, request: str) -> Reply:
    """Answer `POST /orders/bulk`."""
    header = heads.get(_AUTHORIZATION)
    caller = await services.tokens.check(header)
    _check_scope(caller)
    content = await read_body(heads, receive, services.settings.body_max_bytes)
    bodies = _decode_orders(content)
    if len(bodies) > ORDERS_MAX:
        raise RefusedError(
            refuse(
                errors.TOO_MANY_ORDERS,
                f"Send at most {ORDERS_MAX} orders at once.",
                field="orders",
                facts={"orders": len(bodies), "max": ORDERS_MAX},
            )
        )
    key = idempotency_key(heads)
    handed, refused = await _commands(services, caller, bodies, key)
    answers = await place_orders(services.desk, caller, [each for _, _, each in handed], request)
    outcomes: dict[int, Answer | BaseException] = dict(refused)
    for (number, body, _), answer in zip(handed, answers, strict=True):
        outcomes[number] = as_named(answer, body.lines) if isinstance(answer, Refusal) else answer
    ordered = [outcomes[number] for number in range(len(bodies))]
    if ordered:
        _raise_common(ordered)
    parts = [_part(outcome, services, request) for outcome in ordered]
    return Reply(OK, b'{"answers":[' + b",".join(parts) + b"]}")


def _check_kind(body: OrderBody) -> None:
    """Refuse what is not placed as a plain order."""
    refusal = check_kind(body)
    if refusal is not None:
        raise RefusedError(refusal)


def _check_scope(caller: Caller) -> None:
    refusal = check_scope(caller, Scope.ORDERS_WRITE)
    if refusal is not None:
        raise RefusedError(refusal)


def _decode_orders(content: bytes) -> Sequence[BulkOrderBody | Refusal]:
    """Decode orders; one that cannot be is refused alone. Refuses a body that is no such list."""
    if not has_nul(content):
        with suppress(msgspec.DecodeError, ValueError, RecursionError):
            return _BULK.decode(content).orders
    raw = _decode_raw(content)
    orders: list[BulkOrderBody | Refusal] = []
    for each in raw.orders:
        try:
            orders.append(decode_body(_BULK_ORDER, bytes(each)))
        except RefusedError as error:
            orders.append(error.refusal)
    return orders


def _decode_raw(content: bytes) -> _RawBulk:
    """Tell the orders of a body apart without looking into them."""
    try:
        return _RAW.decode(content)
    except msgspec.ValidationError as error:
        raise RefusedError(name_faults(BulkBody, decode_freely(content))) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(malformed(error)) from error


async def _commands(
    services: Services,
    caller: Caller,
    bodies: Sequence[BulkOrderBody | Refusal],
    key: str | None,
) -> tuple[list[tuple[int, BulkOrderBody, tuple[PlaceOrder, str]]], dict[int, Refusal]]:
    """Make commands of the orders that can be placed; refuse the others."""
    refused: dict[int, Refusal] = {}
    placeable: list[tuple[int, BulkOrderBody]] = []
    lines: list[OrderLineBody] = []
    for number, body in enumerate(bodies):
        refusal = (
            body if isinstance(body, Refusal) else check_kind(body) or check_naming(body.lines)
        )
        if refusal is not None:
            refused[number] = refusal
        elif not isinstance(body, Refusal):
            placeable.append((number, body))
            lines += body.lines
    variants = iter(await look_up(services.database, caller, lines))
    handed = []
    for number, body in placeable:
        own = list(islice(variants, len(body.lines)))
        command = place_command(body, own, services.desk.new_id())
        order_key = body.key or ("" if key is None else f"{key}/{number + 1}")
        handed.append((number, body, (command, order_key)))
    return handed, refused


def _raise_common(outcomes: Sequence[Answer | BaseException]) -> None:
    """Answer for the whole request what ended every order of it: a dead token, no database."""
    first = outcomes[0]
    if isinstance(first, Refusal):
        if first.code == TOKEN_NOT_VALID and all(
            isinstance(each, Refusal) and each.code == TOKEN_NOT_VALID for each in outcomes
        ):
            raise RefusedError(first)
    elif isinstance(first, BaseException) and all(
        isinstance(each, BaseException) for each in outcomes
    ):
        raise first


def _part(outcome: Answer | BaseException, services: Services, request: str) -> bytes:
    """Write what became of one order."""
    if isinstance(outcome, Accepted):
        replayed = b',"replayed":true' if outcome.replayed else b""
        return b'{"status":201%b,"order":%b}' % (replayed, outcome.body)
    if isinstance(outcome, BaseException):
        refusal = refusal_of_error(outcome)
        if refusal is None:
            services.log.error("http.failed", request=request, route=BULK, exc_info=outcome)
            refusal = failed()
    else:
        refusal = outcome
    problem = problem_of(refusal, request)
    return b'{"status":%d,"problem":%b}' % (problem.status, _ENCODER.encode(problem))


_REFUSALS: Final = (
    SCOPE_MISSING,
    "orders.reference_taken",
    "orders.reference_not_valid",
    "request.key_reused",
    "orders.needs_invoices",
    "orders.no_lines",
    "orders.too_many_lines",
    "orders.unknown_sales_session",
    "orders.sales_session_not_open",
    "orders.not_in_sales_session",
    "orders.policy_needs_own_stock",
    "orders.unknown_variant",
    "orders.variant_not_orderable",
    "orders.quantity_not_positive",
    "orders.quantity_too_large",
    "orders.quantity_too_precise",
    "orders.quantity_not_whole",
    "orders.quantity_below_min",
    "orders.quantity_not_multiple",
    "orders.price_not_valid",
    "orders.limit_not_valid",
    "orders.priority_not_valid",
    "stock.insufficient_available",
)

ROUTES: Final = (
    Route(
        method="POST",
        path=PLACE,
        topic="Orders",
        summary="Place an order, or save a draft",
        detail=(
            "Held at once while it is unpaid, until `hold_until`. Without an Idempotency-Key its"
            " reference serves as one: sent again with the same content it is answered as before,"
            " with the same status and the header `Idempotent-Replayed: true`."
        ),
        body=OrderBody,
        is_act=True,
        status=CREATED,
        answer=OrderAnswer,
        scope=Scope.ORDERS_WRITE,
        refusals=_REFUSALS,
        hot=True,
    ),
    Route(
        method="POST",
        path=BULK,
        topic="Orders",
        summary="Place thousands of orders in one request",
        detail=(
            f"Up to {ORDERS_MAX} orders, each on its own: no order fails another. They are answered"
            " in the order in which they were sent, each with a status and the order or a problem."
            " An order is known again by its `key`, else by the Idempotency-Key and its number,"
            " else by its reference."
        ),
        body=BulkBody,
        is_act=True,
        answer=BulkAnswers,
        scope=Scope.ORDERS_WRITE,
        refusals=(SCOPE_MISSING, errors.TOO_MANY_ORDERS),
        hot=True,
    ),
)
