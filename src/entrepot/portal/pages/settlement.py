"""Settlement: the week that grows, the documents of those that closed, and answering them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from entrepot import partnerships, settlement
from entrepot.infra.sheets import SheetForm
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.kernel.weeks import read_week
from entrepot.partnerships import Partnership
from entrepot.portal.pages.settlement_shown import (
    corrections_of,
    file_name,
    later_of,
    show_document,
    show_open_week,
)
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import (
    Download,
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    found,
    granted,
)
from entrepot.settlement import (
    OpenWeek,
    Settlement,
    SettlementChange,
    SettlementFilter,
    SettlementLine,
)

OPEN_SHOWN: Final = 8
"""Open weeks that stand above the closed ones; the rest have a page of their own."""
PARTNERS_SHOWN: Final = 100
"""Partners to choose from, at most; those of a longer list are reached by its rows."""
PRINTED_MAX: Final = 1_000
"""Lines of a document that are printed; what is longer is a matter for a sheet."""

WeekDay: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]$")]
LineNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]

_DISPUTED_BY_PARTNER: Final = "disputed_by_partner"
_STATES: Final = ("", "closed", "acknowledged", "disputed", _DISPUTED_BY_PARTNER)
_FACES: Final = ("", "order", "inbound")
_FILTERS: Final = ("partnership", "state", "face", "week")


async def show_settlements(visit: Visit) -> Outcome:
    """Show the open weeks and the closed documents, as filters in the address say."""
    query = visit.query
    wanted = SettlementFilter(
        face=query.choice("face", _FACES) or None,
        state=query.choice("state", _STATES) or None,
    )
    if wanted.state == _DISPUTED_BY_PARTNER:
        wanted = SettlementFilter(face=wanted.face, disputed_by_partner=True)
    known = granted(
        await partnerships.list_partnerships(visit.database, visit.caller, ListPage(PARTNERS_SHOWN))
    )
    partner = query.text("partnership")
    if partner:
        partnership = ids.from_wire(ids.PARTNERSHIP, partner)
        wanted = msgspec.structs.replace(wanted, partnership=partnership)
    page = page_at(query.text("cursor"), tuple[WeekDay, HexId])
    if page.after is None:
        page = _through(visit, page)
    rows: Sequence[Settlement] = []
    if not partner or wanted.partnership is not None:  # What is no id is no partnership's.
        rows = granted(
            await settlement.list_settlements(visit.database, visit.caller, page, wanted)
        )
    shown, following = cut_at(rows, page, lambda row: (row.monday.isoformat(), row.inner_id))
    chosen = {name: query.text(name) for name in _FILTERS if query.text(name)}
    is_first = not query.text("cursor")
    opened: Sequence[OpenWeek] = []
    if is_first and not query.text("state") and not query.faults:
        opened = await _open_weeks(visit, wanted, is_asked=bool(partner))
    context = {
        "opened": [show_open_week(each, visit.words) for each in opened[:OPEN_SHOWN]],
        "opened_more": len(opened) > OPEN_SHOWN,
        "documents": [show_document(row, visit.words) for row in shown],
        "following": following,
        "is_first": is_first,
        "here": f"/settlements?{urlencode(chosen)}" if chosen else "/settlements",
        "chosen": {name: query.text(name) for name in _FILTERS},
        "is_filtered": bool(chosen),
        "partners": await _partners(visit, known),
        "has_partners": bool(known),
        "has_both": len({each.role for each in known}) > 1,
        "faults": tuple(query.faults),
    }
    status = 422 if query.faults else 200
    return Shown(template="settlement/list.html.jinja", context=context, status=status)


async def show_settlement(visit: Visit) -> Outcome:
    """Show a closed document."""
    return await _document(visit)


async def do_acknowledge(visit: Visit) -> Outcome:
    """Say that a document is right."""
    services = visit.services
    answer = await settlement.acknowledge_settlement(
        services.database,
        services.desk.new_id,
        visit.caller,
        _settlement(visit),
        visit.sent("acknowledge_settlement"),
    )
    refused = done(answer)
    if refused is not None:
        return await _document(visit, refused)
    return Elsewhere(
        address=_address(visit), said=visit.words("You have acknowledged this settlement.")
    )


async def do_dispute(visit: Visit) -> Outcome:
    """Say what is wrong with a document."""
    services = visit.services
    answer = await settlement.dispute_settlement(
        services.database,
        services.desk.new_id,
        visit.caller,
        _settlement(visit),
        visit.typed.text("reason").replace("\r\n", "\n"),
        visit.sent("dispute_settlement"),
    )
    refused = done(answer)
    if refused is not None:
        return await _document(visit, refused)
    said = visit.words("You dispute this settlement; your partner has been told why.")
    return Elsewhere(address=_address(visit), said=said)


async def show_line(visit: Visit) -> Outcome:
    """Show the transfers behind a line of a closed document."""
    named, number = _settlement(visit), _line(visit.path["line"])
    document = granted(await settlement.find_settlement(visit.database, visit.caller, named))
    lines = granted(
        await settlement.list_lines(visit.database, visit.caller, named, ListPage(1, (number - 1,)))
    )
    page = page_at(visit.query.text("cursor"), tuple[HexId])
    rows = granted(
        await settlement.list_line_transfers(visit.database, visit.caller, named, number, page)
    )
    shown, following = cut_at(rows, page, lambda row: (row.inner_id,))
    context = {
        "document": show_document(document, visit.words),
        "line": lines[0],
        "goods": None,
        "variant": lines[0].variant,
        "transfers": shown,
        "back": f"/settlements/{document.id}",
        "following": following,
        "is_first": page.after is None,
        "here": f"/settlements/{document.id}/lines/{number}",
    }
    return Shown(template="settlement/transfers.html.jinja", context=context)


async def show_print(visit: Visit) -> Outcome:
    """Show a whole document on one page, to print."""
    document, lines, following, changes = await _read_document(visit, ListPage(PRINTED_MAX))
    context = {
        "document": show_document(document, visit.words),
        "lines": lines,
        "is_cut": following is not None,
        "printed_max": PRINTED_MAX,
        "corrections": corrections_of(changes, document.week, lines),
        "later": later_of(changes, document.week),
    }
    return Shown(template="settlement/print.html.jinja", context=context)


async def download_settlement(visit: Visit) -> Outcome:
    """Hand out a document as a sheet, as spreadsheet programs of this language open it."""
    form = SheetForm(has_mark=True)
    if visit.words.language == "nl":
        form = SheetForm(";", has_mark=True, decimal_mark="comma")
    named = _settlement(visit)
    document = granted(await settlement.find_settlement(visit.database, visit.caller, named))
    pieces = granted(await settlement.export_settlement(visit.database, visit.caller, named, form))
    return Download(
        name=f"{file_name(document, visit.words)}.csv",
        media_type="text/csv; charset=utf-8",
        pieces=pieces,
    )


async def _document(visit: Visit, refused: Refusal | None = None) -> Shown:
    """A document's page; after a refused answer with what was typed and what is wrong with it."""
    page = page_at(visit.query.text("cursor"), tuple[LineNumber])
    document, lines, following, changes = await _read_document(visit, page)
    faults = () if refused is None else tuple([_beside(each) for each in refused.faults])
    context = {
        "document": show_document(document, visit.words),
        "lines": lines,
        "corrections": corrections_of(changes, document.week, lines),
        "later": later_of(changes, document.week),
        "following": following,
        "is_first": page.after is None,
        "here": f"/settlements/{document.id}",
        "may_answer": visit.guest.may(Scope.SETTLEMENT_WRITE),
        "reason": visit.typed.text("reason"),
        "faults": faults,
    }
    status = 422 if refused else 200
    return Shown(template="settlement/document.html.jinja", context=context, status=status)


async def _read_document(
    visit: Visit, page: ListPage
) -> tuple[Settlement, Sequence[SettlementLine], str | None, Sequence[SettlementChange]]:
    """A document, a page of its lines, where they go on, and what other weeks say of it."""
    named = _settlement(visit)
    document = granted(await settlement.find_settlement(visit.database, visit.caller, named))
    rows = granted(await settlement.list_lines(visit.database, visit.caller, named, page))
    shown, following = cut_at(rows, page, lambda row: (row.line or 0,))
    partnership = ids.from_wire(ids.PARTNERSHIP, document.partnership) or ""
    changes = granted(
        await settlement.list_changes(visit.database, visit.caller, partnership, document.week)
    )
    return document, shown, following, changes


async def _open_weeks(
    visit: Visit, wanted: SettlementFilter, *, is_asked: bool
) -> Sequence[OpenWeek]:
    """The open weeks to show above the documents, as far as they fit what is asked for."""
    rows: Sequence[OpenWeek]
    if not is_asked:
        rows = granted(
            await settlement.list_open_weeks(visit.database, visit.caller, ListPage(OPEN_SHOWN))
        )
    elif wanted.partnership is None:
        rows = []
    else:
        one = await settlement.find_open_week(visit.database, visit.caller, wanted.partnership)
        rows = [] if isinstance(one, Refusal) else [one]
    # Weeks' labels sort as the weeks do.
    through = visit.query.text("week").upper() or "9999"
    return [
        row
        for row in rows
        if wanted.face in {None, row.settlement.face} and row.settlement.week <= through
    ]


def _through(visit: Visit, page: ListPage) -> ListPage:
    """The page that begins with a week, where one is asked for."""
    text = visit.query.text("week").upper()
    if not text:
        return page
    monday = read_week(text)
    if monday is None:
        visit.query.find(
            settlement.WEEK_NOT_VALID,
            "A week is written by its year and number, such as 2026-W12.",
            "week",
            week=text[:20],
        )
        return page
    return ListPage(page.limit, (monday.isoformat(), HIGHEST))


async def _partners(visit: Visit, known: Sequence[Partnership]) -> list[tuple[str, str]]:
    """The partners to choose from, by name, with the one that is chosen however many there are."""
    shown = list(known[:PARTNERS_SHOWN])
    chosen = visit.query.text("partnership")
    inner = ids.from_wire(ids.PARTNERSHIP, chosen)
    if inner is not None and all(each.id != chosen for each in shown):
        one = await partnerships.find_partnership(visit.database, visit.caller, inner)
        shown += [] if one is None else [granted(one)]
    return sorted(
        [(each.id, each.partner.name) for each in shown], key=lambda each: each[1].casefold()
    )


def _beside(fault: Fault) -> Fault:
    """A fault of an answer by the form's field; what is wrong with the document has none."""
    return fault if fault.field == "reason" else msgspec.structs.replace(fault, field=None)


def _settlement(visit: Visit) -> Id:
    """The document that the address names."""
    return found(ids.from_wire(ids.SETTLEMENT, visit.path["settlement"]))


def _address(visit: Visit) -> str:
    return f"/settlements/{ids.SETTLEMENT}{_settlement(visit)}"


def _line(text: str) -> int:
    """A line's number in an address; what is none is shown as an absent page."""
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 10 or not int(text):  # noqa: PLR2004 - no document has so many lines
        raise NothingHereError
    return int(text)


PAGES: Final = (
    Page(
        method="GET",
        path="/settlements",
        summary="Settlements: open weeks and closed documents",
        handler=show_settlements,
        scope=Scope.SETTLEMENT_READ,
        query=(*_FILTERS, "cursor"),
    ),
    Page(
        method="GET",
        path="/settlements/{settlement}",
        summary="A closed document",
        handler=show_settlement,
        scope=Scope.SETTLEMENT_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/settlements/{settlement}/lines/{line}",
        summary="The transfers behind a line",
        handler=show_line,
        scope=Scope.SETTLEMENT_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/settlements/{settlement}/print",
        summary="A document to print",
        handler=show_print,
        scope=Scope.SETTLEMENT_READ,
    ),
    Page(
        method="GET",
        path="/settlements/{settlement}/csv",
        summary="A document as a sheet",
        handler=download_settlement,
        scope=Scope.SETTLEMENT_READ,
    ),
    Page(
        method="POST",
        path="/settlements/{settlement}/acknowledge",
        summary="Acknowledge a document",
        handler=do_acknowledge,
        scope=Scope.SETTLEMENT_WRITE,
    ),
    Page(
        method="POST",
        path="/settlements/{settlement}/dispute",
        summary="Dispute a document",
        handler=do_dispute,
        scope=Scope.SETTLEMENT_WRITE,
        fields=("reason",),
    ),
)
