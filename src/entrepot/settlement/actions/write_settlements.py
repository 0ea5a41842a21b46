"""Write the documents of a partnership's closed weeks."""

from collections.abc import Callable
from datetime import date, datetime

from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships import set_written_through, unknown_partnership
from entrepot.settlement import store
from entrepot.settlement.model import (
    Settlement,
    SettlementNotice,
    Sides,
    show_settlement,
    totals_of,
)


async def write_settlements(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    moment: Moment = by_the_clock,
) -> list[Settlement] | Refusal:
    """Write both faces of each closed week that has none; return the caller's face of each.

    The second step after `close_weeks`. Each week is one transaction, which needs no lock of the
    partnership to write; killed in between, the next call goes on. Of two at once one writes a
    week, and the other finds it written. A week without movement makes no document, one that nets
    to zero does.

    Refuses `identity.scope_missing` and `partnerships.unknown_partnership`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_WRITE)
    if refusal is not None:
        return refusal
    written: list[Settlement] = []
    while True:
        async with writing(pool) as connection:
            sides = await store.find_sides(connection, caller.organisation, partnership)
            if sides is None:
                return unknown_partnership(partnership)
            week = await store.read_next_week(
                connection, sides.wholesaler, sides.id, sides.written_through, sides.closed_through
            )
            if week is not None:
                now = moment(await read_clock(connection))
                made = await _write_week(connection, now, new_id, caller, sides, week)
                if made is not None:
                    written.append(made)
            through = sides.closed_through if week is None else week
            await set_written_through(connection, sides.wholesaler, sides.id, through)
        if week is None:
            return written


async def _write_week(
    connection: Connection,
    now: datetime,
    new_id: Callable[[], Id],
    caller: Caller,
    sides: Sides,
    week: date,
) -> Settlement | None:
    """Write one week's document; None when another process has."""
    settlement = new_id()
    if not await store.write_documents(connection, sides, week, settlement, now):
        return None
    sums = await store.read_sums(connection, sides.wholesaler, settlement)
    totals = totals_of(sums, sides.currency)
    both = (sides.wholesaler, sides.retailer)
    await store.insert_totals(connection, both, settlement, totals)
    faces = {}
    for organisation in both:
        row = await store.find_settlement(connection, organisation, settlement)
        assert row is not None, "it has just been written"
        shown = faces[organisation] = show_settlement(row, totals)
        who = caller
        if organisation != caller.organisation:
            # To its partner, nobody of its own did this.
            who = Caller(organisation, frozenset())
        happening = Happening("settlement.closed", shown.id, shown)
        await record(connection, now, new_id, who, (happening,))
    await _tell_of_missing_prices(connection, now, new_id, sides, faces[sides.wholesaler])
    return faces[caller.organisation]


async def _tell_of_missing_prices(
    connection: Connection,
    now: datetime,
    new_id: Callable[[], Id],
    sides: Sides,
    document: Settlement,
) -> None:
    """Tell the wholesaler's people of a document that has no total, for want of a price."""
    if document.unpriced_lines:
        facts = {
            "week": document.week,
            "partner": document.partner_name,
            "partnership": ids.PARTNERSHIP + sides.id,
            "unpriced_lines": str(document.unpriced_lines),
        }
        notice = SettlementNotice(sides.wholesaler, "settlement.price_missing", document.id, facts)
        await raise_notices(connection, now, (notice,), new_id)
