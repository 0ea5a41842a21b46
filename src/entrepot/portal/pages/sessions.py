"""Sales sessions of a trader: the calendar, one session with its goods and orders, and closing it.

Opening and changing one is in `sessions_changing`, ordering for a customer in `sessions_ordering`.
"""

from __future__ import annotations

from datetime import date
from typing import Final, get_args

from entrepot import sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import OrderStatus
from entrepot.portal.forms import FIELD_MISSING
from entrepot.portal.pages.sessions_words import draw_calendar, draw_sold, tell_when, weeks_from
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
    CustomerOrderFilter,
    SalesSession,
    SalesSessionFilter,
    SessionState,
)

STATES: Final[tuple[SessionState, ...]] = get_args(SessionState)
ORDER_STATUSES: Final[tuple[OrderStatus, ...]] = ("held", "complete", "cancelled")
PRODUCTS_SHOWN: Final = 50
"""Products on one page of a session, or in one form; a session may have a thousand."""
MISSING_SHOWN: Final = 20
"""Customers who would miss something that are named beside what producers get."""


async def show_sessions(visit: Visit) -> Outcome:
    """Show the calendar of sales sessions, and all of them, newest first."""
    query, words = visit.query, visit.words
    now = utc_now()
    state = next((each for each in STATES if each == query.text("state")), None)
    weeks = weeks_from(_day(query.text("from")), now, words.time_zone)
    page = page_at(query.text("cursor"), tuple[HexId])
    wanted = SalesSessionFilter(state)
    database, caller = visit.database, visit.caller
    listed = granted(await sales_sessions.list_sales_sessions(database, caller, page, wanted))
    rows, following = cut_at(listed, page, lambda row: (row.inner_id,))
    between = granted(
        await sales_sessions.list_sessions_between(database, caller, weeks.since, weeks.until)
    )
    context = {
        "sessions": [(row, tell_when(words, row, now)) for row in rows],
        "calendar": draw_calendar(words, weeks, between, now),
        "following": following,
        "is_first": page.after is None,
        "here": "/sales-sessions" + (f"?state={state}" if state else ""),
        "state": state or "",
        "states": STATES,
        "address": visit.address,
        "may_write": visit.guest.may(Scope.ORDERS_WRITE),
    }
    return Shown(template="sessions/list.html.jinja", context=context)


async def show_session(visit: Visit) -> Outcome:
    """Show one sales session: its time, how its orders stand, and what is left of each product."""
    session = session_of(visit)
    shown = found(await sales_sessions.find_sales_session(visit.database, visit.caller, session))
    page = page_at(visit.query.text("cursor"), tuple[int], PRODUCTS_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    numbered = list(enumerate(shown.products, 1))[max(after, 0) :]
    rows, following = cut_at(numbered, page, lambda row: (row[0],))
    context = {
        **head_of(visit, shown.session),
        "orders": shown.orders,
        "products": [draw_sold(product) for _, product in rows],
        "following": following,
        "is_first": page.after is None,
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(template="sessions/session.html.jinja", context=context)


async def show_orders(visit: Visit) -> Outcome:
    """Show the customer orders of a sales session that fit, newest first."""
    query, session = visit.query, session_of(visit)
    status = next((each for each in ORDER_STATUSES if each == query.text("status")), None)
    would_miss = query.ticked("would_miss")
    page = page_at(query.text("cursor"), tuple[HexId])
    wanted = CustomerOrderFilter(status, would_miss)
    rows = found(
        await sales_sessions.list_customer_orders(
            visit.database, visit.caller, session, page, wanted
        )
    )
    it = found(await sales_sessions.find_sales_session(visit.database, visit.caller, session))
    asked = [f"status={status}"] if status else []
    asked += ["would_miss=yes"] if would_miss else []
    address = f"/sales-sessions/{it.session.id}/orders"
    context = {
        **head_of(visit, it.session),
        "orders": rows.rows,
        "following": None if rows.following is None else write_cursor(rows.following),
        "is_first": page.after is None,
        "is_filtered": bool(asked),
        "here": address + ("?" + "&".join(asked) if asked else ""),
        "status": status or "",
        "statuses": ORDER_STATUSES,
        "would_miss": would_miss,
    }
    return Shown(template="sessions/orders.html.jinja", context=context)


async def show_preview(visit: Visit) -> Outcome:
    """Show what each producer would get if a session closed now, and who would miss what."""
    return await _preview_page(visit)


async def do_close(visit: Visit) -> Outcome:
    """Close a session now, and make its session orders as far as that goes."""
    session, typed, words = session_of(visit), visit.typed, visit.words
    if not typed.ticked("is_sure"):
        typed.find(FIELD_MISSING, "Tick this: a closed session does not open again.", "is_sure")
        return await _preview_page(visit, tuple(typed.faults))
    closed = await sales_sessions.close_sales_session(
        visit.services.desk,
        visit.caller,
        session,
        visit.sent("close_sales_session"),
        cancel_unpaid=typed.ticked("cancel_unpaid"),
    )
    refusal = done(closed)
    if refusal is not None or isinstance(closed, Refusal):
        return await _preview_page(visit, () if refusal is None else refusal.faults)
    answer = closed.answer
    said = words("The session is closed, and its session orders are made.")
    if answer.session.state != "complete":
        said = words("The session is closed; its session orders are being made.")
    if answer.orders.unpaid:
        said = words.ngettext(
            "The session is closed. %(num)s order may still be paid, until %(until)s; then its"
            " session orders are made by themselves.",
            "The session is closed. %(num)s orders may still be paid, until %(until)s; then its"
            " session orders are made by themselves.",
            answer.orders.unpaid,
        ) % {
            "num": words.quantity(answer.orders.unpaid),
            "until": words.moment(answer.orders.unpaid_until),
        }
    return Elsewhere(address=f"{address_of(session)}/preview", said=said)


async def _preview_page(visit: Visit, faults: tuple[Fault, ...] = ()) -> Shown:
    session, database, caller = session_of(visit), visit.database, visit.caller
    preview = found(await sales_sessions.preview_closing(database, caller, session))
    missing = granted(
        await sales_sessions.list_customer_orders(
            database, caller, session, ListPage(MISSING_SHOWN), CustomerOrderFilter(would_miss=True)
        )
    )
    page = page_at(visit.query.text("cursor"), tuple[int], PRODUCTS_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    lines = [(each, line) for each in preview.producers for line in each.lines]
    numbered = list(enumerate(lines, 1))[max(after, 0) :]
    rows, following = cut_at(numbered, page, lambda row: (row[0],))
    shown = {line.variant for _, (_, line) in rows}
    context = {
        **head_of(visit, preview.session),
        "orders": preview.orders,
        "producers": [
            (each, [line for line in each.lines if line.variant in shown])
            for each in preview.producers
            if any(line.variant in shown for line in each.lines)
        ],
        "is_empty": not lines,
        "missing": missing.rows,
        "is_more_missing": missing.following is not None,
        "following": following,
        "is_first": page.after is None,
        "faults": faults,
        "cancel_unpaid": visit.typed.ticked("cancel_unpaid"),
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(
        template="sessions/preview.html.jinja", context=context, status=422 if faults else 200
    )


def head_of(visit: Visit, session: SalesSession) -> dict[str, object]:
    """What every page of a session begins with."""
    return {
        "session": session,
        "when": tell_when(visit.words, session, utc_now()),
        "address": visit.address,
        "may_write": visit.guest.may(Scope.ORDERS_WRITE),
        "belongs_to": "/sales-sessions",
    }


def session_of(visit: Visit) -> Id:
    """The session that the address names; what is no id is like an absent one."""
    session = ids.from_wire(ids.SALES_SESSION, visit.path["sales_session"])
    if session is None:
        raise NothingHereError
    return session


def address_of(session: Id) -> str:
    """The page of a session."""
    return f"/sales-sessions/{ids.SALES_SESSION}{session}"


def _day(text: str) -> date | None:
    """A day of the calendar; None where none is named that a calendar could show."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None  # noqa: PLR2004 - far from where days end


PAGES: Final = (
    Page(
        method="GET",
        path="/sales-sessions",
        summary="Show the calendar of sales sessions, and list them",
        handler=show_sessions,
        scope=Scope.ORDERS_READ,
        query=("state", "from", "cursor"),
    ),
    Page(
        method="GET",
        path="/sales-sessions/{sales_session}",
        summary="Show a sales session: what is held and left of each product, and how orders stand",
        handler=show_session,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/sales-sessions/{sales_session}/orders",
        summary="List the customer orders of a sales session",
        handler=show_orders,
        scope=Scope.ORDERS_READ,
        query=("status", "would_miss", "cursor"),
    ),
    Page(
        method="GET",
        path="/sales-sessions/{sales_session}/preview",
        summary="Show what producers would get if a session closed now, and who would miss what",
        handler=show_preview,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
    Page(
        method="POST",
        path="/sales-sessions/{sales_session}/close",
        summary="Close a sales session now",
        handler=do_close,
        scope=Scope.ORDERS_WRITE,
        fields=("is_sure", "cancel_unpaid"),
    ),
)
