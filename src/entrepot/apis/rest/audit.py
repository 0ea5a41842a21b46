"""The audit: who did what, when, and what they were answered."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from entrepot import identity
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    granted,
    page_of,
    page_type,
    show,
)
from entrepot.apis.rest.wire import HexId, write_cursor
from entrepot.identity import UNKNOWN_ACT, AuditEntry, AuditFilter, AuditRecord
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuditQuery(PageQuery, kw_only=True):
    """Which acts to show."""

    act: (
        Annotated[
            str, msgspec.Meta(max_length=200, description="What was done, as `orders.placed`.")
        ]
        | None
    ) = None
    subject: (
        Annotated[str, msgspec.Meta(max_length=200, description="The id of what it was done to.")]
        | None
    ) = None
    token: (
        Annotated[str, msgspec.Meta(max_length=200, description="A token or a log-in session.")]
        | None
    ) = None
    person: Annotated[str, msgspec.Meta(max_length=200, description="Who did it.")] | None = None
    from_: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = None


async def list_audit(call: Call[AuditQuery, None]) -> Reply:
    """Show what was done."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = AuditFilter(
        query.act,
        query.subject,
        _inner(query.token, ids.TOKEN, ids.SESSION),
        _inner(query.person, ids.PERSON),
        query.from_,
        query.until,
    )
    rows, following = granted(
        await identity.list_audit(call.services.database, call.caller, page, wanted)
    )
    cursor = None if following is None else write_cursor(following)
    return show({"data": rows, "next": cursor})


async def find_act(call: Call[NoQuery, None]) -> Reply:
    """Show one act, with its answer."""
    act = ids.from_wire(ids.ACT, call.path["act"]) or ""
    return show(granted(await identity.find_act(call.services.database, call.caller, act)))


def _inner(text: str | None, *prefixes: str) -> Id | None:
    """The inner id that a filter names; one that nothing has when it is none of these."""
    if text is None:
        return None
    found = [ids.from_wire(prefix, text) for prefix in prefixes]
    return next((each for each in found if each is not None), LOWEST)


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/audit",
        topic="Audit",
        summary="List who did what",
        detail=(
            "Newest first; nothing in it is ever changed. However rare what you look for is, a page"
            " looks through a bounded number of acts: it may be short or empty while `next` leads"
            " on. `from` and `until` are half-open."
        ),
        handler=list_audit,
        query=AuditQuery,
        answer=page_type("Audit", AuditEntry),
        scope=Scope.AUDIT_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/audit/{{act}}",
        topic="Audit",
        summary="Show one act, with all that was answered",
        handler=find_act,
        answer=AuditRecord,
        scope=Scope.AUDIT_READ,
        refusals=(UNKNOWN_ACT,),
    ),
)
