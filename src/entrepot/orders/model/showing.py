"""One order as people look at it: where its goods came from, what may be done, what happened to it.

Pure: from rows to what is shown. A figure is never worked out twice: the parts of a line are those
of the order's answer.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.weeks import settling_week, week_label
from entrepot.orders.model.record import (
    DroppedLine,
    EndedAnswer,
    HoldAnswer,
    LineAnswer,
    OrderAnswer,
    TransferAnswer,
)

TRANSFERS_MAX: Final = 1000
HISTORY_MAX: Final = 50
PLACING_SOUGHT_MAX: Final = 200
"""Acts after an order got its id among which its placing is sought."""
REPAIRED: Final = "orders.repaired"
"""The one act whose answer is no order: it tells of figures that the operator had rebuilt."""
MayDo: TypeAlias = Literal["place", "change", "pay", "ship", "return", "cancel", "prioritise"]


class _Answered(msgspec.Struct):
    """What the history tells of an answer."""

    status: str = ""
    payment_status: str = ""
    priority: int = 0
    lines: list[LineAnswer] = []
    holds: list[HoldAnswer] = []
    ended: list[EndedAnswer] = []
    transferred: list[TransferAnswer] = []
    dropped_lines: list[DroppedLine] = []
    followed_by: str | None = None


_ANSWERED: Final = msgspec.json.Decoder(_Answered)


class GoodsRow(NamedTuple):
    """What a line is of."""

    line_no: int
    sku: str
    name: str
    unit: str
    whole_units: bool
    owner: Id
    owner_name: str


class TransferRow(NamedTuple):
    """What passed for a line, with the terms that say what a cancellation does."""

    id: Id
    line_no: int
    partnership: Id
    wholesaler: Id
    partner_name: str
    at: datetime
    week: date
    quantity: Decimal
    factor: int
    unit_price: Decimal | None
    reverses: Id | None
    partnership_state: str
    currency: str
    time_zone: str
    closed_through: date
    on_cancel_open_week: str
    on_cancel_later: str


class HistoryRow(NamedTuple):
    """One act on an order, with what was answered to it."""

    id: Id
    at: datetime
    act: str
    answer: bytes
    is_somebodys: bool
    person_name: str | None
    token_name: str | None


class ShownTransfer(msgspec.Struct, frozen=True):
    """Units of a line that passed from a partner, or (`reverses`) went back to it.

    `quantity` is in one's own units, of which each is `factor` of the partner's (`their_units` in
    all); the price is of one of the partner's, ex VAT, and `amount` is what all of it comes to, in
    the partnership's `currency`.
    `left` has not gone back; were it cancelled now, it would (`goes_back`), or stay one's own.
    """

    id: str
    partnership: str
    partner_name: str
    at: datetime
    week: str
    quantity: str
    factor: int
    their_units: str
    currency: str
    unit_price: str | None
    amount: str | None
    reverses: str | None
    left: str
    goes_back: bool


class Giver(msgspec.Struct, frozen=True):
    """A partner from which units of a line passed that did not go back."""

    partner_name: str
    quantity: str


class ShownLine(msgspec.Struct, frozen=True):
    """A line of an order: its parts, what it is of, and what passed from partners for it.

    `owner` names whose stock it is where that is another organisation; `open` is what could still
    be cancelled, `returnable` what could come back. `own` of it was no partner's: what is held or
    has left, less what passed for it and did not go back. `gathered` of it is the session order's
    now; `case_units` says that it was ordered by the case.
    """

    line: int
    variant: str
    sku: str
    name: str
    unit: str
    whole_units: bool
    owner: str | None
    quantity: str
    held: str
    missing: str
    short: str
    shipped: str
    returned: str
    cancelled: str
    open: str
    returnable: str
    unit_price: str | None
    amount: str | None
    own: str
    givers: tuple[Giver, ...]
    transfers: tuple[ShownTransfer, ...]
    gathered: str = "0"
    case_units: str | None = None


class ShownOrder(msgspec.Struct, frozen=True):
    """One order with its lines, as a person looks at it, and what may be done with it now.

    `is_past_limit`: it counts as cancelled because nobody paid in time; a payment may revive it.
    One of a sales session names it; the session order itself names its `producer` too.
    """

    id: str
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    policy: str
    placed_at: datetime
    hold_until: datetime | None
    is_past_limit: bool
    priority: int
    follows: str | None
    followed_by: str | None
    amount: str | None
    lines: tuple[ShownLine, ...]
    may: frozenset[MayDo]
    sales_session: str | None = None
    producer: str | None = None


class HistoryEntry(msgspec.Struct, frozen=True):
    """One thing that happened to an order, and what it did to the goods, in units of all lines.

    `by` None is Entrepot itself: goods came in, or time passed. `missing` is what the order missed
    after it.
    """

    at: datetime
    act: str
    by: str | None
    is_program: bool
    status: str
    payment_status: str
    priority: int
    lines: int
    held: str
    from_partners: str
    to_partners: str
    released: str
    shipped: str
    returned: str
    missing: str
    dropped: int
    followed_by: str | None


def show_order(
    answer: OrderAnswer,
    goods: Sequence[GoodsRow],
    transfers: Sequence[TransferRow],
    now: datetime,
    *,
    is_past_limit: bool,
) -> ShownOrder:
    """Show one order, what passed from partners for each line, and what may be done with it."""
    by_line: dict[int, list[ShownTransfer]] = {}
    gone_back: dict[Id, Decimal] = {}
    for each in transfers:
        if each.reverses is not None:
            gone_back[each.reverses] = gone_back.get(each.reverses, ZERO) + each.quantity
    for each in transfers:
        left = ZERO if each.reverses else each.quantity - gone_back.get(each.id, ZERO)
        by_line.setdefault(each.line_no, []).append(_show_transfer(each, left, now))
    known = {row.line_no: row for row in goods}
    lines = tuple(
        [
            _show_line(line, known[line.line], tuple(by_line.get(line.line, ())), answer.kind)
            for line in answer.lines
        ]
    )
    amounts = [Decimal(line.amount) for line in lines if line.amount is not None]
    return ShownOrder(
        answer.id,
        answer.reference,
        answer.kind,
        answer.status,
        answer.fulfilment_status,
        answer.payment_status,
        answer.policy,
        answer.placed_at,
        answer.hold_until,
        is_past_limit,
        answer.priority,
        answer.follows,
        answer.followed_by,
        optional_text(sum(amounts, ZERO)) if amounts else None,
        lines,
        may_do(answer, lines),
        answer.sales_session,
        answer.producer,
    )


def may_do(answer: OrderAnswer, lines: Sequence[ShownLine]) -> frozenset[MayDo]:
    """What may be done with an order as it stands; the rules are those of the acts themselves.

    A session order is made, completed and shipped by others than the trader's people, who may
    cancel it. A customer's order that was gathered is past all change. What a marketplace ordered
    is shipped, cancelled and returned by its seller invoices.
    """
    may: set[MayDo] = set()
    if answer.kind == "marketplace":
        return frozenset(may)
    status = answer.status
    live = status != "cancelled"
    shipped = any(line.shipped != "0" for line in lines)
    opened = any(line.open != "0" for line in lines)
    if status == "draft" and opened:
        may.add("place")
    is_session_order = answer.producer is not None
    if live and not (shipped or is_session_order or any(line.gathered != "0" for line in lines)):
        may.add("change")
    revivable = status == "cancelled" and answer.hold_until is not None
    unpaid = status != "draft" and answer.payment_status != "paid" and not is_session_order
    if unpaid and (live or revivable):
        may.add("pay")
    if not is_session_order:
        if status == "complete" and any(line.held != "0" for line in lines):
            may.add("ship")
        if any(line.returnable != "0" for line in lines):
            may.add("return")
    if live and opened:
        may.add("cancel")
    if status == "waiting" or (live and any(line.short != "0" for line in lines)):
        may.add("prioritise")
    return frozenset(may)


def show_history(row: HistoryRow) -> HistoryEntry:
    """Show one act on an order."""
    answer = _Answered() if row.act == REPAIRED else _ANSWERED.decode(row.answer)
    moved: dict[bool, Decimal] = {False: ZERO, True: ZERO}
    for each in answer.transferred:
        moved[each.reverses is not None] += Decimal(each.quantity)
    ended: dict[str, Decimal] = {}
    for part in answer.ended:
        ended[part.kind] = ended.get(part.kind, ZERO) + Decimal(part.quantity)
    missing = sum((Decimal(line.waiting) + Decimal(line.short) for line in answer.lines), ZERO)
    return HistoryEntry(
        row.at,
        row.act,
        (row.person_name or row.token_name or "") if row.is_somebodys else None,
        row.person_name is None,
        answer.status,
        answer.payment_status,
        answer.priority,
        len(answer.lines),
        quantity_text(sum((Decimal(each.quantity) for each in answer.holds), ZERO)),
        quantity_text(moved[False]),
        quantity_text(moved[True]),
        quantity_text(ended.get("release", ZERO) + ended.get("expire", ZERO)),
        quantity_text(ended.get("ship", ZERO)),
        quantity_text(ended.get("return", ZERO)),
        quantity_text(missing),
        len(answer.dropped_lines),
        answer.followed_by,
    )


def _show_line(
    line: LineAnswer, goods: GoodsRow, transfers: tuple[ShownTransfer, ...], kind: str
) -> ShownLine:
    asked, cancelled = Decimal(line.quantity), Decimal(line.cancelled)
    shipped, price = Decimal(line.shipped), line.unit_price
    left = sum((Decimal(each.left) for each in transfers), ZERO)
    return ShownLine(
        line.line,
        line.variant,
        goods.sku,
        goods.name,
        goods.unit,
        goods.whole_units,
        None if kind == "own" else goods.owner_name,
        line.quantity,
        line.held or "0",
        line.waiting,
        line.short,
        line.shipped,
        line.returned,
        line.cancelled,
        quantity_text(asked - cancelled - shipped - Decimal(line.gathered)),
        quantity_text(shipped - Decimal(line.returned)),
        price,
        None if price is None else optional_text((asked - cancelled) * Decimal(price)),
        quantity_text(max(Decimal(line.held or "0") + shipped - left, ZERO)),
        _givers(transfers),
        transfers,
        line.gathered,
        line.case_units,
    )


def _givers(transfers: Sequence[ShownTransfer]) -> tuple[Giver, ...]:
    """Sum what passed and stayed, by partner."""
    given: dict[str, Decimal] = {}
    for each in transfers:
        given[each.partner_name] = given.get(each.partner_name, ZERO) + Decimal(each.left)
    return tuple([Giver(name, quantity_text(units)) for name, units in given.items() if units])


def _show_transfer(row: TransferRow, left: Decimal, now: datetime) -> ShownTransfer:
    amount = None if row.unit_price is None else row.quantity * row.factor * row.unit_price
    return ShownTransfer(
        ids.TRANSFER + row.id,
        ids.PARTNERSHIP + row.partnership,
        row.partner_name,
        row.at,
        week_label(row.week),
        quantity_text(row.quantity),
        row.factor,
        quantity_text(row.quantity * row.factor),
        row.currency,
        optional_text(row.unit_price),
        optional_text(amount),
        None if row.reverses is None else ids.TRANSFER + row.reverses,
        quantity_text(left),
        left > ZERO and _goes_back(row, now),
    )


def _goes_back(row: TransferRow, now: datetime) -> bool:
    """Whether what passed would go back, were it cancelled now; as `GivingBack` decides it."""
    if row.partnership_state == "ended":
        return False
    week = settling_week(now, row.time_zone, row.closed_through)
    rule = row.on_cancel_open_week if week == row.week else row.on_cancel_later
    return rule == "reverse"


def optional_text(value: Decimal | None) -> str | None:
    """Write a figure that may be absent."""
    return None if value is None else quantity_text(value)
