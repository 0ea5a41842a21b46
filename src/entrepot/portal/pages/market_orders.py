"""Orders over many sellers, as their marketplace sees them: the list, and one with its invoices."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from entrepot import orders
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.orders import MarketOrderFilter, ShownInvoice, ShownMarketplaceOrder
from entrepot.portal.forms import Typed
from entrepot.portal.pages.market_words import (
    Purse,
    Split,
    draw_split,
    lines_of,
    name_of,
    tell_owed,
    tones_of,
    unit_cost,
)
from entrepot.portal.pages.orders_words import tell, tell_who
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import NothingHereError, Outcome, Page, Shown, Visit, found, granted

DAYS: Final = ("1", "7", "30", "90")
FILTERS: Final = ("number", "key", "value", "days")
ORDERS_SHOWN: Final = 25
LINES_SHOWN: Final = 25
INVOICES_SHOWN: Final = 25
NUMBER_MAX: Final = 2**31 - 1
TEXT_LENGTH_MAX: Final = 255
_NO_ORDER: Final = 0
"""No order or invoice has this number."""


class Listed(msgspec.Struct, frozen=True):
    """An order in the list, with its sellers as one bar."""

    it: ShownMarketplaceOrder
    buyer: str
    money: Purse
    split: Split


class Line(msgspec.Struct, frozen=True):
    """A line of an order, with the invoice that it is on, and why its seller is owed that."""

    it: orders.ShownInvoiceLine
    invoice: ShownInvoice
    unit_cost: str
    because: str


async def show_orders(visit: Visit) -> Outcome:
    """List the marketplace's orders that fit, newest first."""
    query, words = visit.query, visit.words
    page = page_at(query.text("cursor"), tuple[HexId], ORDERS_SHOWN)
    days, number = query.text("days"), query.text("number")
    key, value = query.text("key")[:TEXT_LENGTH_MAX], query.text("value")[:TEXT_LENGTH_MAX]
    wanted = MarketOrderFilter(
        utc_now() - timedelta(days=int(days)) if days in DAYS else None,
        numbered(query),
        (key, value) if key and value else None,
    )
    rows = granted(await orders.list_marketplace_orders(visit.database, visit.caller, page, wanted))
    shown, following = cut_at(rows, page, lambda row: (row.id.removeprefix(ids.ORDER),))
    tones = tones_of([invoice for row in shown for invoice in row.invoices])
    asked = [(name, query.text(name)) for name in FILTERS if query.text(name)]
    context = {
        "orders": [
            Listed(
                row,
                name_of(row.buyer),
                Purse(words, row.currency, row.minor_digits),
                draw_split(words, row.invoices, tones),
            )
            for row in shown
        ],
        "following": following,
        "is_first": page.after is None,
        "is_filtered": bool(asked),
        "here": "/marketplace-orders" + (f"?{urlencode(asked)}" if asked else ""),
        "number": number,
        "key": key,
        "value": value,
        "days": days if days in DAYS else "",
        "day_choices": DAYS,
    }
    return Shown(template="market/orders.html.jinja", context=context)


async def show_order(visit: Visit) -> Outcome:
    """Show one order: who bought, who sells what of it, what each is owed, and what happened."""
    order = ids.from_wire(ids.ORDER, visit.path["order"])
    if order is None:
        raise NothingHereError
    shown = found(await orders.find_marketplace_order(visit.database, visit.caller, order))
    history = granted(await orders.list_order_history(visit.database, visit.caller, order))
    words, purse = visit.words, Purse(visit.words, shown.currency, shown.minor_digits)
    page = page_at(visit.query.text("cursor"), tuple[int], LINES_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    all_lines = sorted(
        [(line, invoice) for invoice in shown.invoices for line in invoice.lines],
        key=lambda each: each[0].line,
    )
    lines, following = cut_at(
        [each for each in all_lines if each[0].line > after], page, lambda each: (each[0].line,)
    )
    context = {
        "order": shown,
        "buyer": name_of(shown.buyer),
        "goes_to": lines_of(words, shown.buyer, shown.buyer.address),
        "split": draw_split(words, shown.invoices),
        "invoices": shown.invoices[:INVOICES_SHOWN],
        "invoices_left": max(len(shown.invoices) - INVOICES_SHOWN, 0),
        "owed": sum(each.owed for each in shown.invoices),
        "lines": [
            Line(line, invoice, unit_cost(purse, line), tell_owed(words, purse, line))
            for line, invoice in lines
        ],
        "following": following,
        "is_first": not after,
        "money": purse,
        "history": [(each.at, tell(words, each), tell_who(words, each)) for each in history],
        "is_placing_known": any(each.act == "orders.placed" for each in history),
    }
    return Shown(template="market/order.html.jinja", context=context)


def numbered(query: Typed) -> int | None:
    """The number that the address asks for; what can be no number is that of nothing."""
    text = query.text("number").removeprefix("#")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 12):  # noqa: PLR2004 - more digits than any number has
        return _NO_ORDER
    return int(text) if int(text) <= NUMBER_MAX else _NO_ORDER


PAGES: Final = (
    Page(
        method="GET",
        path="/marketplace-orders",
        summary="List your orders over many sellers",
        handler=show_orders,
        scope=Scope.MARKETPLACE_READ,
        query=(*FILTERS, "cursor"),
    ),
    Page(
        method="GET",
        path="/marketplace-orders/{order}",
        summary="Show an order over many sellers: the buyer, its invoices, and who is owed what",
        handler=show_order,
        scope=Scope.MARKETPLACE_READ,
        query=("cursor",),
    ),
)
