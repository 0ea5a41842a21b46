"""Orders: the list with its filters, and one order with where its goods come from and why it waits.

Acts on an order are in `orders_acts`, placing and changing in `orders_placing`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from entrepot import orders, sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Stretch
from entrepot.kernel.refusal import Fault
from entrepot.orders import ListedOrder, OrderFilter, OrderStatus
from entrepot.portal.pages import orders_waiting
from entrepot.portal.pages.orders_words import tell, tell_who
from entrepot.portal.paging import cut_at, page_at, write_cursor
from entrepot.portal.routes import NothingHereError, Outcome, Page, Shown, Visit, found, granted

STATUSES: Final[tuple[OrderStatus, ...]] = get_args(OrderStatus)
TO_SHIP: Final = "to_ship"
CHOICES: Final = ("draft", "waiting", "held", TO_SHIP, "complete", "cancelled")
"""The statuses that may be chosen; those to ship are complete, and have not left."""
DAYS: Final = ("1", "7", "30", "90")
FILTERS: Final = ("status", "waiting", "reference", "variant", "days")
REFERENCE_LENGTH_MAX: Final = 100
_FIELDS: Final = {"priority": "prioritise", "paid": "place", "hold_minutes": "place"}
"""The fields of an order's page, and what may be done where it has them."""
LINES_SHOWN: Final = 50
"""Lines on one page of an order, or in one form; an order may have a thousand."""


async def show_orders(visit: Visit) -> Outcome:
    """List the organisation's orders that fit, newest first."""
    query = visit.query
    asked_for = query.text("status")
    status = next((each for each in STATUSES if each == asked_for), None)
    days = query.text("days")
    reference = query.text("reference")[:REFERENCE_LENGTH_MAX]
    sku = query.text("variant")[:REFERENCE_LENGTH_MAX]
    page = page_at(query.text("cursor"), tuple[str])
    rows: Stretch[ListedOrder] = Stretch((), None)
    variant = await _variant(visit, sku) if sku else None
    if variant or not sku:
        wanted = OrderFilter(
            status,
            query.ticked("waiting"),
            reference,
            variant,
            utc_now() - timedelta(days=int(days)) if days in DAYS else None,
            asked_for == TO_SHIP,
        )
        rows = granted(await orders.search_orders(visit.database, visit.caller, page, wanted))
    asked = [(name, query.text(name)) for name in FILTERS if query.text(name)]
    context = {
        "orders": rows.rows,
        "following": None if rows.following is None else write_cursor(rows.following),
        "here": "/orders" + (f"?{urlencode(asked)}" if asked else ""),
        "is_first": not query.text("cursor"),
        "is_filtered": bool(asked),
        "is_known": not sku or variant is not None,
        "status": asked_for if asked_for in CHOICES else "",
        "waiting": query.ticked("waiting"),
        "reference": reference,
        "sku": sku,
        "days": days if days in DAYS else "",
        "day_choices": DAYS,
        "statuses": CHOICES,
        "may_place": visit.guest.may(Scope.ORDERS_WRITE),
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(template="orders/list.html.jinja", context=context)


async def show_order(visit: Visit) -> Outcome:
    """Show one order."""
    return await order_page(visit, order_of(visit))


async def order_page(
    visit: Visit, order: Id, faults: tuple[Fault, ...] = (), status: int = 200
) -> Shown:
    """One order with its lines, its history, and why it waits; with what was just refused."""
    shown = found(await orders.show_order(visit.database, visit.caller, order))
    history = granted(await orders.list_order_history(visit.database, visit.caller, order))
    may_write = visit.guest.may(Scope.ORDERS_WRITE)
    words = visit.words
    page = page_at(visit.query.text("cursor"), tuple[int], LINES_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    session_name = None
    if shown.sales_session is not None:
        session = shown.sales_session.removeprefix(ids.SALES_SESSION)
        names = granted(
            await sales_sessions.name_sales_sessions(visit.database, visit.caller, [session])
        )
        session_name = names.get(shown.sales_session)
    lines, following = cut_at(
        [line for line in shown.lines if line.line > after], page, lambda line: (line.line,)
    )
    numbers = {line.line for line in lines}
    context = {
        "order": shown,
        "session_name": session_name,
        "lines": lines,
        "numbers": numbers,
        "following": following,
        "is_first": not after,
        "may": shown.may if may_write else frozenset(),
        "may_see_partners": visit.guest.may(Scope.PARTNERSHIPS_READ),
        "why": await orders_waiting.explain(visit, order, shown),
        "history": [(each.at, tell(words, each), tell_who(words, each)) for each in history],
        "is_placing_known": any(each.act == "orders.placed" for each in history),
        "holds_goods": any(line.held != "0" for line in shown.lines),
        "has_transfers": any(line.transfers for line in lines),
        "faults": [_placed(each, numbers, shown.may) for each in faults],
        "typed": visit.typed,
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(template="orders/order.html.jinja", context=context, status=status)


def order_of(visit: Visit) -> Id:
    """The order that the address names; what is no id is like an absent one."""
    order = ids.from_wire(ids.ORDER, visit.path["order"])
    if order is None:
        raise NothingHereError
    return order


def _placed(fault: Fault, shown: Collection[int], may: Collection[str]) -> Fault:
    """The same fault, beside its field or its line where the page has that now."""
    named = fault.field or ""
    field = named if _FIELDS.get(named) in may else None
    index = named.removeprefix("lines[").partition("]")[0]
    if named.startswith("lines[") and index.isdecimal():
        line = fault.facts.get("line", int(index) + 1)
        field = f"line-{line}" if line in shown else None
    return Fault(fault.code, fault.message, field, fault.facts)


async def _variant(visit: Visit, named: str) -> Id | None:
    """The variant that a filter names, by id or by sku; None where there is none."""
    by_id = ids.from_wire(ids.VARIANT, named)
    if by_id is not None:
        return by_id
    known = granted(await orders.find_orderable(visit.database, visit.caller, [named]))
    return known[0].variant.removeprefix(ids.VARIANT) if known else None


PAGES: Final = (
    Page(
        method="GET",
        path="/orders",
        summary="List orders, with what they miss",
        handler=show_orders,
        scope=Scope.ORDERS_READ,
        query=(*FILTERS, "cursor"),
    ),
    Page(
        method="GET",
        path="/orders/{order}",
        summary="Show an order: its lines, where they come from, its history, and why it waits",
        handler=show_order,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
)
