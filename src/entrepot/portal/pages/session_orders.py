"""The producer's side of sales sessions: live demand, and session orders.

Demand is what sessions of all traders hold of its goods now; session orders are what they become,
which the producer ships.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from entrepot import sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import LineQuantity
from entrepot.portal.charts import Part, draw_gauge
from entrepot.portal.pages.orders_acts import renumbered
from entrepot.portal.paging import HexId, cut_at, page_at, write_cursor
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    found,
    granted,
)
from entrepot.sales_sessions import (
    DemandedGoods,
    SessionOrderFilter,
    SessionOrderLine,
    ShownSessionOrder,
)

GOODS_SHOWN: Final = 25
LINES_SHOWN: Final = 50
"""Lines on one page of a session order, or in one form."""
PRINTED_MAX: Final = 1_000
"""Lines of one printed session order; a session sells no more products than that."""
FILTERS: Final = {
    "to_ship": SessionOrderFilter(to_ship=True),
    "held": SessionOrderFilter("held"),
    "complete": SessionOrderFilter("complete"),
    "cancelled": SessionOrderFilter("cancelled"),
}
"""Which session orders to show, by what the address says."""


class Demanded(msgspec.Struct, frozen=True):
    """Goods that sessions hold, and what share of the stock that is."""

    it: DemandedGoods
    gauge: tuple[Part, ...]


class Share(msgspec.Struct, frozen=True):
    """A line of which a part may leave: how much at most, and what stands in its field."""

    number: int
    line: SessionOrderLine
    typed: str


async def show_demand(visit: Visit) -> Outcome:
    """Show what sessions of all traders hold of the organisation's goods, against its stock."""
    page = page_at(visit.query.text("cursor"), tuple[str], GOODS_SHOWN)
    listed = granted(await sales_sessions.list_demanded_goods(visit.database, visit.caller, page))
    rows, following = cut_at(listed, page, lambda row: (row.sku,))
    context = {
        "goods": [_drawn(row) for row in rows],
        "following": following,
        "is_first": page.after is None,
        "address": visit.address,
        "now": utc_now(),
        "belongs_to": "/session-orders",
    }
    return Shown(template="session_orders/demand.html.jinja", context=context)


async def show_session_orders(visit: Visit) -> Outcome:
    """List the session orders at the organisation that fit, newest first."""
    named = visit.query.text("status")
    page = page_at(visit.query.text("cursor"), tuple[HexId])
    wanted = FILTERS.get(named, SessionOrderFilter())
    rows = granted(
        await sales_sessions.list_session_orders(visit.database, visit.caller, page, wanted)
    )
    status = named if named in FILTERS else ""
    context = {
        "orders": rows.rows,
        "following": None if rows.following is None else write_cursor(rows.following),
        "is_first": page.after is None,
        "here": "/session-orders" + (f"?status={status}" if status else ""),
        "status": status,
        "choices": ("", *FILTERS),
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(template="session_orders/list.html.jinja", context=context)


async def show_session_order(visit: Visit) -> Outcome:
    """Show one session order with its lines."""
    shown = await _session_order(visit)
    page = page_at(visit.query.text("cursor"), tuple[int], LINES_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    lines, following = cut_at(
        [line for line in shown.lines if line.line > after], page, lambda line: (line.line,)
    )
    context = {
        **_shown(visit, shown),
        "lines": lines,
        "following": following,
        "is_first": page.after is None,
    }
    return Shown(template="session_orders/order.html.jinja", context=context)


async def show_print(visit: Visit) -> Outcome:
    """Show a session order whole, to be printed."""
    shown = await _session_order(visit)
    context = {**_shown(visit, shown), "lines": shown.lines[:PRINTED_MAX]}
    return Shown(template="session_orders/print.html.jinja", context=context)


async def show_ship(visit: Visit) -> Outcome:
    """Ask what of each line of a session order leaves."""
    return _ship_page(visit, await _session_order(visit))


async def do_ship(visit: Visit) -> Outcome:
    """Let goods of a session order leave: all that it holds, or the quantities named."""
    shown, typed = await _session_order(visit), visit.typed
    numbers: list[int] = []
    parts: list[LineQuantity] = []
    if not typed.ticked("all"):
        texts = zip(typed.all("line"), typed.all("quantity"), strict=False)
        for number, (line, text) in enumerate(texts):
            quantity = typed.number_of(text, f"lines[{number}].quantity")
            if quantity and line.isdecimal() and len(line) < 10:  # noqa: PLR2004 - lines have four digits at most
                numbers.append(number)
                parts.append(LineQuantity(int(line), quantity))
        if not typed.faults and not parts:
            typed.find("orders.no_lines", "Fill in how much, at one line at least.", "lines")
    if typed.refusal is not None:
        return _ship_page(visit, shown, typed.refusal)
    answer = await sales_sessions.ship_session_order(
        visit.services.desk,
        visit.caller,
        shown.order.inner_id,
        None if typed.ticked("all") else tuple(parts),
        visit.sent("ship_session_order").key,
        visit.request,
    )
    refusal = done(answer)
    if refusal is not None:
        faults = tuple([renumbered(fault, numbers) for fault in refusal.faults])
        return _ship_page(visit, shown, Refusal(faults))
    return Elsewhere(address=f"/session-orders/{shown.order.id}", said=visit.words("Shipped."))


async def _session_order(visit: Visit) -> ShownSessionOrder:
    return found(
        await sales_sessions.find_session_order(visit.database, visit.caller, _order_of(visit))
    )


def _order_of(visit: Visit) -> Id:
    """The session order that the address names; what is no id is like an absent one."""
    order = ids.from_wire(ids.ORDER, visit.path["order"])
    if order is None:
        raise NothingHereError
    return order


def _drawn(row: DemandedGoods) -> Demanded:
    """Draw what sessions hold, what is held for others, and what is still available."""
    if row.available is None:
        return Demanded(row, ())
    demand, held = Decimal(row.quantity), Decimal(row.held or 0)
    parts = [("moved", demand), ("held", held - demand), ("in", Decimal(row.available))]
    return Demanded(row, draw_gauge(parts))


def _shown(visit: Visit, shown: ShownSessionOrder) -> dict[str, object]:
    """What every page of a session order speaks of."""
    return {
        "order": shown.order,
        "may_ship": shown.order.status == "complete"
        and visit.guest.may(Scope.ORDERS_WRITE)
        and any(line.held != "0" for line in shown.lines),
        "currency": visit.guest.me.organisation.currency,
        "belongs_to": "/session-orders",
    }


def _ship_page(visit: Visit, shown: ShownSessionOrder, refusal: Refusal | None = None) -> Shown:
    typed, words = visit.typed, visit.words
    texts = dict(zip(typed.all("line"), typed.all("quantity"), strict=False))
    able = [line for line in shown.lines if line.held != "0"]
    shares = [
        Share(number, line, texts.get(str(line.line), words.quantity(line.held)))
        for number, line in enumerate(able[:LINES_SHOWN])
    ]
    context = {
        **_shown(visit, shown),
        "shares": shares,
        "is_cut": len(able) > LINES_SHOWN,
        "faults": () if refusal is None else refusal.faults,
    }
    return Shown(
        template="session_orders/ship.html.jinja", context=context, status=422 if refusal else 200
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/session-demand",
        summary="Show what sales sessions of all traders hold of your goods, against your stock",
        handler=show_demand,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/session-orders",
        summary="List the session orders that traders have at you",
        handler=show_session_orders,
        scope=Scope.ORDERS_READ,
        query=("status", "cursor"),
    ),
    Page(
        method="GET",
        path="/session-orders/{order}",
        summary="Show a session order with its lines",
        handler=show_session_order,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/session-orders/{order}/print",
        summary="Show a session order to be printed",
        handler=show_print,
        scope=Scope.ORDERS_READ,
    ),
    Page(
        method="GET",
        path="/session-orders/{order}/ship",
        summary="Ask what of a session order leaves",
        handler=show_ship,
        scope=Scope.ORDERS_WRITE,
    ),
    Page(
        method="POST",
        path="/session-orders/{order}/ship",
        summary="Let goods of a session order leave",
        handler=do_ship,
        scope=Scope.ORDERS_WRITE,
        fields=("line", "quantity", "all"),
    ),
)
