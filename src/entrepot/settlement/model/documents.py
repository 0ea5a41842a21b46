"""Rules of documents: what their lines come to, how each side sees them, who may answer them.

A document describes what passed between two partners in one week; it never moves stock. The
wholesaler sees it as a settlement order, the retailer as a settlement inbound, each in its own
units. Fulfilment reference, sections 11 (documents) and 13 (rounding); design 6.6.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.currencies import minor_digits_of
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Key
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.kernel.weeks import WEEK, read_week, week_begins, week_label
from entrepot.settlement import errors
from entrepot.settlement.model.closing import Face, SettlementNotice, Sides

State: TypeAlias = Literal["closed", "acknowledged", "disputed"]

REASON_LENGTH_MAX: Final = 2000
MINOR_MAX: Final = 2**63 - 1
"""The most that a total is written with; what is more has none."""

EXACT: Final = Context(prec=80)
"""More digits than a quantity, a factor and a price have together."""
_ONE: Final = Decimal(1)


class SettlementRow(NamedTuple):
    """One face of a document as it is stored, with what the partner answered to the other."""

    id: Id
    face: Face
    partnership: Id
    partner: Id
    partner_name: str
    week: date
    currency: str
    minor_digits: int
    time_zone: str
    closed_at: datetime
    lines: int
    unpriced_lines: int
    state: str
    answered_at: datetime | None
    dispute_reason: str | None
    partner_state: str
    partner_answered_at: datetime | None
    partner_dispute_reason: str | None


class LineRow(NamedTuple):
    """What moved of one product pair at one price; `line_no` 0 while the week is open.

    Quantities are in the retailer's units, the price is of one of the wholesaler's, ex VAT.
    """

    line_no: int
    wholesaler_variant: Id
    variant: Id
    factor: int
    sku: str
    name: str
    partner_sku: str | None
    unit_price: Decimal | None
    vat_rate: Decimal | None
    transferred: Decimal
    reversed: Decimal
    transfers: int


class RateSum(NamedTuple):
    """What the priced lines of one VAT rate come to, exactly, ex VAT."""

    vat_rate: Decimal | None
    net: Decimal


class OpenLine(NamedTuple):
    """Which line of an open week one is, in the order in which they are listed."""

    wholesaler_variant: Id
    variant: Id
    factor: int
    unit_price: Decimal | None
    vat_rate: Decimal | None

    @property
    def key(self) -> Key:
        """The place as lists page by it: numbers as text, "" for None."""
        price, rate = (
            "" if each is None else str(each) for each in (self.unit_price, self.vat_rate)
        )
        return self.wholesaler_variant, self.variant, self.factor, price, rate


class OpenSum(NamedTuple):
    """What an open week's lines of one VAT rate are and come to; `net` None: none has a price.

    `units` are the retailer's, net of reversals, `wholesaler_units` the same in the wholesaler's.
    """

    vat_rate: Decimal | None
    lines: int
    unpriced_lines: int
    net: Decimal | None
    units: Decimal
    wholesaler_units: Decimal


class TotalRow(NamedTuple):
    """What the priced lines of one VAT rate come to, in minor units."""

    vat_rate: Decimal | None
    net_minor: int | None
    vat_minor: int | None


class TransferRow(NamedTuple):
    """One transfer or reversal, as the side that asks may see it."""

    id: Id
    at: datetime
    quantity: Decimal
    factor: int
    unit_price: Decimal | None
    reverses: Id | None
    reverses_week: date | None
    order_mark: str
    order_id: Id | None
    reference: str | None
    line_no: int | None


class Total(msgspec.Struct, frozen=True):
    """What the priced lines of one VAT rate come to, ex VAT and the VAT on it, in minor units.

    `vat_rate` None: no rate is known, so neither is the VAT.
    """

    vat_rate: str | None
    net_minor: int | None
    vat_minor: int | None


class PartnerAnswer(msgspec.Struct, frozen=True):
    """What the partner answered to its own face of the same document."""

    state: str
    answered_at: datetime | None = None
    dispute_reason: str | None = None


class Settlement(msgspec.Struct, frozen=True):
    """A closed document as one side sees it: the wholesaler's `order`, the retailer's `inbound`.

    The week `2026-W12` is the half-open time from `begins_at` to `ends_at`. Totals are in minor
    units, of which `minor_digits` says the decimals. A line without a price is counted in
    `unpriced_lines` and leaves the document without a total, a VAT rate that is not known without
    VAT.
    """

    id: str
    face: Face
    partnership: str
    partner: str
    partner_name: str
    week: str
    begins_at: datetime
    ends_at: datetime
    time_zone: str
    currency: str
    minor_digits: int
    state: str
    closed_at: datetime
    lines: int
    unpriced_lines: int
    totals: tuple[Total, ...]
    net_minor: int | None
    vat_minor: int | None
    gross_minor: int | None
    answered_at: datetime | None
    dispute_reason: str | None
    partner_answer: PartnerAnswer

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.SETTLEMENT)

    @property
    def monday(self) -> date:
        """The day on which the week begins."""
        week = read_week(self.week)
        assert week is not None, "a document's week is one"
        return week


class SettlementLine(msgspec.Struct, frozen=True):
    """What moved of one product at one price, in the units and by the sku of whoever looks.

    `net` is what was transferred less what was reversed, and may be negative; `amount` is its
    price ex VAT, exactly: only a document's totals are rounded. The retailer also sees the
    wholesaler's sku. `factor` of the wholesaler's units make one of the retailer's: by it the two
    sides compare a line. `line` is None while the week is open.
    """

    line: int | None
    variant: str
    sku: str
    name: str
    partner_sku: str | None
    unit_price: str | None
    vat_rate: str | None
    transferred: str
    reversed: str
    net: str
    amount: str | None
    transfers: int
    factor: int


class OpenSettlement(msgspec.Struct, frozen=True):
    """A week that is not closed, as it stands now; read from the transfers, stored nowhere."""

    face: Face
    partnership: str
    partner: str
    partner_name: str
    week: str
    begins_at: datetime
    ends_at: datetime
    time_zone: str
    currency: str
    minor_digits: int
    lines: int
    unpriced_lines: int
    totals: tuple[Total, ...]
    net_minor: int | None
    vat_minor: int | None
    gross_minor: int | None
    state: str = "open"


class SettledTransfer(msgspec.Struct, frozen=True):
    """One transfer behind a line, or a reversal, which names the transfer that it undoes.

    Both sides see the same `order_mark`, by which transfers of one order can be recognised and
    which tells nothing else; `order`, `reference` and `line` are shown to who placed that order.
    """

    id: str
    at: datetime
    quantity: str
    unit_price: str | None
    order_mark: str
    reverses: str | None = None
    reverses_week: str | None = None
    order: str | None = None
    reference: str | None = None
    line: int | None = None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.TRANSFER)


def totals_of(sums: Iterable[RateSum], currency: str) -> list[TotalRow]:
    """Round what the lines of each VAT rate come to: the net once, then the VAT on that net.

    Half a minor unit goes away from zero, so that a document of reversals mirrors the first one.
    """
    digits = minor_digits_of(currency)
    totals = []
    with localcontext(EXACT):
        for vat_rate, exact in sums:
            net = exact.scaleb(digits).quantize(_ONE, ROUND_HALF_UP)
            vat = None if vat_rate is None else (net * vat_rate / 100).quantize(_ONE, ROUND_HALF_UP)
            totals.append(TotalRow(vat_rate, _minor(net), _minor(vat)))
    return totals


def show_settlement(row: SettlementRow, totals: Sequence[TotalRow]) -> Settlement:
    """A document as its side sees it."""
    net, vat, gross = _whole(totals, row.unpriced_lines)
    return Settlement(
        ids.SETTLEMENT + row.id,
        row.face,
        ids.PARTNERSHIP + row.partnership,
        ids.ORGANISATION + row.partner,
        row.partner_name,
        week_label(row.week),
        week_begins(row.week, row.time_zone),
        week_begins(row.week + WEEK, row.time_zone),
        row.time_zone,
        row.currency,
        row.minor_digits,
        row.state,
        row.closed_at,
        row.lines,
        row.unpriced_lines,
        _shown(totals),
        net,
        vat,
        gross,
        row.answered_at,
        row.dispute_reason,
        PartnerAnswer(row.partner_state, row.partner_answered_at, row.partner_dispute_reason),
    )


def show_open(
    sides: Sides, organisation: Id, week: date, sums: Sequence[OpenSum]
) -> OpenSettlement:
    """An open week as one side sees it."""
    priced = [RateSum(each.vat_rate, each.net) for each in sums if each.net is not None]
    totals = totals_of(priced, sides.currency)
    unpriced = sum(each.unpriced_lines for each in sums)
    net, vat, gross = _whole(totals, unpriced)
    return OpenSettlement(
        sides.face_of(organisation),
        ids.PARTNERSHIP + sides.id,
        ids.ORGANISATION + sides.other_than(organisation),
        sides.partner_name,
        week_label(week),
        week_begins(week, sides.time_zone),
        week_begins(week + WEEK, sides.time_zone),
        sides.time_zone,
        sides.currency,
        minor_digits_of(sides.currency),
        sum(each.lines for each in sums),
        unpriced,
        _shown(totals),
        net,
        vat,
        gross,
    )


def show_line(row: LineRow, face: Face) -> SettlementLine:
    """A line in the units of the side whose face it is on.

    The retailer's unit is `factor` of the wholesaler's, so it costs as many times as much.
    """
    units, price = (row.factor, 1) if face == "order" else (1, row.factor)
    with localcontext(EXACT):
        net = row.transferred - row.reversed
        unit_price = None if row.unit_price is None else row.unit_price * price
        amount = None if unit_price is None else net * units * unit_price
    return SettlementLine(
        row.line_no or None,
        ids.VARIANT + (row.wholesaler_variant if face == "order" else row.variant),
        row.sku,
        row.name,
        row.partner_sku,
        _text(unit_price),
        _text(row.vat_rate),
        quantity_text(row.transferred * units),
        quantity_text(row.reversed * units),
        quantity_text(net * units),
        _text(amount),
        row.transfers,
        row.factor,
    )


def show_transfer(row: TransferRow, face: Face) -> SettledTransfer:
    """A transfer in the units of the side that looks."""
    units, price = (row.factor, 1) if face == "order" else (1, row.factor)
    return SettledTransfer(
        ids.TRANSFER + row.id,
        row.at,
        quantity_text(row.quantity * units),
        _text(None if row.unit_price is None else row.unit_price * price),
        row.order_mark,
        None if row.reverses is None else ids.TRANSFER + row.reverses,
        None if row.reverses_week is None else week_label(row.reverses_week),
        None if row.order_id is None else ids.ORDER + row.order_id,
        row.reference,
        row.line_no,
    )


def check_dispute(row: SettlementRow, reason: str) -> Refusal | None:
    """Whether a side may dispute its face for this reason.

    Refuses `settlement.reason_not_valid` and `settlement.already_acknowledged`.
    """
    is_plain = all(sign.isprintable() or sign in "\n\r\t" for sign in reason)
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX or not is_plain:
        return refuse(
            errors.REASON_NOT_VALID,
            f"Say what is wrong, in 1 to {REASON_LENGTH_MAX} characters of plain text.",
            field="reason",
            facts={"length": len(reason)},
        )
    if row.state == "acknowledged":
        return refuse(
            errors.ALREADY_ACKNOWLEDGED,
            "You have acknowledged this settlement. Agree with your partner on a correction, which"
            " comes into the document of the open week.",
            field="settlement",
            facts={"settlement": ids.SETTLEMENT + row.id},
        )
    return None


def answer_notice(row: SettlementRow, kind: str) -> SettlementNotice:
    """Tell the partner how a side answered its face."""
    facts = {"week": week_label(row.week), "partnership": ids.PARTNERSHIP + row.partnership}
    if row.dispute_reason is not None:
        facts["reason"] = row.dispute_reason
    return SettlementNotice(row.partner, kind, ids.SETTLEMENT + row.id, facts)


def unknown_settlement(settlement: Id) -> Refusal:
    """Say that an organisation has no such document; "" stands for an id that is none."""
    return refuse(
        errors.UNKNOWN_SETTLEMENT,
        "You have no such settlement. Check its id.",
        field="settlement",
        facts={"settlement": ids.SETTLEMENT + settlement} if settlement else {},
    )


def _minor(amount: Decimal | None) -> int | None:
    return None if amount is None or abs(amount) > MINOR_MAX else int(amount)


def _whole(
    totals: Sequence[TotalRow], unpriced_lines: int
) -> tuple[int | None, int | None, int | None]:
    """Net, VAT and gross of a document; None for what is not known of each line."""
    if unpriced_lines:
        return None, None, None
    net = _sum([total.net_minor for total in totals])
    vat = _sum([total.vat_minor for total in totals])
    return net, vat, None if net is None or vat is None else net + vat


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _shown(totals: Sequence[TotalRow]) -> tuple[Total, ...]:
    return tuple(Total(_text(rate), net, vat) for rate, net, vat in totals)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else quantity_text(number)
