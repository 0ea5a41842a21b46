"""My retailers and my wholesalers, and each partnership as its side may see it."""

from __future__ import annotations

from typing import Final

from entrepot import partnerships
from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.partnerships import Role
from entrepot.portal.pages.partners_activity import ACTIVITY_SHORT, told_activity
from entrepot.portal.pages.partners_found import (
    about,
    act,
    partnership_here,
    situation_of,
    situations_of,
)
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, granted

PARTNERS_SHOWN: Final = 25
INVITATIONS_READ: Final = 200
"""How far back open invitations are looked for; they hold for ninety days at most."""
SOON_DAYS: Final = 3


async def show_retailers(visit: Visit) -> Outcome:
    """Those who sell one's stock, and the invitations that nobody accepted yet."""
    rows = granted(
        await partnerships.list_partnership_invitations(
            visit.database, visit.caller, ListPage(INVITATIONS_READ)
        )
    )
    open_ones = [each for each in rows if each.state == "open"]
    context = {"invitations": open_ones, "has_others": len(open_ones) < len(rows)}
    return await _list(visit, "wholesaler", context)


async def show_wholesalers(visit: Visit) -> Outcome:
    """Those whose stock one sells."""
    return await _list(visit, "retailer", {"invitations": [], "has_others": False})


async def _list(visit: Visit, role: Role, context: dict[str, object]) -> Outcome:
    page = page_at(visit.query.text("cursor"), tuple[HexId], PARTNERS_SHOWN)
    rows = granted(await partnerships.list_partnerships(visit.database, visit.caller, page, role))
    shown, following = cut_at(rows, page, lambda row: (row.inner_id,))
    return Shown(
        template="partners/list.html.jinja",
        context={
            **context,
            "role": role,
            "situations": await situations_of(visit, shown, page),
            "following": following,
            "is_first": page.after is None,
            "now": utc_now(),
            "soon_days": SOON_DAYS,
            "may_write": visit.guest.may(Scope.PARTNERSHIPS_WRITE),
        },
    )


async def show_partnership(visit: Visit) -> Outcome:
    """One partnership: what it does now, what was agreed, what it asks, what happened."""
    shown = await partnership_here(visit)
    activity, _ = await told_activity(visit, shown, ListPage(ACTIVITY_SHORT))
    return Shown(
        template="partners/partnership.html.jinja",
        context={
            **about(visit, shown),
            "situation": await situation_of(visit, shown),
            "activity": activity,
        },
    )


async def do_pause(visit: Visit) -> Outcome:
    """Pause a partnership from one's own side."""
    shown = await partnership_here(visit)
    granted(await act(visit, "pause_partnership", partnerships.pause_partnership, shown.inner_id))
    said = visit.words("Paused: nothing is shown or passes until you resume it.")
    return Elsewhere(address=f"/partnerships/{shown.id}", said=said)


async def do_resume(visit: Visit) -> Outcome:
    """Lift one's own pause."""
    shown = await partnership_here(visit)
    granted(await act(visit, "resume_partnership", partnerships.resume_partnership, shown.inner_id))
    words, partner = visit.words, shown.partner.name
    said = words("Resumed: stock is shown and can be sold again.")
    if shown.paused_by_partner:
        said = words(
            "Your pause is lifted. %(partner)s pauses it too, so nothing passes yet.",
            partner=partner,
        )
    return Elsewhere(address=f"/partnerships/{shown.id}", said=said)


PAGES: Final = (
    Page(
        method="GET",
        path="/retailers",
        summary="Those who sell one's stock, and open invitations",
        handler=show_retailers,
        scope=Scope.PARTNERSHIPS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/wholesalers",
        summary="Those whose stock one sells",
        handler=show_wholesalers,
        scope=Scope.PARTNERSHIPS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/partnerships/{partnership}",
        summary="One partnership, as its side may see it",
        handler=show_partnership,
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/pause",
        summary="Pause a partnership",
        handler=do_pause,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/resume",
        summary="Resume a partnership",
        handler=do_resume,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
)
