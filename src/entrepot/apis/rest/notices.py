"""Notices: what a person of the organisation should act on."""

from typing import Final

from entrepot import notices
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    PageQuery,
    Route,
    granted,
    page_of,
    page_type,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope


async def list_notices(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's notices."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(await notices.list_notices(call.services.database, call.caller, page))
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.NOTICE),))


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/notices",
        topic="Notices",
        summary="List what a person should act on",
        detail="Newest first.",
        handler=list_notices,
        query=PageQuery,
        answer=page_type("Notice", notices.Notice),
        scope=Scope.ORDERS_READ,
    ),
)
