"""What both sides did about a partnership, told as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from entrepot import partnerships
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.partnerships import Activity, Partnership
from entrepot.portal.pages.partners_found import about, partnership_here
from entrepot.portal.paging import HexId, page_at, write_cursor
from entrepot.portal.routes import Outcome, Page, Shown, Visit, granted
from entrepot.portal.words import Words

ACTIVITY_SHORT: Final = 6
ACTIVITY_SHOWN: Final = 30


def _(text: str) -> str:
    """Mark a text for translation; it is translated where it is told."""
    return text


AGREED: Final[Mapping[str, str]] = {
    "sharing_policy": _("what may be drawn on"),
    "buffer": _("the buffer"),
    "cap": _("the cap"),
    "price_percentage": _("the price percentage"),
    "on_cancel_open_week": _("what happens to goods when an order is cancelled in its own week"),
    "on_cancel_later": _("what happens to goods when an order is cancelled later"),
    "terms": _("the terms"),
}
"""What can change of an agreement, as it stands in a sentence."""


class Told(msgspec.Struct, frozen=True):
    """One act as people read it: when, what, who, and where it is to be seen."""

    at: datetime
    text: str
    who: str
    address: str | None
    is_own: bool


async def told_activity(
    visit: Visit, shown: Partnership, page: ListPage
) -> tuple[list[Told], str | None]:
    """What was done about a partnership, newest first, and the cursor of what was before."""
    stretch = granted(
        await partnerships.list_activity(visit.database, visit.caller, shown.inner_id, page)
    )
    rows = sorted(stretch.rows, key=lambda row: row.at, reverse=True)
    own_name = visit.guest.me.organisation.name
    told = [_told(visit.words, own_name, shown, row) for row in rows]
    return told, None if stretch.following is None else write_cursor(stretch.following)


async def show_activity(visit: Visit) -> Outcome:
    """All that was done, page by page."""
    shown = await partnership_here(visit)
    page = page_at(visit.query.text("cursor"), tuple[HexId], ACTIVITY_SHOWN)
    activity, following = await told_activity(visit, shown, page)
    return Shown(
        template="partners/activity.html.jinja",
        context={
            **about(visit, shown),
            "activity": activity,
            "following": following,
            "is_first": page.after is None,
        },
    )


def _told(words: Words, own_name: str, shown: Partnership, row: Activity) -> Told:
    text = words.told("acts", row.act, row.facts) or row.act
    if row.changed:
        names = ", ".join(words(AGREED[name]) for name in row.changed)
        text = words("The agreement was changed: %(what)s.", what=names)
    return Told(row.at, text, _who(words, own_name, shown, row), _address(row), row.by == "you")


def _who(words: Words, own_name: str, shown: Partnership, row: Activity) -> str:
    """Who it was: a person or program of one's own side, else the organisation."""
    if row.by_itself and row.act == "settlement.closed":
        return words("by itself")
    if row.by == "partner":
        return shown.partner.name
    if row.by_itself:
        return words("the operator")
    if row.person is not None:
        return row.person
    if row.program is not None:
        return words("program %(name)s", name=row.program)
    return own_name


def _address(row: Activity) -> str | None:
    """Where what was done is to be seen, as far as there is a page of it for this side."""
    if row.act.startswith("partnerships.match_"):
        return f"/matches/{row.subject}"
    if row.act.startswith("stock.allocat") and row.by == "you":
        return f"/allocations/{row.subject}"
    if row.act.startswith("settlement."):
        return f"/settlements/{row.subject}"
    return None


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/activity",
        summary="What both sides did about a partnership",
        handler=show_activity,
        scope=Scope.PARTNERSHIPS_READ,
        query=("cursor",),
    ),
)
