"""What pages show beside documents: open weeks at a glance, later changes, what waits, weeks."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.weeks import week_label
from entrepot.settlement.model.closing import Face, Sides
from entrepot.settlement.model.documents import EXACT, OpenSettlement, OpenSum, show_open


class ChangeRow(NamedTuple):
    """Reversals in one week of another week's transfers, of one side's goods at one price.

    `quantity` is in the retailer's units.
    """

    goods: Id
    sku: str
    name: str
    factor: int
    unit_price: Decimal | None
    vat_rate: Decimal | None
    week: date
    of_week: date
    quantity: Decimal
    transfers: int


class AnswersDueRow(NamedTuple):
    """Documents that wait for an answer or are disputed, counted, with the oldest week of each."""

    unanswered: int
    unanswered_since: date | None
    disputed: int
    disputed_since: date | None
    disputed_by_partner: int
    disputed_by_partner_since: date | None


class WeekSum(NamedTuple):
    """What passed in an organisation's partnerships in a week, on one side, in one currency.

    In its own units, and ex VAT, exactly. `units_by_then` and `value_by_then` are what had passed
    by the moment that was asked for, of weeks that are read from their transfers.
    """

    week: date
    face: Face
    currency: str
    units: Decimal
    value: Decimal
    units_by_then: Decimal
    value_by_then: Decimal


class OpenWeek(msgspec.Struct, frozen=True):
    """An open week of a partnership as it stands now, and how many units it comes to.

    The units are those of the side that looks, net of what went back.
    """

    settlement: OpenSettlement
    units: str

    @property
    def partnership_inner_id(self) -> Id:
        """The partnership's id as it is inside Entrepot."""
        return self.settlement.partnership.removeprefix(ids.PARTNERSHIP)


class OpenGoodsRow(NamedTuple):
    """What moved of one side's goods in an open week, in its units; `net` is ex VAT, exactly.

    `unpriced` says whether any of it has no price, so that `net` is not all.
    """

    sku: str
    name: str
    transferred: Decimal
    reversed: Decimal
    net: Decimal | None
    unpriced: bool


class OpenGoods(msgspec.Struct, frozen=True):
    """What one of one's own products comes to in an open week, at all prices together.

    `amount` is ex VAT, exactly; None where a price is missing.
    """

    sku: str
    name: str
    transferred: str
    reversed: str
    net: str
    amount: str | None


class SettlementChange(msgspec.Struct, frozen=True):
    """Units of a week's transfers that went back in a later week, in which they are settled.

    In the units, by the sku and at the price of one's own; `amount` is what they come to ex VAT.
    """

    variant: str
    sku: str
    name: str
    unit_price: str | None
    vat_rate: str | None
    week: str
    of_week: str
    quantity: str
    amount: str | None
    transfers: int


class AnswersDue(msgspec.Struct, frozen=True):
    """How many documents wait for an answer or are disputed, with the oldest week of each.

    Counted no further than `DUE_MAX`.
    """

    unanswered: int
    disputed: int
    disputed_by_partner: int
    unanswered_since: str | None = None
    disputed_since: str | None = None
    disputed_by_partner_since: str | None = None


def show_open_week(sides: Sides, organisation: Id, week: date, sums: Sequence[OpenSum]) -> OpenWeek:
    """An open week as one side sees it, with its units."""
    is_order = sides.face_of(organisation) == "order"
    units = sum(
        (each.wholesaler_units if is_order else each.units for each in sums), start=Decimal(0)
    )
    return OpenWeek(show_open(sides, organisation, week, sums), quantity_text(units))


def show_open_goods(row: OpenGoodsRow) -> OpenGoods:
    """What a product comes to in an open week, as it is shown."""
    with localcontext(EXACT):
        units = row.transferred - row.reversed
    return OpenGoods(
        row.sku,
        row.name,
        quantity_text(row.transferred),
        quantity_text(row.reversed),
        quantity_text(units),
        None if row.unpriced or row.net is None else quantity_text(row.net),
    )


def show_change(row: ChangeRow, face: Face) -> SettlementChange:
    """A change in the units of the side that looks."""
    units, price = (row.factor, 1) if face == "order" else (1, row.factor)
    with localcontext(EXACT):
        unit_price = None if row.unit_price is None else row.unit_price * price
        quantity = row.quantity * units
        amount = None if unit_price is None else quantity * unit_price
    return SettlementChange(
        ids.VARIANT + row.goods,
        row.sku,
        row.name,
        None if unit_price is None else quantity_text(unit_price),
        None if row.vat_rate is None else quantity_text(row.vat_rate),
        week_label(row.week),
        week_label(row.of_week),
        quantity_text(quantity),
        None if amount is None else quantity_text(amount),
        row.transfers,
    )


def show_answers_due(row: AnswersDueRow) -> AnswersDue:
    """What waits for an answer, as it is shown."""
    return AnswersDue(
        row.unanswered,
        row.disputed,
        row.disputed_by_partner,
        _label(row.unanswered_since),
        _label(row.disputed_since),
        _label(row.disputed_by_partner_since),
    )


def _label(week: date | None) -> str | None:
    return None if week is None else week_label(week)
