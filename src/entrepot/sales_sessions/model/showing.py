"""What sales sessions answer: wire ids, quantities and prices as text, times in UTC. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.sales_sessions.model.rows import (
    CountsRow,
    CustomerOrderRow,
    DemandRow,
    PreviewRow,
    ProductRow,
    SessionOrderLineRow,
    SessionOrderRow,
    SessionRow,
)

SessionState: TypeAlias = Literal["planned", "open", "closing", "complete"]
SessionOrderStatus: TypeAlias = Literal["held", "complete", "cancelled"]

ORDERS_LOOKED_AT_MAX: Final = 1_000
"""Orders that one page looks through at most, so that a rare filter costs no more than another."""


class SalesSession(msgspec.Struct, frozen=True):
    """A sales session: nothing can be ordered before `opens_at` and from `closes_at` on.

    `state` is `planned` before it opens, `open`, `closing` from its end (or an earlier closing, at
    `closed_at`) until the session orders are made, then `complete`.
    """

    id: str
    name: str
    reference: str
    state: SessionState
    opens_at: datetime
    closes_at: datetime
    created_at: datetime
    product_count: int
    closed_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.SALES_SESSION)


class ShownProduct(msgspec.Struct, frozen=True):
    """A product of a session, in its producer's units, ex VAT.

    `quantity_max` is the session's limit, `held` what its customers hold, `available` what the
    producer still has for anybody (None: unlimited), `left` what can still be ordered in the
    session, the lower of both. `unit_price` is what a customer pays, `purchase_price` what the
    trader pays. `session_price` is what the session asks of customers where it sets that itself.
    """

    variant: str
    sku: str
    name: str
    unit: str
    producer: str
    producer_name: str
    held: str
    quantity_max: str | None
    available: str | None
    left: str | None
    unit_price: str | None
    purchase_price: str | None
    session_price: str | None


class OrderCounts(msgspec.Struct, frozen=True):
    """Customer orders of a session: those that are paid, and those that may be until a time.

    `short` are those of which a recount took something.
    """

    paid: int
    unpaid: int
    short: int
    unpaid_until: datetime | None


class ShownSession(msgspec.Struct, frozen=True):
    """A session with all that it sells, and how its customer orders stand."""

    session: SalesSession
    orders: OrderCounts
    products: tuple[ShownProduct, ...]


class ClosedSession(msgspec.Struct, frozen=True):
    """A session that was closed: complete, or what it still waits for (`orders`)."""

    session: SalesSession
    orders: OrderCounts


class PreviewLine(msgspec.Struct, frozen=True):
    """What a producer gets of one product: `quantity`, for which `amount` is due ex VAT.

    `unpaid` may still come to it; `short` was ordered and is not there.
    """

    variant: str
    sku: str
    name: str
    unit: str
    quantity: str
    unpaid: str
    short: str
    purchase_price: str | None
    amount: str | None


class ProducerPreview(msgspec.Struct, frozen=True):
    """What one producer gets, and its session order where there is one already."""

    producer: str
    producer_name: str
    lines: tuple[PreviewLine, ...]
    amount: str | None
    order: str | None = None
    reference: str | None = None
    status: str | None = None


class ClosingPreview(msgspec.Struct, frozen=True):
    """If a session closed now: what each producer would get. Of a complete one, what each got."""

    session: SalesSession
    orders: OrderCounts
    producers: tuple[ProducerPreview, ...]


class MissedGoods(msgspec.Struct, frozen=True):
    """How much of what a customer order is short of."""

    sku: str
    quantity: str


class CustomerOrder(msgspec.Struct, frozen=True):
    """A customer order of a session.

    `would_miss` says what it would go without if the session closed now: `all` of an order that
    nobody paid, `part` of one that a recount took from (`short`), else `nothing`.
    """

    id: str
    reference: str
    status: str
    payment_status: str
    placed_at: datetime
    lines: int
    would_miss: Literal["all", "part", "nothing"]
    short: tuple[MissedGoods, ...]
    hold_until: datetime | None


class SessionDemand(msgspec.Struct, frozen=True):
    """What one trader's session holds of one of the caller's variants: live, not final.

    Nothing is told of customers. A remote trader's session has its times and no name here.
    """

    variant: str
    sku: str
    name: str
    unit: str
    trader: str
    trader_name: str
    sales_session: str
    opens_at: datetime | None
    closes_at: datetime | None
    is_remote: bool
    quantity: str

    @property
    def key(self) -> tuple[Id, Id, Id]:
        """What a page of demand goes on after: the variant, the trader, the session."""
        return (
            self.variant.removeprefix(ids.VARIANT),
            self.trader.removeprefix(ids.ORGANISATION),
            self.sales_session.removeprefix(ids.SALES_SESSION),
        )


class SessionOrder(msgspec.Struct, frozen=True):
    """A session order as its producer sees it: what one trader's session orders of it.

    While `held` it may still change; past `hold_until` it is cancelled. `amount` is what its lines
    come to, ex VAT, None where one has no price.
    """

    id: str
    reference: str
    trader: str
    trader_name: str
    sales_session: str
    status: str
    fulfilment_status: str
    placed_at: datetime
    lines: int
    amount: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    hold_until: datetime | None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ORDER)

    @property
    def inner_trader(self) -> Id:
        """The trader's id as it is inside Entrepot."""
        return self.trader.removeprefix(ids.ORGANISATION)


class SessionOrderLine(msgspec.Struct, frozen=True):
    """A line of a session order, in the producer's units.

    `case_units`: it was ordered by the case, of so many units.
    """

    line: int
    variant: str
    sku: str
    name: str
    unit: str
    quantity: str
    held: str
    shipped: str
    returned: str
    cancelled: str
    short: str
    unit_price: str | None
    case_units: str | None


class ShownSessionOrder(msgspec.Struct, frozen=True):
    """A session order with its lines."""

    order: SessionOrder
    lines: tuple[SessionOrderLine, ...]


def state_of(row: SessionRow) -> SessionState:
    """What a session is at the time it was read; past its end it is closing at once."""
    if row.state == "complete":
        return "complete"
    if row.state == "closing" or row.closes_at <= row.now:
        return "closing"
    return "open" if row.opens_at <= row.now else "planned"


def show_session(row: SessionRow) -> SalesSession:
    """Show a session."""
    return SalesSession(
        ids.SALES_SESSION + row.id,
        row.name,
        row.reference,
        state_of(row),
        row.opens_at,
        row.closes_at,
        row.created_at,
        row.product_count,
        row.closed_at,
        row.completed_at,
    )


def show_counts(row: CountsRow) -> OrderCounts:
    """Show how a session's customer orders stand; those past their limit count as cancelled."""
    return OrderCounts(row.paid, row.unpaid, row.short, row.unpaid_until)


def show_closed(row: SessionRow, counts: CountsRow) -> ClosedSession:
    """Show a session that was closed."""
    return ClosedSession(show_session(row), show_counts(counts))


def show_product(row: ProductRow) -> ShownProduct:
    """Show a product of a session, and what is left of it."""
    bounds = [row.available] if row.available is not None else []
    if row.quantity_max is not None:
        bounds.append(max(row.quantity_max - row.held, ZERO))
    price = row.retail_price if row.unit_price is None else row.unit_price
    return ShownProduct(
        ids.VARIANT + row.variant,
        row.sku,
        row.name,
        row.unit,
        ids.ORGANISATION + row.producer,
        row.producer_name,
        quantity_text(row.held),
        _text(row.quantity_max),
        _text(row.available),
        _text(min(bounds, default=None)),
        _text(price),
        _text(row.purchase_price),
        _text(row.unit_price),
    )


def show_preview(
    session: SessionRow, counts: CountsRow, rows: Iterable[PreviewRow]
) -> ClosingPreview:
    """Show what each producer would get if a session closed now."""
    return ClosingPreview(
        show_session(session),
        show_counts(counts),
        tuple(
            [
                _show_producer(list(group))
                for _, group in groupby(rows, key=lambda row: row.producer)
            ]
        ),
    )


def _show_producer(rows: Sequence[PreviewRow]) -> ProducerPreview:
    lines = []
    total: Decimal | None = ZERO
    for row in rows:
        amount = None if row.purchase_price is None else row.quantity * row.purchase_price
        if row.quantity:
            total = None if total is None or amount is None else total + amount
        lines.append(
            PreviewLine(
                ids.VARIANT + row.variant,
                row.sku,
                row.name,
                row.unit,
                quantity_text(row.quantity),
                quantity_text(row.unpaid),
                quantity_text(row.short),
                _text(row.purchase_price),
                _text(amount),
            )
        )
    first = rows[0]
    return ProducerPreview(
        ids.ORGANISATION + first.producer,
        first.producer_name,
        tuple(lines),
        _text(total),
        None if first.order_id is None else ids.ORDER + first.order_id,
        first.reference,
        first.status,
    )


def show_customer_order(row: CustomerOrderRow) -> CustomerOrder:
    """Show a customer order of a session; past its limit it counts as cancelled."""
    status = "cancelled" if row.is_past else row.status
    payment = "cancelled" if row.is_past else row.payment_status
    would_miss: Literal["all", "part", "nothing"] = "nothing"
    if status == "held" and payment == "unpaid":
        would_miss = "all"
    elif status in {"held", "complete"} and row.skus:
        would_miss = "part"
    return CustomerOrder(
        ids.ORDER + row.id,
        row.reference,
        status,
        payment,
        row.placed_at,
        row.lines,
        would_miss,
        tuple(
            [
                MissedGoods(sku, quantity_text(missing))
                for sku, missing in zip(row.skus, row.missing, strict=True)
            ]
        ),
        row.hold_until,
    )


def show_demand(row: DemandRow) -> SessionDemand:
    """Show what one session holds of a variant to its owner."""
    return SessionDemand(
        ids.VARIANT + row.variant,
        row.sku,
        row.name,
        row.unit,
        ids.ORGANISATION + row.trader,
        row.trader_name,
        ids.SALES_SESSION + row.session,
        row.opens_at,
        row.closes_at,
        row.is_remote,
        quantity_text(row.quantity),
    )


def show_session_order(row: SessionOrderRow) -> SessionOrder:
    """Show a session order to its producer; past its limit it counts as cancelled."""
    return SessionOrder(
        ids.ORDER + row.id,
        row.reference,
        ids.ORGANISATION + row.trader,
        row.trader_name,
        ids.SALES_SESSION + row.session,
        "cancelled" if row.is_past else row.status,
        "cancelled" if row.is_past else row.fulfilment_status,
        row.placed_at,
        row.lines,
        _text(row.amount),
        row.opens_at,
        row.closes_at,
        row.hold_until,
    )


def show_session_order_line(row: SessionOrderLineRow) -> SessionOrderLine:
    """Show a line of a session order to its producer."""
    return SessionOrderLine(
        row.line_no,
        ids.VARIANT + row.variant,
        row.sku,
        row.name,
        row.unit,
        quantity_text(row.quantity),
        quantity_text(row.held),
        quantity_text(row.shipped),
        quantity_text(row.returned),
        quantity_text(row.cancelled),
        quantity_text(row.short),
        _text(row.unit_price),
        _text(row.case_units),
    )


def _text(number: Decimal | None) -> str | None:
    """Write a number that may be missing."""
    return None if number is None else quantity_text(number)
