"""Notices: what happened that a person should know of, and where it is to be seen."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from entrepot import notices
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.notices import Notice
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import Outcome, Page, Shown, Visit, granted
from entrepot.portal.subjects import address_of

_OF_SESSION_ORDERS: Final = "session_order."
"""Notices to a producer: the order is a trader's, and the producer has a page of its own for it."""


class Told(msgspec.Struct, frozen=True):
    """A notice as people read it: when, what, and where it is to be seen."""

    at: datetime
    text: str
    address: str | None


async def show_notices(visit: Visit) -> Outcome:
    """Show what happened, newest first."""
    page = page_at(visit.query.text("cursor"), tuple[HexId])
    listed = granted(await notices.list_notices(visit.database, visit.caller, page))
    rows, following = cut_at(listed, page, lambda row: (row.id.removeprefix(ids.NOTICE),))
    return Shown(
        template="notices.html.jinja",
        context={
            "told": [_told(visit, row) for row in rows],
            "following": following,
            "is_first": page.after is None,
        },
    )


def _told(visit: Visit, row: Notice) -> Told:
    address = address_of(row.subject)
    if row.kind.startswith(_OF_SESSION_ORDERS):
        address = f"/session-orders/{row.subject}"
    return Told(row.at, visit.words.notice(row.kind, row.facts), address)


PAGES: Final = (
    Page(
        method="GET",
        path="/notices",
        summary="Show what happened that somebody should know of",
        handler=show_notices,
        scope=Scope.ORDERS_READ,
        query=("cursor",),
    ),
)
