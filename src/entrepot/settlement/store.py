"""Loading and saving settlements: the only code that runs this area's SQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.checks import Broken, Watch, load_checks, run_checks
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.currencies import minor_digits_of
from entrepot.kernel.ids import Id
from entrepot.settlement.model import (
    AnswersDueRow,
    ChangeRow,
    LineRow,
    OpenGoodsRow,
    OpenLine,
    OpenRow,
    OpenSum,
    RateSum,
    SettlementRow,
    Sides,
    State,
    ToSettle,
    TotalRow,
    TransferRow,
    WeekSum,
)

SQL = load_statements("entrepot.settlement")
VIEWS = load_statements("entrepot.settlement", "views.sql")

_CHECKS = load_checks("entrepot.settlement")

WRITING_SECONDS_MAX: Final = 3600.0
"""How long the lines of one week may take: a week can have any number of transfers."""


class LineKey(NamedTuple):
    """What tells the transfers of one line from others of its product pair."""

    factor: int
    unit_price: Decimal | None
    vat_rate: Decimal | None


class WeekGoods(NamedTuple):
    """Whose transfers of which week to read: of some of the wholesaler's variants.

    Of all the retailer's variants or of one; at all prices, or those of one line by its key.
    """

    sides: Sides
    week: date
    wholesaler_variants: Sequence[Id]
    variant: Id | None = None
    key: LineKey | None = None


class _OpenSides(NamedTuple):
    """A partnership as settlement needs it, and the first open week in which anything moved."""

    wholesaler: Id
    id: Id
    retailer: Id
    state: str
    currency: str
    time_zone: str
    closed_through: date
    written_through: date
    partner_name: str
    moved_week: date | None


class _OpenWeekSum(NamedTuple):
    """What an open week's lines of one VAT rate are, and the partnership that it is of."""

    partnership: Id
    vat_rate: Decimal | None
    lines: int
    unpriced_lines: int
    net: Decimal | None
    units: Decimal
    wholesaler_units: Decimal


class _DocumentTotal(NamedTuple):
    """A total, and the document that it is of."""

    settlement: Id
    vat_rate: Decimal | None
    net_minor: int | None
    vat_minor: int | None


ROWS: Mapping[str, type] = {
    "find_settlement": SettlementRow,
    "find_partnership_to_settle": ToSettle,
    "find_sides": Sides,
    "list_lines": LineRow,
    "list_open_lines": LineRow,
    "list_partnerships_open_at": ToSettle,
    "list_transfers": TransferRow,
    "read_open": OpenRow,
    "read_open_sums": _OpenWeekSum,
    "read_sums": RateSum,
    "read_totals": _DocumentTotal,
}

VIEW_ROWS: Mapping[str, type] = {
    "list_changes": ChangeRow,
    "list_disputed_by_partner": SettlementRow,
    "list_open_sides": _OpenSides,
    "list_settlements": SettlementRow,
    "read_answers_due": AnswersDueRow,
    "sum_open_goods": OpenGoodsRow,
    "sum_weeks": WeekSum,
}


async def find_sides(connection: Connection, organisation: Id, partnership: Id) -> Sides | None:
    """Read a partnership of an organisation; an id that could not be read ("") is nobody's."""
    if not partnership:
        return None
    row = await connection.fetchrow(SQL["find_sides"], organisation, partnership)
    return None if row is None else Sides(*row)


async def list_partnerships_open_at(
    connection: Connection, week: date, after: Id, limit: int
) -> list[ToSettle]:
    """Read partnerships whose weeks are not closed through a week."""
    rows = await connection.fetch(SQL["list_partnerships_open_at"], week, after, limit)
    return [ToSettle(*row) for row in rows]


async def find_partnership_to_settle(connection: Connection, partnership: Id) -> ToSettle | None:
    """Read a partnership by its id alone."""
    if not partnership:
        return None
    row = await connection.fetchrow(SQL["find_partnership_to_settle"], partnership)
    return None if row is None else ToSettle(*row)


async def read_next_week(
    connection: Connection, wholesaler: Id, partnership: Id, after: date, through: date
) -> date | None:
    """Read the first week after one, and up to another, that has transfers."""
    week: date | None = await connection.fetchval(
        SQL["read_next_week"], wholesaler, partnership, after, through
    )
    return week


async def write_documents(
    connection: Connection, sides: Sides, week: date, settlement: Id, now: datetime
) -> bool:
    """Write both faces of a week's document and their lines; False when they are there already.

    Another transaction that is writing them now is waited for.
    """
    row = await connection.fetchrow(
        SQL["write_documents"],
        sides.wholesaler,
        sides.id,
        week,
        settlement,
        now,
        minor_digits_of(sides.currency),
        timeout=WRITING_SECONDS_MAX,
    )
    assert row is not None, "the statement counts what it wrote"
    faces: int = row[0]
    assert faces in {0, 2}, "a document has both its faces or none"
    return faces > 0


async def read_sums(connection: Connection, organisation: Id, settlement: Id) -> list[RateSum]:
    """Read what a document's priced lines come to, exactly, by VAT rate."""
    rows = await connection.fetch(SQL["read_sums"], organisation, settlement)
    return [RateSum(*row) for row in rows]


async def insert_totals(
    connection: Connection,
    organisations: Sequence[Id],
    settlement: Id,
    totals: Sequence[TotalRow],
) -> None:
    """Write a document's totals on the faces of these organisations."""
    await connection.execute(
        SQL["insert_totals"], organisations, settlement, *columns(totals, len(TotalRow._fields))
    )


async def list_settlements(
    connection: Connection,
    organisation: Id,
    before: tuple[date, Id],
    wanted: tuple[Id | None, str | None, str | None],
    limit: int,
) -> list[SettlementRow]:
    """Read an organisation's documents, newest first, of a partnership, face and state."""
    rows = await connection.fetch(VIEWS["list_settlements"], organisation, *before, *wanted, limit)
    return [SettlementRow(*row) for row in rows]


async def find_settlement(
    connection: Connection, organisation: Id, settlement: Id
) -> SettlementRow | None:
    """Read an organisation's face of a document; "" is nobody's."""
    if not settlement:
        return None
    row = await connection.fetchrow(SQL["find_settlement"], organisation, settlement)
    return None if row is None else SettlementRow(*row)


async def read_totals(
    connection: Connection, organisation: Id, settlements: Sequence[Id]
) -> dict[Id, list[TotalRow]]:
    """Read the totals of some documents, by VAT rate, the lowest first."""
    rows = await connection.fetch(SQL["read_totals"], organisation, settlements)
    return {
        settlement: [TotalRow(*row[1:]) for row in group]
        for settlement, group in groupby((tuple(row) for row in rows), key=lambda row: row[0])
    }


async def lock_settlement(connection: Connection, organisation: Id, settlement: Id) -> bool:
    """Lock an organisation's face of a document; False when it has none."""
    if not settlement:
        return False
    return await connection.fetchrow(SQL["lock_settlement"], organisation, settlement) is not None


async def set_answer(
    connection: Connection,
    organisation: Id,
    settlement: Id,
    state: State,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Write what an organisation answers to its locked face."""
    row = await connection.fetchrow(SQL["set_answer"], organisation, settlement, state, now, reason)
    assert row is not None, "the face is there, as it was locked"


async def list_lines(
    connection: Connection, organisation: Id, settlement: Id, after: int, limit: int
) -> list[LineRow]:
    """Read the lines of an organisation's face, from after one on."""
    rows = await connection.fetch(SQL["list_lines"], organisation, settlement, after, limit)
    return [LineRow(*row) for row in rows]


async def read_open_sums(
    connection: Connection, wanted: Sequence[tuple[Sides, date]]
) -> dict[Id, list[OpenSum]]:
    """Read what moved in open weeks so far, by partnership and VAT rate, the lowest first."""
    keys = [(sides.wholesaler, sides.id, week) for sides, week in wanted]
    rows = await connection.fetch(SQL["read_open_sums"], *columns(keys, 3))
    return {
        partnership: [OpenSum(*row[1:]) for row in group]
        for partnership, group in groupby((tuple(row) for row in rows), key=lambda row: row[0])
    }


async def list_open_sides(
    connection: Connection, organisation: Id, after: Id, limit: int
) -> list[tuple[Sides, date | None]]:
    """Read partnerships that have not ended, each with the open week in which something moved."""
    rows = await connection.fetch(VIEWS["list_open_sides"], organisation, after, limit)
    return [(Sides(*row[:-1]), row[-1]) for row in (tuple(row) for row in rows)]


async def list_changes(
    connection: Connection, organisation: Id, sides: Sides, week: date, limit: int
) -> list[ChangeRow]:
    """Read what a week's reversals undo of earlier ones, and later weeks' of this one."""
    rows = await connection.fetch(
        VIEWS["list_changes"], organisation, sides.wholesaler, sides.id, week, limit
    )
    return [ChangeRow(*row) for row in rows]


async def list_disputed_by_partner(
    connection: Connection,
    organisation: Id,
    before: tuple[date, Id],
    wanted: tuple[Id | None, str | None],
    limit: int,
) -> list[SettlementRow]:
    """Read an organisation's documents whose other face is disputed, of a partnership and face."""
    rows = await connection.fetch(
        VIEWS["list_disputed_by_partner"], organisation, *before, *wanted, limit
    )
    return [SettlementRow(*row) for row in rows]


async def read_answers_due(connection: Connection, organisation: Id, limit: int) -> AnswersDueRow:
    """Read how many documents wait for an answer or are disputed, each counted up to a number."""
    row = await connection.fetchrow(VIEWS["read_answers_due"], organisation, limit)
    assert row is not None, "the statement counts, so it has a row"
    return AnswersDueRow(*row)


async def sum_weeks(
    connection: Connection, organisation: Id, weeks: tuple[date, date], by: datetime
) -> list[WeekSum]:
    """Read what passed by week from the first week on; from the second on, also by a moment."""
    rows = await connection.fetch(VIEWS["sum_weeks"], organisation, *weeks, by)
    return [WeekSum(*row) for row in rows]


async def list_open_lines(
    connection: Connection, organisation: Id, sides: Sides, week: date, after: OpenLine, limit: int
) -> list[LineRow]:
    """Read what moved in an open week so far, as one of its sides names it, from after one on."""
    rows = await connection.fetch(
        SQL["list_open_lines"],
        organisation,
        sides.wholesaler,
        sides.id,
        week,
        *after,
        limit,
    )
    return [LineRow(*row) for row in rows]


async def find_matched(
    connection: Connection, retailer: Id, partnership: Id, variant: Id
) -> list[Id]:
    """Read the wholesaler's variants that a retailer's was ever matched with."""
    rows = await connection.fetch(SQL["find_matched"], retailer, partnership, variant)
    return [row[0] for row in rows]


async def list_transfers(
    connection: Connection, organisation: Id, goods: WeekGoods, after: Id, limit: int
) -> list[TransferRow]:
    """Read transfers and reversals as one of the two sides may see them, from after one on."""
    rows = await connection.fetch(
        SQL["list_transfers"],
        organisation,
        goods.sides.wholesaler,
        goods.sides.id,
        goods.week,
        goods.wholesaler_variants,
        goods.variant,
        *(goods.key or (None, None, None)),
        after,
        limit,
    )
    return [TransferRow(*row) for row in rows]


async def sum_open_goods(
    connection: Connection, organisation: Id, goods: WeekGoods
) -> OpenGoodsRow | None:
    """Read what one side's goods come to in an open week; None where nothing of them moved."""
    row = await connection.fetchrow(
        VIEWS["sum_open_goods"],
        organisation,
        goods.sides.wholesaler,
        goods.sides.id,
        goods.week,
        goods.wholesaler_variants,
        goods.variant,
    )
    return None if row is None else OpenGoodsRow(*row)


async def read_open(
    connection: Connection, organisation: Id, sides: Sides, now: datetime, this_week: date
) -> OpenRow:
    """Read what is open of a partnership; documents as one of its sides answered them."""
    row = await connection.fetchrow(
        SQL["read_open"], organisation, sides.wholesaler, sides.id, now, this_week
    )
    assert row is not None, "the statement counts, so it has a row"
    return OpenRow(*row)


async def check_settlements(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check that documents say what moved, once and alike on both faces."""
    return await run_checks(connection, _CHECKS, watch)
