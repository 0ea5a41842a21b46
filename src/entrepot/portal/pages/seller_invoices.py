"""Seller invoices: a seller's parts of marketplaces' orders, and all those of a marketplace.

One page serves both sides; the seller is told of nothing but its own part.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

import msgspec

from entrepot import orders
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Stretch
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import InvoiceFilter, ShownInvoice, ShownInvoiceLine, Side
from entrepot.portal.charts import draw_gauge
from entrepot.portal.pages.market_orders import DAYS, numbered
from entrepot.portal.pages.market_words import (
    Purse,
    Standing,
    carrier_name,
    lines_of,
    name_of,
    stages_of,
    standing_of,
    tell_owed,
    unit_cost,
    went_back,
)
from entrepot.portal.paging import HexId, cut_at, page_at, write_cursor
from entrepot.portal.routes import NothingHereError, Outcome, Page, Shown, Visit, granted

SIDES: Final[tuple[Side, ...]] = ("marketplace", "seller")
"""The sides from which one may look, in the order in which they are tried."""
FILTERS: Final = ("side", "number", "days", "to_ship")
INVOICES_SHOWN: Final = 25
LINES_SHOWN: Final = 50
PRINTED_MAX: Final = 1_000
"""Lines of one printed invoice; an order has no more than that."""


class Listed(msgspec.Struct, frozen=True):
    """An invoice in the list."""

    it: ShownInvoice
    buyer: str
    owed: str
    standing: Standing


class Line(msgspec.Struct, frozen=True):
    """A line of an invoice, with what a unit costs and why its seller is owed that."""

    it: ShownInvoiceLine
    unit_cost: str
    because: str


async def show_invoices(visit: Visit) -> Outcome:
    """List invoices that fit, newest first, as the side that the visitor's organisation is on."""
    query, words = visit.query, visit.words
    sides = [side for side in SIDES if side in visit.guest.sides]
    side = next((each for each in sides if each == query.text("side")), sides[0] if sides else None)
    days = query.text("days")
    page = page_at(query.text("cursor"), tuple[int, HexId], INVOICES_SHOWN)
    rows: Stretch[ShownInvoice] = Stretch((), None)
    if side is not None:
        wanted = InvoiceFilter(
            created_since=utc_now() - timedelta(days=int(days)) if days in DAYS else None,
            not_dispatched=query.ticked("to_ship"),
            legacy_id=numbered(query),
            descending=True,
        )
        rows = granted(await orders.list_invoices(visit.database, visit.caller, page, wanted, side))
    asked = [(name, query.text(name)) for name in FILTERS if query.text(name)]
    context = {
        "invoices": [
            Listed(
                row,
                name_of(row.buyer),
                Purse(words, row.currency, row.minor_digits)(row.owed),
                standing_of(row),
            )
            for row in rows.rows
        ],
        "following": None if rows.following is None else write_cursor(rows.following),
        "is_first": page.after is None,
        "is_filtered": any(name != "side" for name, _ in asked),
        "here": "/seller-invoices" + (f"?{urlencode(asked)}" if asked else ""),
        "sides": sides,
        "side": side,
        "number": query.text("number"),
        "days": days if days in DAYS else "",
        "day_choices": DAYS,
        "to_ship": query.ticked("to_ship"),
    }
    return Shown(template="market/invoices.html.jinja", context=context)


async def show_invoice(visit: Visit) -> Outcome:
    """Show one invoice: where the goods go, its lines, what its seller is owed, how far it is."""
    return invoice_page(visit, *await invoice_of(visit))


def invoice_page(
    visit: Visit, invoice: ShownInvoice, side: Side, faults: Sequence[Fault] = ()
) -> Shown:
    """One invoice as one side sees it; with what was just refused."""
    page = page_at(visit.query.text("cursor"), tuple[int], LINES_SHOWN)
    after = 0 if page.after is None else int(page.after[0])
    lines, following = cut_at(
        [line for line in invoice.lines if line.line > after], page, lambda line: (line.line,)
    )
    may_act = visit.guest.may(Scope.MARKETPLACE_WRITE)
    context = {
        **_shown(visit, invoice, side, lines),
        "carriers": {
            each.id: carrier_name(visit.words, each.carrier, each.carrier_name)
            for each in invoice.shipments
        },
        "following": following,
        "is_first": not after,
        "may_act": may_act,
        "may_decide": may_act and side == "marketplace",
        "may_ship": may_act
        and any(_is_some(line.quantity_awaiting_dispatch) for line in invoice.lines),
        "may_return": may_act and any(_is_some(line.quantity_returnable) for line in invoice.lines),
        "names": {line.line: line.sku for line in invoice.lines},
        "faults": faults,
        "typed": visit.typed,
    }
    return Shown(
        template="market/invoice.html.jinja", context=context, status=422 if faults else 200
    )


async def show_print(visit: Visit) -> Outcome:
    """Show an invoice whole, to be printed."""
    invoice, side = await invoice_of(visit)
    return Shown(
        template="market/print.html.jinja",
        context=_shown(visit, invoice, side, invoice.lines[:PRINTED_MAX]),
    )


async def invoice_of(visit: Visit, wire_id: str = "") -> tuple[ShownInvoice, Side]:
    """The invoice with an id, else the one that the address names, and as whom the visitor sees it.

    What is no id, and what belongs to others, is like an absent one.
    """
    invoice = ids.from_wire(ids.INVOICE, wire_id or visit.path["invoice"])
    if invoice is not None:
        for side in SIDES:
            if side in visit.guest.sides:
                shown = await orders.find_invoice(visit.database, visit.caller, invoice, side)
                if not isinstance(shown, Refusal):
                    return shown, side
    raise NothingHereError


def _shown(
    visit: Visit, invoice: ShownInvoice, side: Side, lines: Sequence[ShownInvoiceLine]
) -> dict[str, object]:
    """What every page of an invoice speaks of."""
    words, purse = visit.words, Purse(visit.words, invoice.currency, invoice.minor_digits)
    buyer = invoice.buyer
    return {
        "invoice": invoice,
        "side": side,
        "standing": standing_of(invoice),
        "buyer": name_of(buyer),
        "goes_to": lines_of(words, buyer, buyer.address),
        "stages": stages_of(words, purse, invoice),
        "lines": [
            Line(line, unit_cost(purse, line), tell_owed(words, purse, line)) for line in lines
        ],
        "adjustments": [(line, each) for line in invoice.lines for each in line.adjustments]
        + [(None, each) for each in invoice.adjustments],
        "money": purse,
        "went_back": went_back(invoice),
        "gauge": draw_gauge(_parts(invoice)),
        "belongs_to": "/seller-invoices",
    }


def _is_some(quantity: str) -> bool:
    return Decimal(quantity) > 0


def _parts(invoice: ShownInvoice) -> list[tuple[str, Decimal]]:
    """What of the customer's money goes to the seller, and what stays with the marketplace."""
    return [("in", Decimal(invoice.owed)), ("held", Decimal(invoice.total - invoice.owed))]


PAGES: Final = (
    Page(
        method="GET",
        path="/seller-invoices",
        summary="List seller invoices: your own as a seller, or all as a marketplace",
        handler=show_invoices,
        scope=Scope.MARKETPLACE_READ,
        query=(*FILTERS, "cursor"),
    ),
    Page(
        method="GET",
        path="/seller-invoices/{invoice}",
        summary="Show a seller invoice: where the goods go, its lines, and what its seller is owed",
        handler=show_invoice,
        scope=Scope.MARKETPLACE_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/seller-invoices/{invoice}/print",
        summary="Show a seller invoice to be printed",
        handler=show_print,
        scope=Scope.MARKETPLACE_READ,
    ),
)
