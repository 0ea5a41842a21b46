"""Reads of settlement for doors: documents, their lines and transfers, open weeks, the checklist.

Each side reads its own face. A document of others, and a partnership of others, is unknown.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.infra.sheets import SheetForm, write_pages
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Page
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.kernel.weeks import read_week, settling_week, week_label
from entrepot.partnerships import unknown_partnership
from entrepot.settlement import errors, store
from entrepot.settlement.model import (
    SHEET_COLUMNS,
    AnswersDue,
    EndingChecklist,
    OpenGoods,
    OpenLine,
    OpenSettlement,
    OpenWeek,
    SettledTransfer,
    Settlement,
    SettlementChange,
    SettlementLine,
    SettlementRow,
    Sides,
    ToSettle,
    WeekSum,
    sheet_cells,
    show_answers_due,
    show_change,
    show_checklist,
    show_line,
    show_open_goods,
    show_open_week,
    show_settlement,
    show_transfer,
    unknown_settlement,
)

CHANGES_MAX: Final = 200
"""Changes that are told of one week, at most."""

DUE_MAX: Final = 100
"""How far documents that wait for an answer are counted."""

EXPORT_ROWS: Final = 2_000
"""Lines of a sheet that are read at once."""

_WEEK_LAST: Final = date.max
_BEFORE_ALL: Final = OpenLine(LOWEST, LOWEST, 0, None, None)


class SettlementFilter(msgspec.Struct, frozen=True):
    """Which documents to show: all that is given must fit.

    `disputed_by_partner` asks for those whose other face the partner disputes, whatever their own
    state.
    """

    partnership: Id | None = None
    face: str | None = None
    state: str | None = None
    disputed_by_partner: bool = False


async def list_settlements(
    pool: Pool, caller: Caller, page: Page, wanted: SettlementFilter
) -> Sequence[Settlement] | Refusal:
    """The caller's documents, the newest week first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    before = _WEEK_LAST, HIGHEST
    if page.after is not None:
        before = date.fromisoformat(str(page.after[0])), str(page.after[1])
    organisation, limit = caller.organisation, page.rows_wanted
    filters = wanted.partnership, wanted.face
    async with reading(pool) as connection:
        if wanted.disputed_by_partner:
            rows = await store.list_disputed_by_partner(
                connection, organisation, before, filters, limit
            )
        else:
            rows = await store.list_settlements(
                connection, organisation, before, (*filters, wanted.state), limit
            )
        totals = await store.read_totals(connection, organisation, [row.id for row in rows])
    return [show_settlement(row, totals.get(row.id, [])) for row in rows]


async def find_settlement(pool: Pool, caller: Caller, settlement: Id) -> Settlement | Refusal:
    """One of the caller's documents.

    Refuses `identity.scope_missing` and `settlement.unknown_settlement`.
    """
    found = await _find(pool, caller, settlement)
    if isinstance(found, Refusal):
        return found
    async with reading(pool) as connection:
        totals = await store.read_totals(connection, caller.organisation, [settlement])
    return show_settlement(found, totals.get(settlement, []))


async def list_lines(
    pool: Pool, caller: Caller, settlement: Id, page: Page
) -> Sequence[SettlementLine] | Refusal:
    """The lines of one of the caller's documents, by number.

    Refuses `identity.scope_missing` and `settlement.unknown_settlement`.
    """
    found = await _find(pool, caller, settlement)
    if isinstance(found, Refusal):
        return found
    after = 0 if page.after is None else int(page.after[0])
    async with reading(pool) as connection:
        rows = await store.list_lines(
            connection, caller.organisation, settlement, after, page.rows_wanted
        )
    return [show_line(row, found.face) for row in rows]


async def list_line_transfers(
    pool: Pool, caller: Caller, settlement: Id, line: int, page: Page
) -> Sequence[SettledTransfer] | Refusal:
    """The transfers and reversals behind a line of one of the caller's documents, oldest first.

    The wholesaler is told of the retailer's order no more than a mark by which its transfers can be
    recognised; the retailer sees its own order.

    Refuses `identity.scope_missing`, `settlement.unknown_settlement` and `settlement.unknown_line`.
    """
    found = await _find(pool, caller, settlement)
    if isinstance(found, Refusal):
        return found
    organisation = caller.organisation
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        rows = await store.list_lines(connection, organisation, settlement, line - 1, 1)
        if not rows or rows[0].line_no != line:
            return refuse(
                errors.UNKNOWN_LINE,
                "This settlement has no such line. Check its number.",
                field="line",
                facts={"line": line},
            )
        sides = await store.find_sides(connection, organisation, found.partnership)
        assert sides is not None, "a document's partnership stays for ever"
        row = rows[0]
        key = store.LineKey(row.factor, row.unit_price, row.vat_rate)
        transfers = await store.list_transfers(
            connection,
            organisation,
            store.WeekGoods(sides, found.week, (row.wholesaler_variant,), row.variant, key),
            after,
            page.rows_wanted,
        )
    return [show_transfer(each, found.face) for each in transfers]


async def find_open_settlement(
    pool: Pool, caller: Caller, partnership: Id, week: str | None = None
) -> OpenSettlement | Refusal:
    """What moved in a week that is not closed, as the caller's side sees it.

    As `find_open_week` finds it, without its units; its lines are told by `list_open_lines`.
    """
    found = await find_open_week(pool, caller, partnership, week)
    return found if isinstance(found, Refusal) else found.settlement


async def find_open_week(
    pool: Pool, caller: Caller, partnership: Id, week: str | None = None
) -> OpenWeek | Refusal:
    """A week of one of the caller's partnerships that is not closed, as it stands now.

    Without a week, such as `2026-W12`, the first open one with movement, else the one that
    transfers fall into now.

    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `settlement.week_not_valid` and `settlement.week_closed`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        opened = await _open_week(connection, organisation, partnership, week)
        if isinstance(opened, Refusal):
            return opened
        sums = await store.read_open_sums(connection, [opened])
    sides, monday = opened
    return show_open_week(sides, organisation, monday, sums.get(sides.id, []))


async def list_open_weeks(pool: Pool, caller: Caller, page: Page) -> Sequence[OpenWeek] | Refusal:
    """The open week of each of the caller's partnerships that has not ended, by partnership.

    The first open week with movement, else the one that transfers fall into now. A page's key is
    the partnership's id. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading_snapshot(pool) as connection:
        found = await store.list_open_sides(connection, organisation, after, page.rows_wanted)
        now = await read_clock(connection)
        weeks = [
            (sides, moved or settling_week(now, sides.time_zone, sides.closed_through))
            for sides, moved in found
        ]
        sums = await store.read_open_sums(connection, weeks)
    return [
        show_open_week(sides, organisation, week, sums.get(sides.id, [])) for sides, week in weeks
    ]


async def list_changes(
    pool: Pool, caller: Caller, partnership: Id, week: str
) -> Sequence[SettlementChange] | Refusal:
    """What went back in a week of an earlier one's units, and in later weeks of this one's.

    Of each, its `week` is where it is settled and `of_week` the one that it changes: at most
    `CHANGES_MAX`, the earliest first. Refuses `identity.scope_missing`,
    `partnerships.unknown_partnership` and `settlement.week_not_valid`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation, monday = caller.organisation, read_week(week)
    async with reading(pool) as connection:
        sides = await store.find_sides(connection, organisation, partnership)
        if sides is None:
            return unknown_partnership(partnership)
        if monday is None:
            return _week_not_valid(week)
        rows = await store.list_changes(connection, organisation, sides, monday, CHANGES_MAX)
    return [show_change(row, sides.face_of(organisation)) for row in rows]


async def read_answers_due(pool: Pool, caller: Caller) -> AnswersDue | Refusal:
    """How many of the caller's documents wait for an answer or are disputed, up to `DUE_MAX`.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await store.read_answers_due(connection, caller.organisation, DUE_MAX)
    return show_answers_due(row)


async def sum_weeks(
    pool: Pool, caller: Caller, since: date, last: date, by: datetime
) -> Sequence[WeekSum] | Refusal:
    """What passed in the caller's partnerships in each week from a Monday on, by side and currency.

    From the Monday `last` on also what had passed by a moment. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.sum_weeks(connection, caller.organisation, (since, last), by)


async def list_open_lines(
    pool: Pool, caller: Caller, partnership: Id, week: str | None, page: Page
) -> Sequence[tuple[OpenLine, SettlementLine]] | Refusal:
    """The lines of a week that is not closed, each with its place in the list.

    In the order in which the wholesaler made the goods. Without a week as in
    `find_open_settlement`; a page begins after a place, its price and rate as text, "" for None.
    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `settlement.week_not_valid` and `settlement.week_closed`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    after = _BEFORE_ALL
    if page.after is not None:
        theirs, own, factor, price, rate = page.after
        after = OpenLine(str(theirs), str(own), int(factor), _decimal(price), _decimal(rate))
    async with reading_snapshot(pool) as connection:
        opened = await _open_week(connection, organisation, partnership, week)
        if isinstance(opened, Refusal):
            return opened
        sides, monday = opened
        rows = await store.list_open_lines(
            connection, organisation, sides, monday, after, page.rows_wanted
        )
    face = sides.face_of(organisation)
    return [
        (
            OpenLine(row.wholesaler_variant, row.variant, row.factor, row.unit_price, row.vat_rate),
            show_line(row, face),
        )
        for row in rows
    ]


async def list_open_transfers(
    pool: Pool, caller: Caller, partnership: Id, week: str | None, variant: Id, page: Page
) -> Sequence[SettledTransfer] | Refusal:
    """The transfers and reversals of one of the caller's variants in an open week, oldest first.

    Without a week as in `find_open_settlement`. A variant of which nothing moved has none.
    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `settlement.week_not_valid` and `settlement.week_closed`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        opened = await _open_week(connection, organisation, partnership, week)
        if isinstance(opened, Refusal):
            return opened
        if not variant:
            return []
        goods = await _week_goods(connection, organisation, opened, variant)
        rows = await store.list_transfers(connection, organisation, goods, after, page.rows_wanted)
    return [show_transfer(row, goods.sides.face_of(organisation)) for row in rows]


async def find_open_goods(
    pool: Pool, caller: Caller, partnership: Id, week: str, variant: Id
) -> OpenGoods | Refusal | None:
    """What one of the caller's variants comes to in an open week; None where nothing of it moved.

    Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `settlement.week_not_valid` and `settlement.week_closed`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    organisation = caller.organisation
    async with reading_snapshot(pool) as connection:
        opened = await _open_week(connection, organisation, partnership, week)
        if isinstance(opened, Refusal):
            return opened
        if not variant:
            return None
        goods = await _week_goods(connection, organisation, opened, variant)
        row = await store.sum_open_goods(connection, organisation, goods)
    return None if row is None else show_open_goods(row)


async def export_settlement(
    pool: Pool, caller: Caller, settlement: Id, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    """One of the caller's documents as a sheet, one row a line, written while it is read.

    Refuses `identity.scope_missing` and `settlement.unknown_settlement`.
    """
    found = await _find(pool, caller, settlement)
    if isinstance(found, Refusal):
        return found
    texts = ("sku", "name", "partner_sku")
    return write_pages(SHEET_COLUMNS, texts, form, _sheet_rows(pool, caller, found))


async def ending_checklist(
    pool: Pool, caller: Caller, partnership: Id
) -> EndingChecklist | Refusal:
    """What is open of one of the caller's partnerships, and whether it can end now.

    Refuses `identity.scope_missing` and `partnerships.unknown_partnership`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        sides = await store.find_sides(connection, caller.organisation, partnership)
        if sides is None:
            return unknown_partnership(partnership)
        now = await read_clock(connection)
        week = settling_week(now, sides.time_zone, sides.closed_through)
        row = await store.read_open(connection, caller.organisation, sides, now, week)
    return show_checklist(sides, row)


async def list_partnerships_to_settle(pool: Pool, through: date, page: Page) -> list[ToSettle]:
    """Partnerships that are not closed through a week. For the operator."""
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_partnerships_open_at(connection, through, after, page.limit)


async def find_partnership_to_settle(pool: Pool, partnership: Id) -> ToSettle | Refusal:
    """A partnership. For the operator, who knows no more than its id.

    Refuses `partnerships.unknown_partnership`.
    """
    async with reading(pool) as connection:
        found = await store.find_partnership_to_settle(connection, partnership)
    return unknown_partnership(partnership) if found is None else found


def _decimal(text: str | int) -> Decimal | None:
    return Decimal(text) if text else None


async def _find(pool: Pool, caller: Caller, settlement: Id) -> SettlementRow | Refusal:
    """The caller's face of a document. Refuses what every reader of one refuses."""
    refusal = check_scope(caller, Scope.SETTLEMENT_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await store.find_settlement(connection, caller.organisation, settlement)
    return unknown_settlement(settlement) if found is None else found


async def _open_week(
    connection: Connection, organisation: Id, partnership: Id, week: str | None
) -> tuple[Sides, date] | Refusal:
    """A partnership's open week: the one that is named, else the first with movement, or today's.

    Refuses what every reader of one refuses.
    """
    sides = await store.find_sides(connection, organisation, partnership)
    if sides is None:
        return unknown_partnership(partnership)
    if week is None:
        now = await read_clock(connection)
        moved = await store.read_next_week(
            connection, sides.wholesaler, sides.id, sides.closed_through, _WEEK_LAST
        )
        return sides, moved or settling_week(now, sides.time_zone, sides.closed_through)
    monday = read_week(week)
    if monday is None:
        return _week_not_valid(week)
    if monday <= sides.closed_through:
        return refuse(
            errors.WEEK_CLOSED,
            f"The weeks through {week_label(sides.closed_through)} are settled; read those.",
            field="week",
            facts={"week": week, "closed_through": week_label(sides.closed_through)},
        )
    return sides, monday


async def _week_goods(
    connection: Connection, organisation: Id, opened: tuple[Sides, date], variant: Id
) -> store.WeekGoods:
    """One of an organisation's variants in an open week, whatever of the wholesaler's it is."""
    sides, monday = opened
    if organisation == sides.wholesaler:
        return store.WeekGoods(sides, monday, (variant,))
    matched = await store.find_matched(connection, organisation, sides.id, variant)
    return store.WeekGoods(sides, monday, matched, variant)


def _week_not_valid(week: str) -> Refusal:
    return refuse(
        errors.WEEK_NOT_VALID,
        "A week is written by its year and number, such as 2026-W12.",
        field="week",
        facts={"week": week},
    )


async def _sheet_rows(
    pool: Pool, caller: Caller, found: SettlementRow
) -> AsyncIterator[Sequence[Sequence[str | None]]]:
    """Read a document's lines page by page, as cells."""
    after = 0
    while True:
        async with reading(pool) as connection:
            rows = await store.list_lines(
                connection, caller.organisation, found.id, after, EXPORT_ROWS
            )
        lines = [show_line(row, found.face) for row in rows]
        yield [sheet_cells(found, line) for line in lines]
        if len(rows) < EXPORT_ROWS:
            return
        after = rows[-1].line_no
