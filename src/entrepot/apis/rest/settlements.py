"""Settlements: what passed between partners by the week, and how a partnership ends."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from entrepot import settlement
from entrepot.apis.rest.exports import ExportQuery, form_of, show_sheet
from entrepot.apis.rest.problems import CSV, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import cut
from entrepot.partnerships import UNKNOWN_PARTNERSHIP
from entrepot.settlement import (
    EndedPartnership,
    EndingChecklist,
    OpenSettlement,
    SettledTransfer,
    Settlement,
    SettlementFilter,
    SettlementLine,
)

WireId: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]
WeekName: TypeAlias = Annotated[
    str, msgspec.Meta(max_length=20, description="A week by its label, such as `2026-W12`.")
]
LineNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
WeekDay: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]$")]
Price: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,11}(\.[0-9]{1,4})?)?$")]
Reason: TypeAlias = Annotated[
    str, msgspec.Meta(max_length=4000, description="What is wrong, for the partner to read.")
]

_NO_LINE: Final = 0
_LINE_MAX: Final = 2**31 - 1


class SettlementsQuery(PageQuery, kw_only=True):
    """Which settlements to show: all that is given must fit."""

    partnership: WireId | None = None
    face: (
        Annotated[
            Literal["order", "inbound"],
            msgspec.Meta(description="`order`: as the wholesaler; `inbound`: as the retailer."),
        ]
        | None
    ) = None
    state: Literal["closed", "acknowledged", "disputed"] | None = None


class OpenQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which open week to show; without one, the first with movement."""

    week: WeekName | None = None


class OpenLinesQuery(PageQuery, kw_only=True):
    """The lines of which open week to show."""

    week: WeekName | None = None


class OpenTransfersQuery(PageQuery, kw_only=True):
    """Whose transfers of which open week to show."""

    week: WeekName | None = None
    variant: Annotated[WireId, msgspec.Meta(description="Your own variant.")]


class DisputeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why a settlement is disputed."""

    reason: Reason


async def list_settlements(call: Call[SettlementsQuery, None]) -> Reply:
    """Show the caller's settlements, the newest week first."""
    query = call.query
    page = page_of(query, tuple[WeekDay, HexId])
    partnership = None
    if query.partnership is not None:
        partnership = ids.from_wire(ids.PARTNERSHIP, query.partnership)
        if partnership is None:  # What is no id is no partnership's.
            return show_page([], page, lambda _: ())
    wanted = SettlementFilter(partnership, query.face, query.state)
    rows = granted(
        await settlement.list_settlements(call.services.database, call.caller, page, wanted)
    )
    return show_page(rows, page, lambda row: (row.monday.isoformat(), row.inner_id))


async def find_settlement(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's settlements."""
    found = await settlement.find_settlement(
        call.services.database, call.caller, _settlement(call.path)
    )
    return show(granted(found))


async def list_lines(call: Call[PageQuery, None]) -> Reply:
    """Show the lines of one of the caller's settlements."""
    page = page_of(call.query, tuple[LineNumber])
    rows = granted(
        await settlement.list_lines(
            call.services.database, call.caller, _settlement(call.path), page
        )
    )
    return show_page(rows, page, lambda row: (row.line or _NO_LINE,))


async def list_line_transfers(call: Call[PageQuery, None]) -> Reply:
    """Show the transfers behind a line."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(
        await settlement.list_line_transfers(
            call.services.database,
            call.caller,
            _settlement(call.path),
            _line(call.path["line"]),
            page,
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def acknowledge_settlement(call: Call[NoQuery, None]) -> Reply:
    """Acknowledge one of the caller's settlements."""
    return await do_once(
        call, "acknowledge_settlement", settlement.acknowledge_settlement, _settlement(call.path)
    )


async def dispute_settlement(call: Call[NoQuery, DisputeBody]) -> Reply:
    """Dispute one of the caller's settlements."""
    return await do_once(
        call,
        "dispute_settlement",
        settlement.dispute_settlement,
        _settlement(call.path),
        call.body.reason,
    )


async def export_settlement(call: Call[ExportQuery, None]) -> Reply:
    """Write one of the caller's settlements."""
    named = _settlement(call.path)
    sheet = await settlement.export_settlement(
        call.services.database, call.caller, named, form_of(call)
    )
    return await show_sheet(granted(sheet), f"settlement-{named}")


async def find_open_settlement(call: Call[OpenQuery, None]) -> Reply:
    """Show what moved in a week that is open."""
    found = await settlement.find_open_settlement(
        call.services.database, call.caller, _partnership(call.path), call.query.week
    )
    return show(granted(found))


async def list_open_lines(call: Call[OpenLinesQuery, None]) -> Reply:
    """Show the lines of a week that is open."""
    page = page_of(call.query, tuple[HexId, HexId, LineNumber, Price, Price])
    rows = granted(
        await settlement.list_open_lines(
            call.services.database,
            call.caller,
            _partnership(call.path),
            call.query.week,
            page,
        )
    )
    shown, more = cut(rows, page)
    last = [place.key for place, _ in shown[-1:] if more]
    return show_page([line for _, line in rows], page, lambda _: last[0])


async def list_open_transfers(call: Call[OpenTransfersQuery, None]) -> Reply:
    """Show the transfers of one of the caller's variants in a week that is open."""
    query = call.query
    page = page_of(query, tuple[HexId])
    variant = ids.from_wire(ids.VARIANT, query.variant) or ""
    rows = granted(
        await settlement.list_open_transfers(
            call.services.database,
            call.caller,
            _partnership(call.path),
            query.week,
            variant,
            page,
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def ending_checklist(call: Call[NoQuery, None]) -> Reply:
    """Show what is open before a partnership can end."""
    found = await settlement.ending_checklist(
        call.services.database, call.caller, _partnership(call.path)
    )
    return show(granted(found))


async def end_partnership(call: Call[NoQuery, None]) -> Reply:
    """End a partnership."""
    return await do_once(
        call, "end_partnership", settlement.end_partnership, _partnership(call.path)
    )


def _settlement(path: dict[str, str]) -> Id:
    return ids.from_wire(ids.SETTLEMENT, path["settlement"]) or ""


def _partnership(path: dict[str, str]) -> Id:
    return ids.from_wire(ids.PARTNERSHIP, path["partnership"]) or ""


def _line(text: str) -> int:
    """Read a line's number; 0, which no line has, when it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LINE_MAX)):
        return _NO_LINE
    return min(int(text), _LINE_MAX)


_UNKNOWN: Final = (settlement.UNKNOWN_SETTLEMENT,)
_OPEN: Final = (UNKNOWN_PARTNERSHIP, settlement.WEEK_NOT_VALID, settlement.WEEK_CLOSED)

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/settlements",
        topic="Settlements",
        summary="List your settlements",
        detail=(
            "One a partnership and week, the newest week first: as the wholesaler settlement orders"
            " (`face` is `order`), as the retailer settlement inbounds (`inbound`). A week in which"
            " nothing moved has none."
        ),
        handler=list_settlements,
        query=SettlementsQuery,
        answer=page_type("Settlement", Settlement),
        scope=Scope.SETTLEMENT_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/settlements/{{settlement}}",
        topic="Settlements",
        summary="Show one settlement",
        detail="With its totals by VAT rate, and what your partner answered to its own face.",
        handler=find_settlement,
        answer=Settlement,
        scope=Scope.SETTLEMENT_READ,
        refusals=_UNKNOWN,
    ),
    Route(
        method="GET",
        path=f"{API}/settlements/{{settlement}}/lines",
        topic="Settlements",
        summary="List a settlement's lines",
        detail="One a product pair and price; quantities and prices are of your own units.",
        handler=list_lines,
        query=PageQuery,
        answer=page_type("SettlementLine", SettlementLine),
        scope=Scope.SETTLEMENT_READ,
        refusals=_UNKNOWN,
    ),
    Route(
        method="GET",
        path=f"{API}/settlements/{{settlement}}/lines/{{line}}/transfers",
        topic="Settlements",
        summary="List the transfers behind a line",
        detail=(
            "Oldest first; a reversal names the transfer that it undoes and the week of it. Only"
            " who placed the order sees which one it was: to others `order_mark` says no more than"
            " which transfers belong together."
        ),
        handler=list_line_transfers,
        query=PageQuery,
        answer=page_type("SettledTransfer", SettledTransfer),
        scope=Scope.SETTLEMENT_READ,
        refusals=(*_UNKNOWN, settlement.UNKNOWN_LINE),
    ),
    Route(
        method="POST",
        path=f"{API}/settlements/{{settlement}}/acknowledge",
        topic="Settlements",
        summary="Acknowledge a settlement",
        detail="Your own face of it, for good; a dispute of yours is over then.",
        handler=acknowledge_settlement,
        is_act=True,
        answer=Settlement,
        scope=Scope.SETTLEMENT_WRITE,
        refusals=(*_UNKNOWN, KEY_REUSED),
    ),
    Route(
        method="POST",
        path=f"{API}/settlements/{{settlement}}/dispute",
        topic="Settlements",
        summary="Dispute a settlement",
        detail=(
            "Your partner gets a notice with the reason. The document stays as it is; corrections"
            " come into the week that is open when they are made."
        ),
        handler=dispute_settlement,
        body=DisputeBody,
        is_act=True,
        answer=Settlement,
        scope=Scope.SETTLEMENT_WRITE,
        refusals=(
            *_UNKNOWN,
            settlement.REASON_NOT_VALID,
            settlement.ALREADY_ACKNOWLEDGED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/exports/settlements/{{settlement}}",
        topic="Sheets",
        summary="Export a settlement as CSV",
        detail=(
            "One row a line. Cells that would be read as formulas begin with an apostrophe, which"
            " an import takes off again."
        ),
        handler=export_settlement,
        query=ExportQuery,
        answer=str,
        media_type=CSV.decode(),
        scope=Scope.SETTLEMENT_READ,
        refusals=_UNKNOWN,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/open-settlement",
        topic="Settlements",
        summary="Show a week that is not closed",
        detail=(
            "Its totals as they stand now, read from the transfers; they may still change. Without"
            " a `week` it is the first that has movement."
        ),
        handler=find_open_settlement,
        query=OpenQuery,
        answer=OpenSettlement,
        scope=Scope.SETTLEMENT_READ,
        refusals=_OPEN,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/open-settlement/lines",
        topic="Settlements",
        summary="List the lines of a week that is not closed",
        detail=(
            "As those of a closed one, but without numbers, which come when it closes. Name the"
            " `week` to stay in it from page to page."
        ),
        handler=list_open_lines,
        query=OpenLinesQuery,
        answer=page_type("SettlementLine", SettlementLine),
        scope=Scope.SETTLEMENT_READ,
        refusals=_OPEN,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/open-settlement/transfers",
        topic="Settlements",
        summary="List the transfers of a variant in an open week",
        detail="Oldest first, told as those of a closed line are.",
        handler=list_open_transfers,
        query=OpenTransfersQuery,
        answer=page_type("SettledTransfer", SettledTransfer),
        scope=Scope.SETTLEMENT_READ,
        refusals=_OPEN,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/ending-checklist",
        topic="Settlements",
        summary="Show what is open before a partnership can end",
        handler=ending_checklist,
        answer=EndingChecklist,
        scope=Scope.SETTLEMENT_READ,
        refusals=(UNKNOWN_PARTNERSHIP,),
    ),
    Route(
        method="POST",
        path=f"{API}/partnerships/{{partnership}}/end",
        topic="Settlements",
        summary="End a partnership that is ending",
        detail=(
            "Once its checklist is clear, by either side. Every week is closed and settled with it,"
            " the current one too."
        ),
        handler=end_partnership,
        is_act=True,
        answer=EndedPartnership,
        scope=Scope.SETTLEMENT_WRITE,
        refusals=(
            UNKNOWN_PARTNERSHIP,
            settlement.NOT_ENDING,
            settlement.CHECKLIST_OPEN,
            KEY_REUSED,
        ),
    ),
)
