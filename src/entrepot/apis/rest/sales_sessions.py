"""Sales sessions: the trader's side of them, and the producer's session orders and demand."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import orders, sales_sessions
from entrepot.apis.rest.bodies import (
    Moment,
    SessionProductBody,
    Text,
    as_named,
    moment,
    quiet,
    resolve,
    variant_id,
)
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    sent_with,
    show,
    show_page,
    show_stretch,
    written,
)
from entrepot.apis.rest.wire import HexId
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import RefusedError
from entrepot.orders import OrderStatus
from entrepot.sales_sessions import (
    ClosedSession,
    ClosingPreview,
    CustomerOrder,
    CustomerOrderFilter,
    NewSalesSession,
    SalesSession,
    SalesSessionChanges,
    SalesSessionFilter,
    SessionProduct,
    SessionState,
    ShownSession,
)

VariantName: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]


class SalesSessionsQuery(PageQuery, kw_only=True):
    """Which sessions to show: all that is given must fit."""

    state: SessionState | None = None
    since: (
        Annotated[Moment, msgspec.Meta(description="Only those that end after this moment.")] | None
    ) = None
    until: (
        Annotated[Moment, msgspec.Meta(description="Only those that open before this moment.")]
        | None
    ) = None


class CustomerOrdersQuery(PageQuery, kw_only=True):
    """Which customer orders of a session to show: all that is given must fit."""

    status: OrderStatus | None = None
    would_miss: Annotated[
        bool,
        msgspec.Meta(
            description="Only those that would go without something if the session closed now."
        ),
    ] = False


class SalesSessionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A session to open. `reference` is the caller's own, and begins those of session orders."""

    name: Text
    reference: Text
    opens_at: Moment
    closes_at: Moment
    products: list[SessionProductBody] = []


class ChangeSalesSessionBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a session; what is left out stays."""

    name: Text | UnsetType = UNSET
    opens_at: Moment | UnsetType = UNSET
    closes_at: Moment | UnsetType = UNSET


class SessionProductsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Products to sell in a session; those that it sells and are not named stay as they are."""

    products: list[SessionProductBody]


class RemoveProductsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Products that a session shall no longer sell, by the ids of their variants."""

    variants: list[VariantName]


class CloseSalesSessionBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to close a session: `cancel_unpaid` waits for no payment."""

    cancel_unpaid: bool = False


async def list_sales_sessions(call: Call[SalesSessionsQuery, None]) -> Reply:
    """Show the caller's sessions."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = SalesSessionFilter(
        query.state,
        None if query.since is None else moment(query.since, "since"),
        None if query.until is None else moment(query.until, "until"),
    )
    rows = granted(
        await sales_sessions.list_sales_sessions(call.services.database, call.caller, page, wanted)
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def open_sales_session(call: Call[NoQuery, SalesSessionBody]) -> Reply:
    """Open a session."""
    body = call.body
    new = NewSalesSession(
        body.name,
        body.reference,
        moment(body.opens_at, "opens_at"),
        moment(body.closes_at, "closes_at"),
        await _products(call, body.products),
    )
    try:
        return await do_once(
            call, "open_sales_session", sales_sessions.open_sales_session, new, status=CREATED
        )
    except RefusedError as error:
        raise RefusedError(as_named(error.refusal, body.products, "products")) from error


async def find_sales_session(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's sessions."""
    found = await sales_sessions.find_sales_session(
        call.services.database, call.caller, _session(call)
    )
    return show(granted(found))


async def change_sales_session(call: Call[NoQuery, ChangeSalesSessionBody]) -> Reply:
    """Change the name or times of a session."""
    body = call.body
    changes = SalesSessionChanges(
        body.name, _moment(body.opens_at, "opens_at"), _moment(body.closes_at, "closes_at")
    )
    return await do_once(
        call,
        "change_sales_session",
        sales_sessions.change_sales_session,
        _session(call),
        changes,
    )


async def set_products(call: Call[NoQuery, SessionProductsBody]) -> Reply:
    """Let a session sell products."""
    named = call.body.products
    products = await _products(call, named)
    try:
        return await do_once(
            call,
            "set_session_products",
            sales_sessions.set_session_products,
            _session(call),
            products,
        )
    except RefusedError as error:
        raise RefusedError(as_named(error.refusal, named, "products")) from error


async def remove_products(call: Call[NoQuery, RemoveProductsBody]) -> Reply:
    """Let a session no longer sell products."""
    variants = tuple([variant_id(each) for each in call.body.variants])
    return await do_once(
        call,
        "remove_session_products",
        sales_sessions.remove_session_products,
        _session(call),
        variants,
    )


async def close_sales_session(call: Call[NoQuery, CloseSalesSessionBody]) -> Reply:
    """Close a session now."""
    closed = await sales_sessions.close_sales_session(
        call.services.desk,
        call.caller,
        _session(call),
        sent_with(call, "close_sales_session"),
        cancel_unpaid=call.body.cancel_unpaid,
    )
    return written(closed)


async def list_customer_orders(call: Call[CustomerOrdersQuery, None]) -> Reply:
    """Show the customer orders of a session."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = CustomerOrderFilter(query.status, query.would_miss)
    found = await sales_sessions.list_customer_orders(
        call.services.database, call.caller, _session(call), page, wanted
    )
    return show_stretch(granted(found))


async def preview_closing(call: Call[NoQuery, None]) -> Reply:
    """Show what each producer would get if a session closed now."""
    found = await sales_sessions.preview_closing(
        call.services.database, call.caller, _session(call)
    )
    return show(granted(found))


async def _products(
    call: Call[Any, Any], named: list[SessionProductBody]
) -> tuple[SessionProduct, ...]:
    """Find the variants that products name."""
    variants = await resolve(call.services.database, call.caller, named, "products")
    return tuple(
        [
            SessionProduct(variant, _quiet(each.quantity_max), _quiet(each.unit_price))
            for variant, each in zip(variants, named, strict=True)
        ]
    )


def _quiet(number: Decimal | None) -> Decimal | None:
    return None if number is None else quiet(number)


def _moment(given: datetime | UnsetType, field: str) -> datetime | UnsetType:
    return given if given is UNSET else moment(given, field)


def _session(call: Call[Any, Any]) -> Id:
    return ids.from_wire(ids.SALES_SESSION, call.path["sales_session"]) or ""


_TOPIC: Final = "Sales sessions"
_ONE: Final = f"{API}/sales-sessions/{{sales_session}}"
_UNKNOWN: Final = (orders.UNKNOWN_SALES_SESSION,)
_PRODUCTS: Final = (
    "orders.unknown_variant",
    sales_sessions.TOO_MANY_PRODUCTS,
    sales_sessions.NAMED_TWICE,
    sales_sessions.LIMIT_NOT_VALID,
    sales_sessions.PRICE_NOT_VALID,
)

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/sales-sessions",
        topic=_TOPIC,
        summary="List your sales sessions",
        detail=(
            "Newest first. With `since` and `until`, those that go on at any time between the two."
        ),
        handler=list_sales_sessions,
        query=SalesSessionsQuery,
        answer=page_type("SalesSession", SalesSession),
        scope=Scope.ORDERS_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/sales-sessions",
        topic=_TOPIC,
        summary="Open a sales session",
        detail=(
            "Producers' goods that session rights open to you, sold between two times. What you"
            " pay for each is what its producer asks now. Customers order in it by `POST"
            " /api/v1/orders` with `sales_session`; each basket holds its goods at once, until its"
            " payment fails, it is cancelled, or the session closes."
        ),
        handler=open_sales_session,
        body=SalesSessionBody,
        is_act=True,
        status=CREATED,
        answer=SalesSession,
        scope=Scope.ORDERS_WRITE,
        refusals=(
            sales_sessions.REFERENCE_TAKEN,
            sales_sessions.REFERENCE_NOT_VALID,
            sales_sessions.NAME_NOT_VALID,
            sales_sessions.TIMES_NOT_VALID,
            *_PRODUCTS,
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=_ONE,
        topic=_TOPIC,
        summary="Show one sales session with what it sells",
        detail=(
            "Of each product its limit, what customers hold, what its producer still has, and what"
            " is left to order."
        ),
        handler=find_sales_session,
        answer=ShownSession,
        scope=Scope.ORDERS_READ,
        refusals=_UNKNOWN,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        topic=_TOPIC,
        summary="Change the name or times of a sales session",
        detail="Its times only until it closes; what was ordered stays.",
        handler=change_sales_session,
        body=ChangeSalesSessionBody,
        is_act=True,
        answer=SalesSession,
        scope=Scope.ORDERS_WRITE,
        refusals=(
            *_UNKNOWN,
            sales_sessions.NAME_NOT_VALID,
            sales_sessions.TIMES_NOT_VALID,
            sales_sessions.ALREADY_CLOSED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/products",
        topic=_TOPIC,
        summary="Add products to a sales session, or change their limits and prices",
        detail=(
            "Those that it sells and are not named stay as they are. A limit is never below what"
            " customers hold; what you pay for a product stays what its producer asked at first."
        ),
        handler=set_products,
        body=SessionProductsBody,
        is_act=True,
        answer=SalesSession,
        scope=Scope.ORDERS_WRITE,
        refusals=(
            *_UNKNOWN,
            *_PRODUCTS,
            sales_sessions.ALREADY_CLOSED,
            sales_sessions.LIMIT_BELOW_HELD,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/products/remove",
        topic=_TOPIC,
        summary="Take products out of a sales session",
        detail="All that are named, or none: one that customers have ordered stays.",
        handler=remove_products,
        body=RemoveProductsBody,
        is_act=True,
        answer=SalesSession,
        scope=Scope.ORDERS_WRITE,
        refusals=(
            *_UNKNOWN,
            "orders.unknown_variant",
            sales_sessions.ALREADY_CLOSED,
            sales_sessions.PRODUCT_HAS_ORDERS,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/close",
        topic=_TOPIC,
        summary="Close a sales session now",
        detail=(
            "Nothing is ordered in it any more, and paid orders become one session order a"
            " producer. While orders may still be paid it stays `closing`, and goes on by itself;"
            " `cancel_unpaid` cancels them at once. At its end a session closes by itself."
        ),
        handler=close_sales_session,
        body=CloseSalesSessionBody,
        body_may_be_absent=True,
        is_act=True,
        answer=ClosedSession,
        scope=Scope.ORDERS_WRITE,
        refusals=(*_UNKNOWN, KEY_REUSED),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/orders",
        topic=_TOPIC,
        summary="List the customer orders of a sales session",
        detail=(
            "Newest first. A page may hold fewer orders than its limit, even none, with more"
            " behind it."
        ),
        handler=list_customer_orders,
        query=CustomerOrdersQuery,
        answer=page_type("CustomerOrder", CustomerOrder),
        scope=Scope.ORDERS_READ,
        refusals=_UNKNOWN,
    ),
    Route(
        method="GET",
        path=f"{_ONE}/preview",
        topic=_TOPIC,
        summary="Show what each producer would get if the session closed now",
        detail="Of a complete session, what each got, with its session order.",
        handler=preview_closing,
        answer=ClosingPreview,
        scope=Scope.ORDERS_READ,
        refusals=_UNKNOWN,
    ),
)
