"""What a wholesaler offers to a retailer: the products that it may match, before it has."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from entrepot import partnerships
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.paging import Stretch
from entrepot.partnerships import AgreedPrice, Partnership, PriceFilter
from entrepot.portal.pages.partners_found import about, partnership_here
from entrepot.portal.paging import page_at, write_cursor
from entrepot.portal.routes import (
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)

OFFER_SHOWN: Final = 40
SKU_KEY: Final = tuple[Annotated[str, msgspec.Meta(max_length=200)]]
"""The key of a list by sku, as its cursor has it."""


async def as_retailer(visit: Visit) -> Partnership:
    """The partnership, for the side that matches."""
    shown = await partnership_here(visit)
    if shown.role != "retailer":
        raise NothingHereError
    return shown


async def show_offer(visit: Visit) -> Outcome:
    """The wholesaler's active products by sku, as far as they fit what is looked for."""
    shown = await as_retailer(visit)
    if shown.state == "ended":
        raise NothingHereError
    text = visit.query.text("q")[:100]
    page = page_at(visit.query.text("cursor"), SKU_KEY, OFFER_SHOWN)
    offer = await search_offer(visit, shown, text, page)
    following = None if offer.following is None else write_cursor(offer.following)
    return Shown(
        template="partners/offer.html.jinja",
        context={
            **about(visit, shown),
            "may_adopt": visit.guest.may(Scope.CATALOGUE_WRITE),
            "q": text,
            "rows": offer.rows,
            "following": following,
            "is_first": page.after is None,
        },
    )


async def goods_named(visit: Visit, shown: Partnership, variant: str) -> AgreedPrice:
    """The wholesaler's product of an id as on the wire; what it does not offer is not there."""
    wanted = PriceFilter(variant=found(ids.from_wire(ids.VARIANT, variant)))
    rows = granted(
        await partnerships.list_prices(
            visit.database, visit.caller, shown.inner_id, ListPage(1), wanted
        )
    ).rows
    return found(rows[0] if rows else None)


async def search_offer(
    visit: Visit, shown: Partnership, text: str, page: ListPage
) -> Stretch[AgreedPrice]:
    """A page of the wholesaler's products: all, or those with a text in the name.

    Above the first page's stand those with exactly this GTIN or sku.
    """
    rows: dict[Id, AgreedPrice] = {}
    exact: list[PriceFilter] = []
    if text and page.after is None:
        exact = [PriceFilter(gtin=text)] if text.isascii() and text.isdecimal() else []
        exact.append(PriceFilter(sku=text))
    for wanted in exact:
        fitting = await _list_offer(visit, shown, page, wanted)
        rows |= {each.variant: each for each in fitting.rows if each.variant not in rows}
    stretch = await _list_offer(visit, shown, page, PriceFilter(name=text or None))
    rows |= {each.variant: each for each in stretch.rows if each.variant not in rows}
    return Stretch(tuple(rows.values()), stretch.following)


async def _list_offer(
    visit: Visit, shown: Partnership, page: ListPage, wanted: PriceFilter
) -> Stretch[AgreedPrice]:
    return granted(
        await partnerships.list_prices(visit.database, visit.caller, shown.inner_id, page, wanted)
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/offer",
        summary="What a wholesaler offers to match",
        handler=show_offer,
        scope=Scope.PARTNERSHIPS_READ,
        query=("q", "cursor"),
    ),
)
