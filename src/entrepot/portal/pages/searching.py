"""The search of the frame: what people call products, orders, partners and sessions, or an id.

Each is searched only for those whose role may see it, and each search is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from entrepot import catalogue, orders, partnerships, sales_sessions, stock
from entrepot.catalogue import VariantFilter
from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.orders import OrderFilter
from entrepot.portal.pages.sessions_words import tell_when
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, granted
from entrepot.portal.subjects import address_of
from entrepot.stock import GoodsFilter

TEXT_LENGTH_MAX: Final = 100
FOUND_MAX: Final = 10


class Found(msgspec.Struct, frozen=True):
    """One thing that a search finds: where it is, what it is called, and what more there is to say.

    `is_exact`: the text is one of its names.
    """

    address: str
    name: str
    more: str = ""
    state: str = ""
    is_exact: bool = False


async def show_search(visit: Visit) -> Outcome:
    """Show what a text finds; an id, or the one thing that is called so, leads straight there."""
    text = visit.query.text("q")[:TEXT_LENGTH_MAX].strip()
    address = address_of(text)
    if address is not None:
        return Elsewhere(address=address)
    goods, is_more = await _goods(visit, text)
    placed = await _orders(visit, text)
    partners = await _partners(visit, text)
    sessions = await _sessions(visit, text)
    found = [*goods, *placed, *partners, *sessions]
    if len(found) == 1 and found[0].is_exact and not is_more:
        return Elsewhere(address=found[0].address)
    return Shown(
        template="search.html.jinja",
        context={
            "searched": text,
            "goods": goods,
            "orders": placed,
            "partners": partners,
            "sessions": sessions,
            "all_goods": "/products?" + urlencode({"q": text}) if is_more else None,
        },
    )


async def _goods(visit: Visit, text: str) -> tuple[Sequence[Found], bool]:
    """The products that a text finds, those called exactly so first, and whether there are more."""
    if not text or not (
        visit.guest.may(Scope.CATALOGUE_READ) and visit.guest.may(Scope.STOCK_READ)
    ):
        return (), False
    found: dict[str, Found] = {}
    wanted = [VariantFilter(sku=text)]
    if text.isascii() and text.isdigit():
        wanted.append(VariantFilter(gtin=text))
    for each in wanted:
        named = granted(
            await catalogue.list_variants(visit.database, visit.caller, limit=1, wanted=each)
        )
        found |= {
            row.id: Found(f"/variants/{row.id}", row.name, row.sku, row.state, is_exact=True)
            for row in named
        }
    page = ListPage(FOUND_MAX)
    listed = granted(
        await stock.list_goods(visit.database, visit.caller, page, GoodsFilter(text=text))
    )
    for row in listed.rows:
        address = f"/variants/{row.variant}"
        found.setdefault(row.variant, Found(address, row.name, row.sku, row.state))
    return list(found.values())[:FOUND_MAX], listed.following is not None


async def _orders(visit: Visit, text: str) -> Sequence[Found]:
    """The orders whose reference begins with a text."""
    if not text or not visit.guest.may(Scope.ORDERS_READ):
        return ()
    wanted = OrderFilter(reference=text)
    listed = granted(
        await orders.search_orders(visit.database, visit.caller, ListPage(FOUND_MAX), wanted)
    )
    return [
        Found(
            f"/orders/{row.id}",
            row.reference,
            visit.words.moment(row.placed_at),
            is_exact=row.reference == text,
        )
        for row in listed.rows
    ]


async def _partners(visit: Visit, text: str) -> Sequence[Found]:
    """The partnerships with partners whose name holds a text."""
    if not visit.guest.may(Scope.PARTNERSHIPS_READ):
        return ()
    listed = granted(await partnerships.search_partnerships(visit.database, visit.caller, text))
    return [
        Found(
            f"/partnerships/{row.id}",
            row.name,
            visit.words("Your retailer")
            if row.role == "wholesaler"
            else visit.words("Your wholesaler"),
            "ended" if row.state == "ended" else "",
            is_exact=text.lower() in {row.name.lower(), row.slug},
        )
        for row in listed
    ]


async def _sessions(visit: Visit, text: str) -> Sequence[Found]:
    """The sales sessions whose name or reference holds a text."""
    if not text or not visit.guest.may(Scope.ORDERS_READ):
        return ()
    listed = granted(await sales_sessions.search_sales_sessions(visit.database, visit.caller, text))
    now = utc_now()
    return [
        Found(
            f"/sales-sessions/{row.id}",
            row.name,
            tell_when(visit.words, row, now),
            is_exact=text.lower() in {row.name.lower(), row.reference.lower()},
        )
        for row in listed
    ]


PAGES: Final = (
    Page(
        method="GET",
        path="/search",
        summary="Search products, orders, partners and sales sessions",
        handler=show_search,
        scope=None,
        query=("q",),
    ),
)
