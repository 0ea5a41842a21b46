"""Open weeks: what passed with each partner so far, line by line and transfer by transfer."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from entrepot import partnerships, settlement
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.portal.pages.settlement_shown import corrections_of, show_open_week
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import (
    Elsewhere,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)

Factor: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Price: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,11}(\.[0-9]{1,4})?)?$")]


async def show_open_weeks(visit: Visit) -> Outcome:
    """Show the open week of every partnership."""
    page = page_at(visit.query.text("cursor"), tuple[HexId])
    rows = granted(await settlement.list_open_weeks(visit.database, visit.caller, page))
    shown, following = cut_at(rows, page, lambda row: (row.partnership_inner_id,))
    context = {
        "opened": [show_open_week(each, visit.words) for each in shown],
        "following": following,
        "is_first": page.after is None,
    }
    return Shown(template="settlement/open_weeks.html.jinja", context=context)


async def show_open(visit: Visit) -> Outcome:
    """Show a week that is not closed, line by line, as it stands now."""
    partnership = _partnership(visit)
    asked = visit.query.text("week") or None
    opened = await settlement.find_open_week(visit.database, visit.caller, partnership, asked)
    if isinstance(opened, Refusal) and opened.code == settlement.WEEK_CLOSED:
        # Whoever watches a week while it closes goes on to its document.
        filters = urlencode({"partnership": ids.PARTNERSHIP + partnership, "week": asked})
        said = visit.words("This week has closed.")
        return Elsewhere(address=f"/settlements?{filters}", said=said)
    opened = granted(opened)
    week = opened.settlement.week
    shape = tuple[HexId, HexId, Factor, Price, Price]
    page = page_at(visit.query.text("cursor"), shape)
    rows = granted(
        await settlement.list_open_lines(visit.database, visit.caller, partnership, week, page)
    )
    shown, following = cut_at(rows, page, lambda row: row[0].key)
    changes = granted(
        await settlement.list_changes(visit.database, visit.caller, partnership, week)
    )
    agreed = None
    if visit.guest.may(Scope.PARTNERSHIPS_READ):
        agreed = granted(
            await partnerships.find_partnership(visit.database, visit.caller, partnership)
        )
    context = {
        "opened": show_open_week(opened, visit.words),
        "agreed": agreed,
        "lines": [line for _, line in shown],
        "corrections": corrections_of(changes, week, [line for _, line in shown]),
        "following": following,
        "is_first": page.after is None,
        "here": f"/settlements/open/{opened.settlement.partnership}?week={week}",
        "cursor": visit.query.text("cursor"),
        "now": utc_now(),
    }
    return Shown(template="settlement/open.html.jinja", context=context)


async def show_open_transfers(visit: Visit) -> Outcome:
    """Show what passed of one product in a week that is not closed."""
    partnership, words = _partnership(visit), visit.words
    variant = ids.from_wire(ids.VARIANT, visit.path["variant"]) or ""
    asked = visit.query.text("week") or None
    opened = granted(
        await settlement.find_open_week(visit.database, visit.caller, partnership, asked)
    )
    week = opened.settlement.week
    page = page_at(visit.query.text("cursor"), tuple[HexId])
    rows = granted(
        await settlement.list_open_transfers(
            visit.database, visit.caller, partnership, week, variant, page
        )
    )
    goods = await settlement.find_open_goods(
        visit.database, visit.caller, partnership, week, variant
    )
    shown, following = cut_at(rows, page, lambda row: (row.inner_id,))
    back = f"/settlements/open/{opened.settlement.partnership}?week={week}"
    context = {
        "document": show_open_week(opened, words),
        "line": None,
        "goods": found(goods),
        "variant": ids.VARIANT + variant,
        "transfers": shown,
        "back": back,
        "following": following,
        "is_first": page.after is None,
        "here": f"/settlements/open/{opened.settlement.partnership}"
        f"/{ids.VARIANT}{variant}?week={week}",
    }
    return Shown(template="settlement/transfers.html.jinja", context=context)


def _partnership(visit: Visit) -> Id:
    """The partnership that the address names."""
    return found(ids.from_wire(ids.PARTNERSHIP, visit.path["partnership"]))


PAGES: Final = (
    Page(
        method="GET",
        path="/settlements/open",
        summary="The open week of every partnership",
        handler=show_open_weeks,
        scope=Scope.SETTLEMENT_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/settlements/open/{partnership}",
        summary="An open week, line by line",
        handler=show_open,
        scope=Scope.SETTLEMENT_READ,
        query=("week", "cursor"),
    ),
    Page(
        method="GET",
        path="/settlements/open/{partnership}/{variant}",
        summary="The transfers of a product in an open week",
        handler=show_open_transfers,
        scope=Scope.SETTLEMENT_READ,
        query=("week", "cursor"),
    ),
)
