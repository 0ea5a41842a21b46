"""The producer's side of sales sessions: live demand, and the session orders that traders have."""

from typing import Any, Final

from entrepot import sales_sessions
from entrepot.apis.rest.bodies import ShipmentBody, parts
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    acted,
    granted,
    page_of,
    page_type,
    show,
    show_page,
    show_stretch,
)
from entrepot.apis.rest.wire import HexId
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.orders import OrderAnswer
from entrepot.sales_sessions import (
    SessionDemand,
    SessionOrder,
    SessionOrderFilter,
    SessionOrderStatus,
    ShownSessionOrder,
)


class SessionOrdersQuery(PageQuery, kw_only=True):
    """Which session orders to show."""

    status: SessionOrderStatus | None = None


async def list_session_orders(call: Call[SessionOrdersQuery, None]) -> Reply:
    """Show session orders at the caller."""
    page = page_of(call.query, tuple[HexId])
    found = await sales_sessions.list_session_orders(
        call.services.database, call.caller, page, SessionOrderFilter(call.query.status)
    )
    return show_stretch(granted(found))


async def find_session_order(call: Call[NoQuery, None]) -> Reply:
    """Show one session order at the caller."""
    found = await sales_sessions.find_session_order(
        call.services.database, call.caller, _order(call)
    )
    return show(granted(found))


async def ship_session_order(call: Call[NoQuery, ShipmentBody]) -> Reply:
    """Let goods of a session order leave."""
    lines = call.body.lines
    return acted(
        await sales_sessions.ship_session_order(
            call.services.desk,
            call.caller,
            _order(call),
            None if lines is None else parts(lines),
            call.key,
            call.request,
        )
    )


async def list_session_demand(call: Call[PageQuery, None]) -> Reply:
    """Show what sessions of all traders hold of the caller's goods."""
    page = page_of(call.query, tuple[HexId, HexId, HexId])
    rows = granted(
        await sales_sessions.list_session_demand(call.services.database, call.caller, page)
    )
    return show_page(rows, page, lambda row: row.key)


def _order(call: Call[Any, Any]) -> Id:
    return ids.from_wire(ids.ORDER, call.path["order"]) or ""


_TOPIC: Final = "Sales sessions"

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/session-demand",
        topic=_TOPIC,
        summary="Show what traders' sessions hold of your goods",
        detail=(
            "Live, by variant, trader and session: baskets of customers, and session orders that"
            " are not complete. Nothing is told of customers."
        ),
        handler=list_session_demand,
        query=PageQuery,
        answer=page_type("SessionDemand", SessionDemand),
        scope=Scope.ORDERS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/session-orders",
        topic=_TOPIC,
        summary="List the session orders that traders have at you",
        detail=(
            "Newest first. One whose limit has passed is among the cancelled at once. A page may"
            " hold fewer orders than its limit, even none, with more behind it."
        ),
        handler=list_session_orders,
        query=SessionOrdersQuery,
        answer=page_type("SessionOrder", SessionOrder),
        scope=Scope.ORDERS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/session-orders/{{order}}",
        topic=_TOPIC,
        summary="Show one session order with its lines",
        handler=find_session_order,
        answer=ShownSessionOrder,
        scope=Scope.ORDERS_READ,
        refusals=("orders.unknown_order",),
    ),
    Route(
        method="POST",
        path=f"{API}/session-orders/{{order}}/ship",
        topic=_TOPIC,
        summary="Let goods of a session order leave",
        detail="All that it holds, or the quantities named, once it is complete.",
        handler=ship_session_order,
        body=ShipmentBody,
        body_may_be_absent=True,
        is_act=True,
        answer=OrderAnswer,
        scope=Scope.ORDERS_WRITE,
        refusals=(
            "orders.unknown_order",
            "orders.unknown_line",
            "orders.quantity_not_positive",
            "orders.already_cancelled",
            "orders.not_complete",
            "orders.already_shipped",
            "orders.more_than_held",
            KEY_REUSED,
        ),
    ),
)
