"""Orders: reading them, and every act on one. Placing new ones is in `placing`."""

from typing import Annotated, Any, Final

import msgspec

from entrepot import orders
from entrepot.apis.rest.bodies import (
    CancelBody,
    ChangeOrderBody,
    PaymentBody,
    PlaceDraftBody,
    PriorityBody,
    ReturnBody,
    ShipmentBody,
    as_named,
    location_id,
    parts,
    resolve,
    wanted_lines,
)
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
)
from entrepot.apis.rest.wire import HexId
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import (
    CancelOrder,
    ChangeOrder,
    OrderAnswer,
    OrderStatus,
    OrderSummary,
    PlaceDraft,
    PrioritiseOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
)


class OrdersQuery(PageQuery, kw_only=True):
    """Which orders to show."""

    status: OrderStatus | None = None
    reference: Annotated[str, msgspec.Meta(max_length=200)] | None = None


async def list_orders(call: Call[OrdersQuery, None]) -> Reply:
    """Show the caller's orders."""
    query = call.query
    page = page_of(query, tuple[HexId])
    rows = granted(
        await orders.list_orders(
            call.services.database,
            call.caller,
            page,
            status=query.status,
            reference=query.reference,
        )
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.ORDER),))


async def find_order(call: Call[NoQuery, None]) -> Reply:
    """Show one order."""
    return show(granted(await orders.find_order(call.services.database, call.caller, _order(call))))


async def place(call: Call[NoQuery, PlaceDraftBody]) -> Reply:
    """Place a draft."""
    body = call.body
    command = PlaceDraft(_order(call), body.paid, body.hold_minutes)
    return acted(
        await orders.place_draft(call.services.desk, call.caller, command, call.key, call.request)
    )


async def change(call: Call[NoQuery, ChangeOrderBody]) -> Reply:
    """Replace the lines of an order."""
    order = _order(call)
    lines = call.body.lines
    variants = await resolve(call.services.database, call.caller, lines)
    command = ChangeOrder(order, wanted_lines(lines, variants))
    answer = await orders.change_order(
        call.services.desk, call.caller, command, call.key, call.request
    )
    return acted(as_named(answer, lines) if isinstance(answer, Refusal) else answer)


async def pay(call: Call[NoQuery, PaymentBody]) -> Reply:
    """Say how a payment ended."""
    command = RecordPayment(_order(call), call.body.succeeded)
    return acted(
        await orders.record_payment(
            call.services.desk, call.caller, command, call.key, call.request
        )
    )


async def cancel(call: Call[NoQuery, CancelBody]) -> Reply:
    """Cancel what was not shipped."""
    lines = call.body.lines
    command = CancelOrder(_order(call), None if lines is None else parts(lines))
    return acted(
        await orders.cancel_order(call.services.desk, call.caller, command, call.key, call.request)
    )


async def ship(call: Call[NoQuery, ShipmentBody]) -> Reply:
    """Let goods leave."""
    lines = call.body.lines
    command = ShipOrder(_order(call), None if lines is None else parts(lines))
    return acted(
        await orders.ship_order(call.services.desk, call.caller, command, call.key, call.request)
    )


async def take_back(call: Call[NoQuery, ReturnBody]) -> Reply:
    """Let shipped goods come back."""
    body = call.body
    command = ReturnGoods(_order(call), parts(body.lines), location_id(body.location, "location"))
    return acted(
        await orders.return_goods(call.services.desk, call.caller, command, call.key, call.request)
    )


async def prioritise(call: Call[NoQuery, PriorityBody]) -> Reply:
    """Move a waiting order in the queue."""
    command = PrioritiseOrder(_order(call), call.body.priority)
    return acted(
        await orders.prioritise_order(
            call.services.desk, call.caller, command, call.key, call.request
        )
    )


def _order(call: Call[Any, Any]) -> Id:
    """The order that the path names; what is no id answers like an absent one."""
    text = call.path["order"]
    order = ids.from_wire(ids.ORDER, text)
    if order is None:
        raise RefusedError(
            refuse(
                "orders.unknown_order",
                "There is no such order. Check its id.",
                facts={"order": text},
            )
        )
    return order


_LINES: Final = (
    "orders.no_lines",
    "orders.too_many_lines",
    "orders.unknown_variant",
    "orders.variant_not_orderable",
    "orders.quantity_not_positive",
    "orders.quantity_too_large",
    "orders.quantity_too_precise",
    "orders.quantity_not_whole",
    "orders.quantity_below_min",
    "orders.quantity_not_multiple",
    "orders.price_not_valid",
)
_IN_SESSION: Final = ("orders.sales_session_not_open", "orders.not_in_sales_session")
_ON_ORDER: Final = ("orders.unknown_order", "request.key_reused")
_PARTS: Final = ("orders.unknown_line", "orders.quantity_not_positive")


def _act(path: str, summary: str, detail: str = "", **more: Any) -> Route:  # noqa: ANN401 - fields of a route
    return Route(
        method=more.pop("method", "POST"),
        path=f"{API}/orders/{{order}}{path}",
        topic="Orders",
        summary=summary,
        detail=detail,
        is_act=True,
        answer=OrderAnswer,
        scope=Scope.ORDERS_WRITE,
        refusals=(*_ON_ORDER, *more.pop("refusals")),
        **more,
    )


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/orders",
        topic="Orders",
        summary="List your orders",
        detail="Newest first. An order whose limit has passed is among the cancelled at once.",
        handler=list_orders,
        query=OrdersQuery,
        answer=page_type("Order", OrderSummary),
        scope=Scope.ORDERS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/orders/{{order}}",
        topic="Orders",
        summary="Show one order with its lines and what it holds",
        handler=find_order,
        answer=OrderAnswer,
        scope=Scope.ORDERS_READ,
        refusals=("orders.unknown_order",),
    ),
    _act(
        "",
        "Replace the lines of an order",
        "Nothing may have been shipped. Decided as a new placing with the order's old place in the"
        " queue; if refused, the order stands as it was.",
        method="PUT",
        handler=change,
        body=ChangeOrderBody,
        refusals=(
            *_LINES,
            *_IN_SESSION,
            "orders.already_cancelled",
            "orders.already_shipped",
            "orders.already_invoiced",
            "orders.already_complete",
            "stock.insufficient_available",
        ),
    ),
    _act(
        "/place",
        "Place a draft",
        handler=place,
        body=PlaceDraftBody,
        body_may_be_absent=True,
        refusals=(
            *_LINES,
            *_IN_SESSION,
            "orders.limit_not_valid",
            "orders.not_a_draft",
            "stock.insufficient_available",
        ),
    ),
    _act(
        "/payment",
        "Say how the payment of an order ended",
        "Success lifts the limit; failure cancels the order and gives back what it held.",
        handler=pay,
        body=PaymentBody,
        refusals=(
            "orders.not_placed",
            "orders.pays_on_completion",
            "orders.already_paid",
            "orders.already_cancelled",
            "orders.payment_too_late",
        ),
    ),
    _act(
        "/cancel",
        "Cancel what was not shipped",
        "All of it, or the quantities named.",
        handler=cancel,
        body=CancelBody,
        body_may_be_absent=True,
        refusals=(
            *_PARTS,
            "orders.already_cancelled",
            "orders.already_shipped",
            "orders.already_gathered",
            "orders.fulfilled_by_invoice",
            "orders.more_than_open",
        ),
    ),
    _act(
        "/shipments",
        "Let goods leave for the customer",
        "All that is held, or the quantities named.",
        handler=ship,
        body=ShipmentBody,
        body_may_be_absent=True,
        refusals=(
            *_PARTS,
            "orders.shipped_by_producer",
            "orders.fulfilled_by_invoice",
            "orders.not_complete",
            "orders.more_than_held",
        ),
    ),
    _act(
        "/returns",
        "Take shipped goods back",
        "To where they were shipped from, or to `location`.",
        handler=take_back,
        body=ReturnBody,
        refusals=(
            *_PARTS,
            "orders.fulfilled_by_invoice",
            "orders.unknown_location",
            "orders.more_than_shipped",
        ),
    ),
    _act(
        "/priority",
        "Move a waiting order in the queue",
        handler=prioritise,
        body=PriorityBody,
        refusals=("orders.priority_not_valid",),
    ),
)
