"""An order as it stands, what acts make of it, and how it is answered.

Shapes: `Order` and `Line` mirror their tables; answers carry wire ids, quantities as text and
times in UTC.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import (
    EndedPart,
    HeldPart,
    LiveHold,
    LiveTransfer,
    Outcome,
    PositionKey,
    Transferred,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.orders.model.invoices import MarketAnswer, MarketRecord

PRIORITY_MAX: Final = 99


class Line(msgspec.Struct):
    """One order line: what was asked, and the parts it has come apart into."""

    line_no: int
    owner: Id
    variant: Id
    quantity: Decimal
    held: Decimal = ZERO
    shipped: Decimal = ZERO
    returned: Decimal = ZERO
    cancelled: Decimal = ZERO
    short: Decimal = ZERO
    unit_price: Decimal | None = None
    gathered: Decimal = ZERO
    case_units: Decimal | None = None

    @property
    def missing(self) -> Decimal:
        """Units neither held, shipped, cancelled nor gathered: what a waiting line waits for."""
        return self.quantity - self.held - self.shipped - self.cancelled - self.gathered


class Order(msgspec.Struct):
    """One order with its lines and live holds.

    `shipped_from` lists (line number, position, units) of converted holds, oldest first;
    `transfers` what came from partners for it and did not go back, oldest first, where an act may
    undo it. An order in a sales session has its `window`; the session order itself names its
    `producer`. `market` is what a new order of a marketplace has beside; one that `is_invoiced`
    had it when it was placed.
    """

    organisation: Id
    id: Id
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    policy: str
    priority: int
    queue_place: str
    placed_at: datetime
    hold_until: datetime | None = None
    next_hold_no: int = 1
    follows: Id | None = None
    window: Id | None = None
    producer: Id | None = None
    is_invoiced: bool = False
    lines: list[Line] = []
    holds: list[LiveHold] = []
    shipped_from: list[tuple[int, PositionKey, Decimal]] = []
    transfers: list[LiveTransfer] = []
    is_new: bool = False
    market: MarketRecord | None = None

    def copy(self) -> "Order":
        """Copy the order and its lines, so that a refused act leaves the facts as they were."""
        copied = copy(self)
        copied.lines = [copy(line) for line in self.lines]
        copied.holds = list(self.holds)
        copied.transfers = list(self.transfers)
        return copied

    def is_past_limit(self, now: datetime) -> bool:
        """Whether the order counts as cancelled because its limit has passed."""
        return (
            self.hold_until is not None
            and self.hold_until <= now
            and self.status in {"held", "waiting"}
        )


class LineAnswer(msgspec.Struct, omit_defaults=True):
    """One line as answered; parts that are zero are left out, `held` never is.

    `gathered` units are the session order's now; `case_units` says that it was ordered by the case.
    """

    line: int
    variant: str
    quantity: str
    held: str | None = None
    waiting: str = "0"
    shipped: str = "0"
    returned: str = "0"
    cancelled: str = "0"
    short: str = "0"
    unit_price: str | None = None
    gathered: str = "0"
    case_units: str | None = None


class HoldAnswer(msgspec.Struct):
    """Units just set aside, with the version their position has by that."""

    line: int
    location: str
    quantity: str
    version: int


class EndedAnswer(msgspec.Struct):
    """Units that just left a hold, or came back, with the version their position has by that.

    `kind` is `release`, `expire`, `ship` or `return`.
    """

    line: int
    location: str
    quantity: str
    kind: str
    version: int


class TransferAnswer(msgspec.Struct, omit_defaults=True):
    """Units of a line that just changed owner: from a wholesaler, or (`reverses`) back to it.

    `version` is that of one's own position.
    """

    id: str
    line: int
    wholesaler: str
    quantity: str
    version: int
    reverses: str | None = None


class OrderAnswer(msgspec.Struct, omit_defaults=True):
    """An order as answered to an act on it.

    One of a sales session names it; the session order itself names its `producer` too. One that a
    marketplace just placed has its seller invoices.
    """

    id: str
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    policy: str
    placed_at: datetime
    lines: list[LineAnswer]
    holds: list[HoldAnswer] = []
    hold_until: datetime | None = None
    priority: int = 0
    followed_by: str | None = None
    follows: str | None = None
    dropped_lines: list["DroppedLine"] = []
    ended: list[EndedAnswer] = []
    transferred: list[TransferAnswer] = []
    sales_session: str | None = None
    producer: str | None = None
    marketplace: MarketAnswer | None = None


class DroppedLine(msgspec.Struct):
    """A line left out because its stock was short (`line_by_line`)."""

    line: int
    variant: str
    quantity: str
    available: str


def queue_place(priority: int, placed_at: datetime, order: Id, *, short: bool = False) -> str:
    """Say where an order stands in the queue, as text that sorts.

    Short lines come first, then priority, time received and id decide.
    """
    rank = "0" if short else "1"
    micros = int(placed_at.timestamp()) * 1_000_000 + placed_at.microsecond
    return f"{rank}{PRIORITY_MAX - priority:02d}{micros:017d}{order}"


def answer_line(line: Line, *, waits: bool) -> LineAnswer:
    """Write a line for the wire; only a line of a waiting order waits for what it misses."""
    if line.held == line.quantity:
        quantity = quantity_text(line.quantity)
        answer = LineAnswer(line.line_no, ids.VARIANT + line.variant, quantity, quantity)
    else:
        answer = LineAnswer(
            line.line_no,
            ids.VARIANT + line.variant,
            quantity_text(line.quantity),
            quantity_text(line.held),
            quantity_text(line.missing if waits else ZERO),
            quantity_text(line.shipped),
            quantity_text(line.returned),
            quantity_text(line.cancelled),
            quantity_text(line.short),
            gathered=quantity_text(line.gathered),
        )
    if line.unit_price is not None:
        answer.unit_price = quantity_text(line.unit_price)
    if line.case_units is not None:
        answer.case_units = quantity_text(line.case_units)
    return answer


def answer_order(
    order: Order,
    outcome: Outcome | None = None,
    *,
    held: tuple[HeldPart, ...] = (),
    followed_by: Id | None = None,
    dropped: list[DroppedLine] | None = None,
) -> OrderAnswer:
    """Write an order, and what an outcome just opened, ended and transferred for it.

    `held` are holds to show where nothing was decided.
    """
    ended: tuple[EndedPart, ...] = ()
    transferred: tuple[Transferred, ...] = ()
    if outcome is not None:
        held, ended, transferred = outcome.held, outcome.ended, outcome.transferred
    return OrderAnswer(
        ids.ORDER + order.id,
        order.reference,
        order.kind,
        order.status,
        order.fulfilment_status,
        order.payment_status,
        order.policy,
        order.placed_at,
        [answer_line(line, waits=order.status == "waiting") for line in order.lines],
        [
            HoldAnswer(
                part.line_no,
                ids.LOCATION + part.position.location,
                quantity_text(part.quantity),
                part.version,
            )
            for part in held
        ],
        order.hold_until,
        order.priority,
        None if followed_by is None else ids.ORDER + followed_by,
        None if order.follows is None else ids.ORDER + order.follows,
        dropped or [],
        [
            EndedAnswer(
                part.line_no,
                ids.LOCATION + part.position.location,
                quantity_text(part.quantity),
                part.kind,
                part.version,
            )
            for part in ended
        ],
        # What passes between a seller and its wholesalers is not a marketplace's to know.
        [] if order.is_invoiced else [_answer_transfer(part) for part in transferred],
        None if order.window is None else ids.SALES_SESSION + order.window,
        None if order.producer is None else ids.ORGANISATION + order.producer,
    )


def tell_numbers(answer: msgspec.Struct, numbers: Mapping[Id, int]) -> None:
    """Put the numbers that an order and its invoices were given, by id, into what is answered."""
    if not isinstance(answer, OrderAnswer) or answer.marketplace is None:
        return
    answer.marketplace.legacy_id = numbers[answer.id.removeprefix(ids.ORDER)]
    for invoice in answer.marketplace.invoices:
        invoice.legacy_id = numbers[invoice.id.removeprefix(ids.INVOICE)]


def _answer_transfer(part: Transferred) -> TransferAnswer:
    """Write what changed owner for the wire."""
    return TransferAnswer(
        ids.TRANSFER + part.id,
        part.line_no,
        ids.ORGANISATION + part.partner.positions[0].owner,
        quantity_text(part.quantity),
        part.version,
        None if part.reverses is None else ids.TRANSFER + part.reverses,
    )
