"""The matches of a partnership: which there are, why one does not count, and changing them."""

from __future__ import annotations

from typing import Final

import msgspec

from entrepot import partnerships, stock
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import MatchChanges, MatchFilter, NewMatch, Partnership, ProductMatch
from entrepot.portal.pages.partners_found import about, act, partnership_here, renamed, wire_id
from entrepot.portal.paging import HexId, page_at, write_cursor
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
from entrepot.stock import OfferedNow

MATCHES_SHOWN: Final = 50
STATES: Final[tuple[str, ...]] = ("active", "inactive", "ended")


class Matched(msgspec.Struct, frozen=True):
    """A match, and what it opens now; None for one that opens nothing."""

    match: ProductMatch
    offered: OfferedNow | None


async def show_matches(visit: Visit) -> Outcome:
    """The matches of a partnership, with what each opens to the retailer now."""
    shown = await partnership_here(visit)
    query = visit.query
    state = query.text("state") if query.text("state") in STATES else ""
    text = query.text("q")[:100]
    page = page_at(query.text("cursor"), tuple[HexId, HexId], MATCHES_SHOWN)
    wanted = MatchFilter(state or None, text or None)  # type: ignore[arg-type] # one of STATES
    stretch = granted(
        await partnerships.search_matches(
            visit.database, visit.caller, shown.inner_id, page, wanted
        )
    )
    offered = await _offered_by(visit, shown, stretch.rows)
    following = None if stretch.following is None else write_cursor(stretch.following)
    return Shown(
        template="partners/matches.html.jinja",
        context={
            **about(visit, shown),
            "matches": [Matched(row, offered.get(row.id)) for row in stretch.rows],
            "following": following,
            "is_first": page.after is None,
            "state": state,
            "q": text,
        },
    )


async def _offered_by(
    visit: Visit, shown: Partnership, rows: tuple[ProductMatch, ...]
) -> dict[str, OfferedNow]:
    """What the active ones among some matches open now, by match."""
    active = [row.inner_id for row in rows if row.state == "active"]
    if not active:
        return {}
    offered = granted(
        await stock.list_offered(visit.database, visit.caller, shown.inner_id, matches=active)
    )
    return {each.match: each for each in offered}


async def show_match(visit: Visit) -> Outcome:
    """One match, and what this side may change of it."""
    match = await _match_here(visit)
    number = visit.words.quantity
    values = {
        "factor": str(match.factor),
        "rank": "" if match.rank is None else str(match.rank),
        "buffer": number(match.buffer) if match.own_buffer else "",
        "cap": number(match.cap) if match.own_cap else "",
    }
    return await _match_page(visit, match, values, ())


async def _match_here(visit: Visit) -> ProductMatch:
    match = wire_id(visit, ids.PRODUCT_MATCH, "match")
    return found(await partnerships.find_match(visit.database, visit.caller, match))


async def _match_page(
    visit: Visit, match: ProductMatch, values: dict[str, str], faults: tuple[Fault, ...]
) -> Shown:
    partnership = match.partnership.removeprefix(ids.PARTNERSHIP)
    shown = found(await partnerships.find_partnership(visit.database, visit.caller, partnership))
    offered = await _offered_by(visit, shown, (match,))
    return Shown(
        template="partners/match.html.jinja",
        context={
            **about(visit, shown),
            "here": f"/partnerships/{shown.id}/matches",
            "match": match,
            "offered": offered.get(match.id),
            "values": values,
            "faults": list(faults),
        },
        status=422 if faults else 200,
    )


async def do_change_match(visit: Visit) -> Outcome:
    """Change what this side decides of a match: the rank, or buffer and cap."""
    match, typed = await _match_here(visit), visit.typed
    values = {"factor": str(match.factor)} | {
        name: typed.text(name) for name in ("rank", "buffer", "cap")
    }
    if match.role == "retailer":
        rank = typed.whole("rank") if typed.needed("rank") else None
        changes = MatchChanges(rank=rank or 0)
    else:
        changes = MatchChanges(buffer=typed.number("buffer"), cap=typed.number("cap"))
    if typed.refusal is not None:
        return await _match_page(visit, match, values, typed.refusal.faults)
    changed = await act(visit, "change_match", partnerships.change_match, match.inner_id, changes)
    if isinstance(changed, Refusal):
        names = {name: name for name in ("rank", "buffer", "cap")}
        return await _match_page(visit, match, values, renamed(changed, names))
    said = visit.words("Changed. It holds for new orders from now on.")
    return Elsewhere(address=f"/matches/{match.id}", said=said)


async def do_change_factor(visit: Visit) -> Outcome:
    """Put a match with another factor in the place of this one."""
    match, typed = await _match_here(visit), visit.typed
    if match.role != "retailer":
        raise NothingHereError
    factor = typed.whole("factor") if typed.needed("factor") else None
    values = {"factor": typed.text("factor"), "rank": str(match.rank), "buffer": "", "cap": ""}
    if typed.refusal is not None:
        return await _match_page(visit, match, values, typed.refusal.faults)
    new = NewMatch(
        match.partnership.removeprefix(ids.PARTNERSHIP),
        match.variant.id.removeprefix(ids.VARIANT),
        match.wholesaler_variant.id.removeprefix(ids.VARIANT),
        factor or 0,
        replaces=match.inner_id,
    )
    made = await act(visit, "change_factor", partnerships.match_by_hand, new)
    if isinstance(made, Refusal):
        return await _match_page(visit, match, values, renamed(made, {"factor": "factor"}))
    said = visit.words("The factor is changed. It holds for new orders from now on.")
    return Elsewhere(address=f"/matches/{made.answer.id}", said=said)


async def do_end_match(visit: Visit) -> Outcome:
    """End a match: its goods are offered by it no more."""
    match = await _match_here(visit)
    granted(await act(visit, "end_match", partnerships.end_match, match.inner_id))
    said = visit.words("The match has ended. What was sold by it stays as it is.")
    return Elsewhere(address=f"/partnerships/{match.partnership}/matches", said=said)


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/matches",
        summary="The matches of a partnership",
        handler=show_matches,
        scope=Scope.PARTNERSHIPS_READ,
        query=("state", "q", "cursor"),
    ),
    Page(
        method="GET",
        path="/matches/{match}",
        summary="One match",
        handler=show_match,
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Page(
        method="POST",
        path="/matches/{match}",
        summary="Change what one's side decides of a match",
        handler=do_change_match,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=("rank", "buffer", "cap"),
    ),
    Page(
        method="POST",
        path="/matches/{match}/factor",
        summary="Change the factor of a match",
        handler=do_change_factor,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=("factor",),
    ),
    Page(
        method="POST",
        path="/matches/{match}/end",
        summary="End a match",
        handler=do_end_match,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
)
