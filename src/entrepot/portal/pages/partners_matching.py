"""Matching products: what matching makes of each, accepting suggestions, matching by hand."""

from __future__ import annotations

from typing import Final

from entrepot import catalogue, partnerships, stock
from entrepot.catalogue import Variant
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.paging import Stretch
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import (
    AgreedPrice,
    MatchingDone,
    NewMatch,
    Partnership,
    ProductMatch,
)
from entrepot.portal.entering import is_local
from entrepot.portal.pages.partners_found import about, act, renamed
from entrepot.portal.pages.partners_offer import (
    SKU_KEY,
    as_retailer,
    goods_named,
    search_offer,
)
from entrepot.portal.paging import page_at, write_cursor
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)
from entrepot.portal.words import Words
from entrepot.stock import Goods, GoodsFilter

OUTCOMES_SHOWN: Final = 40
FOUND_SHOWN: Final = 25
OUTCOMES: Final = (
    "suggested",
    "none",
    "ambiguous_here",
    "ambiguous_there",
    "unit_mismatch",
    "inactive",
    "matchable",
    "already_matched",
)


async def show_matching(visit: Visit) -> Outcome:
    """What matching makes of each product now, why, and what to do about it."""
    shown = await as_retailer(visit)
    query = visit.query
    outcome = query.text("outcome") if query.text("outcome") in OUTCOMES else ""
    page = page_at(query.text("cursor"), SKU_KEY, OUTCOMES_SHOWN)
    context = {
        **about(visit, shown),
        "outcome": outcome,
        "outcomes": OUTCOMES,
        "is_first": page.after is None,
        "rows": (),
        "following": None,
    }
    if shown.state in {"active", "paused"} and shown.supplier is not None:
        stretch = granted(
            await partnerships.list_matching(
                visit.database,
                visit.caller,
                shown.supplier.removeprefix(ids.SUPPLIER),
                page,
                outcome or None,
            )
        )
        context["rows"] = stretch.rows
        if stretch.following is not None:
            context["following"] = write_cursor(stretch.following)
    return Shown(template="partners/matching.html.jinja", context=context)


async def has_none_in_common(visit: Visit, shown: Partnership) -> bool:
    """Whether matching would find no counterpart for any product, so that there is only the offer.

    Of those with more products than a page shows, nobody knows; of those without any, it is so.
    """
    if shown.supplier is None:
        return False
    stretch = granted(
        await partnerships.list_matching(
            visit.database,
            visit.caller,
            shown.supplier.removeprefix(ids.SUPPLIER),
            ListPage(OUTCOMES_SHOWN),
            None,
        )
    )
    return stretch.following is None and all(row.outcome == "none" for row in stretch.rows)


async def do_match_wholesale(visit: Visit) -> Outcome:
    """Match by GTIN all that can be matched, and show what became of the rest."""
    shown = await as_retailer(visit)
    if shown.supplier is None:
        raise NothingHereError
    supplier = shown.supplier.removeprefix(ids.SUPPLIER)
    matched = await act(visit, "match_wholesale", partnerships.match_wholesale, supplier)
    return after_matching(visit, granted(matched).answer)


def after_matching(visit: Visit, matched: MatchingDone) -> Elsewhere:
    """Go to what is left to do, and say what was done."""
    left = next((name for name in OUTCOMES[:6] if getattr(matched, name)), "")
    filtered = f"?outcome={left}" if left == "suggested" else ""
    return Elsewhere(
        address=f"/partnerships/{matched.partnership}/matching{filtered}",
        said=told_matching(visit.words, matched),
    )


def told_matching(words: Words, matched: MatchingDone) -> str:
    """What matching did, in a sentence for each outcome that any product has."""
    unclear = matched.ambiguous_here + matched.ambiguous_there
    counted = (
        (matched.suggested, words("to confirm: %(num)s")),
        (unclear, words("not clear which: %(num)s")),
        (matched.unit_mismatch, words("other unit: %(num)s")),
        (matched.inactive, words("not active with the wholesaler: %(num)s")),
        (matched.none, words("without counterpart: %(num)s")),
        (matched.already_matched, words("matched before: %(num)s")),
    )
    said = words.ngettext(
        "%(num)s product matched", "%(num)s products matched", matched.matched
    ) % {"num": words.quantity(matched.matched)}
    rest = [text % {"num": words.quantity(count)} for count, text in counted if count]
    return f"{said}; {', '.join(rest)}." if rest else f"{said}."


async def show_by_hand(visit: Visit) -> Outcome:
    """Search both assortments, and choose two that are the same goods."""
    shown = await as_retailer(visit)
    return await _by_hand(visit, shown, visit.query.text("variant"), "", "1", ())


async def do_match(visit: Visit) -> Outcome:
    """Match two products: a suggestion that is confirmed, or two that were chosen by hand."""
    shown, typed = await as_retailer(visit), visit.typed
    variant, theirs = typed.text("variant"), typed.text("wholesaler_variant")
    typed.needed("wholesaler_variant")
    factor = typed.whole("factor") if typed.needed("factor") else None
    if typed.refusal is not None:
        faults = typed.refusal.faults
        return await _by_hand(visit, shown, variant, theirs, typed.text("factor"), faults)
    new = NewMatch(
        shown.inner_id,
        ids.from_wire(ids.VARIANT, variant) or "",
        ids.from_wire(ids.VARIANT, theirs) or "",
        factor or 0,
        replaces=ids.from_wire(ids.PRODUCT_MATCH, typed.text("replaces")),
    )
    made = await act(visit, "match_by_hand", partnerships.match_by_hand, new)
    if isinstance(made, Refusal):
        names = {"factor": "factor", "wholesaler_variant": "wholesaler_variant"}
        faults = renamed(made, names)
        return await _by_hand(visit, shown, variant, theirs, typed.text("factor"), faults)
    match = made.answer
    said = visit.words(
        "Matched: %(ours)s with %(theirs)s.",
        ours=match.variant.sku,
        theirs=match.wholesaler_variant.sku,
    )
    back = typed.text("back")
    return Elsewhere(address=back if is_local(back) else f"/matches/{match.id}", said=said)


async def _by_hand(
    visit: Visit,
    shown: Partnership,
    variant: str,
    theirs: str,
    factor: str,
    faults: tuple[Fault, ...],
) -> Shown:
    query = visit.query
    ours = ids.from_wire(ids.VARIANT, variant) if variant else None
    own = None
    if variant:
        own = found(
            await catalogue.find_variant(visit.database, visit.caller, ours) if ours else None
        )
    own_text, text = query.text("own")[:100], query.text("q")[:100]
    page = page_at(query.text("cursor"), SKU_KEY, FOUND_SHOWN)
    theirs_named = query.text("theirs")
    named = await goods_named(visit, shown, theirs_named) if theirs_named else None
    goods: Stretch[Goods] | Stretch[AgreedPrice]
    if own is None:
        wanted = GoodsFilter(own_text, "active")
        goods = granted(await stock.list_goods(visit.database, visit.caller, page, wanted))
    elif named is not None and not text and page.after is None:
        goods = Stretch((named,), None)
    else:
        goods = await search_offer(visit, shown, text, page)
    return Shown(
        template="partners/by_hand.html.jinja",
        context={
            **about(visit, shown),
            "here": f"/partnerships/{shown.id}/matching",
            "own": own,
            "replaced": await _match_of(visit, shown, own),
            "own_text": own_text,
            "q": text,
            "goods" if own is None else "their_goods": goods.rows,
            "following": None if goods.following is None else write_cursor(goods.following),
            "is_first": page.after is None,
            "cursor": query.text("cursor"),
            "theirs": named,
            "chosen": theirs or (named.variant if named is not None else ""),
            "factor": factor,
            "faults": list(faults),
        },
        status=422 if faults else 200,
    )


async def _match_of(visit: Visit, shown: Partnership, own: Variant | None) -> ProductMatch | None:
    """The match that counts which a product has in this partnership, if any."""
    if own is None:
        return None
    rows = granted(
        await partnerships.list_matches_of_variant(
            visit.database, visit.caller, own.inner_id, ListPage()
        )
    )
    live = [row for row in rows if row.partnership == shown.id and row.state == "active"]
    return live[0] if live else None


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/matching",
        summary="What matching makes of each product, and why",
        handler=show_matching,
        scope=Scope.PARTNERSHIPS_READ,
        query=("outcome", "cursor"),
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/match-wholesale",
        summary="Match all that have equal GTINs",
        handler=do_match_wholesale,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="GET",
        path="/partnerships/{partnership}/match",
        summary="Search both assortments to match by hand",
        handler=show_by_hand,
        scope=Scope.PARTNERSHIPS_WRITE,
        query=("variant", "theirs", "own", "q", "cursor"),
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/match",
        summary="Match two products",
        handler=do_match,
        scope=Scope.PARTNERSHIPS_WRITE,
        query=("variant", "theirs", "own", "q", "cursor"),
        fields=("variant", "wholesaler_variant", "factor", "replaces", "back"),
    ),
)
