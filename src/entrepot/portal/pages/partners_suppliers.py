"""Suppliers: whom one buys from; those that are partners share their stock."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from entrepot import catalogue, partnerships, stock
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.portal.pages.partners_found import act, situation_of, wire_id
from entrepot.portal.pages.partners_matching import after_matching
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import Outcome, Page, Shown, Visit, found, granted
from entrepot.stock import Goods, GoodsFilter

SUPPLIERS_SHOWN: Final = 50
GOODS_SHOWN: Final = 12
STATES: Final = ("active", "deactivated")
_NameKey = Annotated[str, msgspec.Meta(max_length=700)]


async def show_suppliers(visit: Visit) -> Outcome:
    """Whom one buys from, by name."""
    state = visit.query.text("state") if visit.query.text("state") in STATES else ""
    page = page_at(visit.query.text("cursor"), tuple[_NameKey, HexId], SUPPLIERS_SHOWN)
    rows = granted(
        await catalogue.list_suppliers(visit.database, visit.caller, page, state or None)
    )
    shown, following = cut_at(rows, page, lambda row: (row.name_key, row.inner_id))
    return Shown(
        template="partners/suppliers.html.jinja",
        context={
            "belongs_to": "/wholesalers",
            "suppliers": shown,
            "following": following,
            "is_first": page.after is None,
            "state": state,
            "may_write": visit.guest.may(Scope.PARTNERSHIPS_WRITE),
        },
    )


async def show_supplier(visit: Visit) -> Outcome:
    """One supplier, what it shares if it is a partner, and the first of what it supplies."""
    id_ = wire_id(visit, ids.SUPPLIER, "supplier")
    supplier = found(await catalogue.find_supplier(visit.database, visit.caller, id_))
    situation = None
    if supplier.inner_partnership is not None and visit.guest.may(Scope.PARTNERSHIPS_READ):
        shown = found(
            await partnerships.find_partnership(
                visit.database, visit.caller, supplier.inner_partnership
            )
        )
        situation = await situation_of(visit, shown)
    goods: tuple[Goods, ...] = ()
    if visit.guest.may(Scope.STOCK_READ):
        wanted = GoodsFilter(supplier=id_)
        goods = granted(
            await stock.list_goods(visit.database, visit.caller, ListPage(GOODS_SHOWN), wanted)
        ).rows
    return Shown(
        template="partners/supplier.html.jinja",
        context={
            "belongs_to": "/wholesalers",
            "supplier": supplier,
            "situation": situation,
            "goods": goods,
            "may_write": visit.guest.may(Scope.PARTNERSHIPS_WRITE),
        },
    )


async def do_match_wholesale(visit: Visit) -> Outcome:
    """Match by GTIN all one's products that this supplier has."""
    id_ = wire_id(visit, ids.SUPPLIER, "supplier")
    matched = await act(visit, "match_wholesale", partnerships.match_wholesale, id_)
    return after_matching(visit, granted(matched).answer)


PAGES: Final = (
    Page(
        method="GET",
        path="/suppliers",
        summary="Whom one buys from",
        handler=show_suppliers,
        scope=Scope.CATALOGUE_READ,
        query=("state", "cursor"),
    ),
    Page(
        method="GET",
        path="/suppliers/{supplier}",
        summary="One supplier, and what it shares",
        handler=show_supplier,
        scope=Scope.CATALOGUE_READ,
    ),
    Page(
        method="POST",
        path="/suppliers/{supplier}/match-wholesale",
        summary="Match all that have equal GTINs, on a supplier's page",
        handler=do_match_wholesale,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
)
