"""Refund requests on seller invoices: lines that are cancelled, or come back, for their money."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec

from entrepot import orders
from entrepot.apis.rest.bodies import Moment, Text, quiet
from entrepot.apis.rest.marketplace_orders import LegacyId, Note, since
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    Handler,
    NoQuery,
    PageQuery,
    Route,
    acted,
    granted,
    page_of,
    page_type,
    show,
    show_stretch,
)
from entrepot.apis.rest.seller_invoices import SideQuery, invoice_of
from entrepot.apis.rest.shipments import ON_LINES, invoice_sought
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.orders import (
    Answer,
    Desk,
    Initiator,
    NewRefund,
    RefundCompletion,
    RefundFilter,
    RefundLine,
    RefundStatus,
    RefundStep,
    ShownRefundRequest,
    Side,
)

Step: TypeAlias = Callable[[Desk, Caller, RefundStep, str, str | None], Awaitable[Answer]]


class RefundLineBody(msgspec.Struct, forbid_unknown_fields=True):
    """Units of a line, cancelled or, if they were `dispatched`, returned; or a `custom` amount.

    The amount of a unit is in minor units (cents); without it, what the customer paid.
    """

    quantity: Decimal
    line: WireInt | None = None
    dispatched: bool = False
    reason: Text | None = None
    amount_per_item: WireInt | None = None
    custom: Text | None = None


class RefundRequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """Lines to ask the money back for; without `restock` it follows from each what is resold."""

    lines: list[RefundLineBody]
    notes: list[Note] = []
    initiated_by: Initiator | None = None
    restock: bool | None = None


class RefundStepBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is noted by the step."""

    notes: list[Note] = []


class RefundCompletionBody(msgspec.Struct, forbid_unknown_fields=True):
    """How it ends: with `cash_amount` (minor units), or without it what the lines come to."""

    notes: list[Note] = []
    cash_amount: WireInt | None = None
    restock: bool | None = None


class RefundRequestsQuery(PageQuery, kw_only=True):
    """Which refund requests to show, and as whom."""

    side: Side = "seller"
    invoice: Text | None = None
    legacy_id: LegacyId | None = None
    status: RefundStatus | None = None
    created_since: Moment | None = None
    updated_since: Moment | None = None


async def ask(call: Call[NoQuery, RefundRequestBody]) -> Reply:
    """Make a refund request."""
    body = call.body
    lines = tuple(
        [
            RefundLine(
                each.line,
                quiet(each.quantity),
                each.dispatched,
                each.reason,
                each.amount_per_item,
                each.custom,
            )
            for each in body.lines
        ]
    )
    new = NewRefund(invoice_of(call), lines, tuple(body.notes), body.initiated_by, body.restock)
    desk = call.services.desk
    return acted(
        await orders.request_refund(desk, call.caller, new, call.key, call.request), CREATED
    )


async def complete(call: Call[NoQuery, RefundCompletionBody]) -> Reply:
    """Say that the money went back."""
    body = call.body
    completion = RefundCompletion(_refund(call), tuple(body.notes), body.cash_amount, body.restock)
    desk = call.services.desk
    return acted(
        await orders.complete_refund(desk, call.caller, completion, call.key, call.request)
    )


def stepping(step: Step) -> Handler:
    """Make the handler of a step that is nothing but noted."""

    async def handle(call: Call[NoQuery, RefundStepBody]) -> Reply:
        taken = RefundStep(_refund(call), tuple(call.body.notes))
        desk = call.services.desk
        return acted(await step(desk, call.caller, taken, call.key, call.request))

    return handle


async def list_refund_requests(call: Call[RefundRequestsQuery, None]) -> Reply:
    """Show the caller's refund requests."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = RefundFilter(
        invoice_sought(query.invoice),
        query.legacy_id,
        () if query.status is None else (query.status,),
        since(query.created_since, "created_since"),
        since(query.updated_since, "updated_since"),
    )
    found = await orders.list_refund_requests(
        call.services.database, call.caller, page, wanted, query.side
    )
    return show_stretch(granted(found))


async def find_refund_request(call: Call[SideQuery, None]) -> Reply:
    """Show one of the caller's refund requests."""
    found = await orders.find_refund_request(
        call.services.database, call.caller, _refund(call), call.query.side
    )
    return show(granted(found))


def _refund(call: Call[Any, Any]) -> Id:
    """The refund request that the path names; what is no id answers like an absent one."""
    text = call.path["refund_request"]
    refund = ids.from_wire(ids.REFUND_REQUEST, text)
    if refund is None:
        says = "There is no such refund request. Check its id."
        facts = {"refund_request": text}
        raise RefusedError(refuse("orders.unknown_refund_request", says, facts=facts))
    return refund


_TOPIC: Final = "Marketplace"


def _step(step: str, summary: str, detail: str, **more: Any) -> Route:  # noqa: ANN401 - fields of a route
    return Route(
        method="POST",
        path=f"{API}/refund-requests/{{refund_request}}/{step}",
        topic=_TOPIC,
        summary=summary,
        detail=detail,
        body=more.pop("body", RefundStepBody),
        body_may_be_absent=True,
        is_act=True,
        answer=ShownRefundRequest,
        scope=Scope.MARKETPLACE_WRITE,
        refusals=(
            "orders.unknown_refund_request",
            *more.pop("refusals"),
            "orders.detail_not_valid",
            KEY_REUSED,
        ),
        **more,
    )


ROUTES: Final = (
    Route(
        method="POST",
        path=f"{API}/seller-invoices/{{invoice}}/refund-requests",
        topic=_TOPIC,
        summary="Ask for a refund of lines of a seller invoice",
        detail=(
            "By its seller or its marketplace. Units that were not dispatched are cancelled: from"
            " now on they are not to be dispatched. They go back on sale when the request is"
            " refunded, unless their reason is that they are out of stock; returned goods never do,"
            " unless `restock` says so."
        ),
        handler=ask,
        body=RefundRequestBody,
        is_act=True,
        status=CREATED,
        answer=ShownRefundRequest,
        scope=Scope.MARKETPLACE_WRITE,
        refusals=(
            "orders.unknown_invoice",
            *ON_LINES,
            "orders.money_not_valid",
            "orders.more_than_refundable",
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/refund-requests",
        topic=_TOPIC,
        summary="List your refund requests",
        detail=(
            "Newest first: as the seller those on your invoices, as the marketplace those on all"
            " sellers'. A page may hold fewer than its limit, even none, with more behind it."
        ),
        handler=list_refund_requests,
        query=RefundRequestsQuery,
        answer=page_type("RefundRequest", ShownRefundRequest),
        scope=Scope.MARKETPLACE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/refund-requests/{{refund_request}}",
        topic=_TOPIC,
        summary="Show one refund request",
        handler=find_refund_request,
        query=SideQuery,
        answer=ShownRefundRequest,
        scope=Scope.MARKETPLACE_READ,
        refusals=("orders.unknown_refund_request",),
    ),
    _step(
        "take-back",
        "Say that the goods of a refund request are back",
        "By its seller or its marketplace; also for what was cancelled and never left.",
        handler=stepping(orders.take_back_refund),
        refusals=("orders.refund_not_awaiting",),
    ),
    _step(
        "complete",
        "Say that the money of a refund request went back",
        "By its marketplace. What lines come to goes back, but no more than was paid; another"
        " `cash_amount` is made up for by a line. The order's goods move now.",
        handler=complete,
        body=RefundCompletionBody,
        refusals=(
            "orders.marketplace_decides",
            "orders.refund_not_returned",
            "orders.refund_too_large",
        ),
    ),
    _step(
        "deny",
        "Deny a refund request",
        "By its marketplace. What was to be cancelled is to be dispatched again.",
        handler=stepping(orders.deny_refund),
        refusals=("orders.marketplace_decides", "orders.refund_ended"),
    ),
    _step(
        "restore",
        "Take the denial of a refund request back",
        "By its marketplace, unless its goods have left, or were asked back, meanwhile.",
        handler=stepping(orders.restore_refund),
        refusals=(
            "orders.marketplace_decides",
            "orders.refund_not_denied",
            "orders.more_than_refundable",
        ),
    ),
)
