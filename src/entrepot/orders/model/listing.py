"""Orders in a list, and variants to choose from when one is placed by hand. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.orders.model.record import Order
from entrepot.orders.model.showing import optional_text

ORDERS_LOOKED_AT_MAX: Final = 1000
"""Orders that one page looks through at most, so that a rare filter costs no more than another."""
DRAFT_AGE_MAX: Final = timedelta(days=31)
"""How long a draft may lie before its placing is no longer found by the day of it."""
FOUND_MAX: Final = 10
VARIANTS_LOOKED_AT_MAX: Final = 5000
"""Variants whose names are searched for a text."""
OrderStatus: TypeAlias = Literal["draft", "waiting", "held", "complete", "cancelled"]


class OrderFilter(msgspec.Struct, frozen=True):
    """Which orders to list: all that is given must fit.

    `misses`: those that miss something. `to_ship`: those that are complete and of which no or not
    all goods have left; not those of sales sessions and marketplaces, which leave from producers
    and sellers. `reference`: how the reference begins. `variant` is an id as inside Entrepot. A
    draft that lay for over a month counts as placed when it was saved.
    """

    status: OrderStatus | None = None
    misses: bool = False
    reference: str = ""
    variant: Id | None = None
    placed_since: datetime | None = None
    to_ship: bool = False

    @property
    def is_sought_whole(self) -> bool:
        """Whether the way in which orders are sought is all of the filter."""
        further = (self.variant, self.placed_since)
        if any(each is not None for each in further):
            return False
        if self.reference:
            return self.status is None and not self.misses and not self.to_ship
        return not self.misses


class Sought(NamedTuple):
    """Where orders are sought: what fits, and between which ids, or after which reference."""

    wanted: OrderFilter
    before: Id
    since: Id
    after_reference: str


class ListedRow(NamedTuple):
    """A row of a list of orders; what is missing is told by arrays."""

    place: int
    id: Id
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    placed_at: datetime
    hold_until: datetime | None
    priority: int
    is_past: bool
    lines: int
    amount: Decimal | None
    selling_window: Id | None
    producer: Id | None
    goods: int
    skus: Sequence[str]
    missing: Sequence[Decimal]


class OrderableRow(NamedTuple):
    """A variant that may be ordered, and what can be promised of it."""

    id: Id
    sku: str
    name: str
    unit: str
    whole_units: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    units_per_case: int
    retail_price: Decimal | None
    is_orderable: bool
    unlimited: bool
    own: Decimal
    offered: Decimal
    is_boundless: bool


class Missing(msgspec.Struct, frozen=True):
    """How much of what is missing."""

    sku: str
    quantity: str


class ListedOrder(msgspec.Struct, frozen=True):
    """An order in a list. `missing` names two variants at most of the `goods_missing` there are.

    One of a sales session names it; the session order itself names its `producer` too.
    """

    id: str
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    placed_at: datetime
    hold_until: datetime | None
    priority: int
    lines: int
    amount: str | None
    goods_missing: int
    missing: tuple[Missing, ...]
    sales_session: str | None = None
    producer: str | None = None


class Orderable(msgspec.Struct, frozen=True):
    """A variant that one may order of one's own, and what can be promised of it now.

    `available_to_promise` is one's own and what partners offer (`offered`); None is unlimited.
    """

    variant: str
    sku: str
    name: str
    unit: str
    whole_units: bool
    order_quantity_min: str
    order_quantity_multiple: str
    units_per_case: int
    retail_price: str | None
    is_orderable: bool
    own: str | None
    offered: str | None
    available_to_promise: str | None


def sought(wanted: OrderFilter, after: str | int | None) -> Sought:
    """Where to seek what is wanted, from after a key on."""
    key = "" if after is None else str(after)
    since = LOWEST
    if wanted.placed_since is not None:
        oldest = wanted.placed_since - DRAFT_AGE_MAX
        since = f"{max(int(oldest.timestamp() * 1000), 0):012x}" + LOWEST[12:]
    if wanted.reference:
        return Sought(wanted, HIGHEST, LOWEST, key)
    return Sought(wanted, key or HIGHEST, since, "")


def list_order(row: ListedRow) -> ListedOrder:
    """Show an order in a list; past its limit it counts as cancelled."""
    past = row.is_past
    unpaid = row.payment_status == "unpaid"
    return ListedOrder(
        ids.ORDER + row.id,
        row.reference,
        row.kind,
        "cancelled" if past else row.status,
        "cancelled" if past else row.fulfilment_status,
        "cancelled" if past and unpaid else row.payment_status,
        row.placed_at,
        row.hold_until,
        row.priority,
        row.lines,
        optional_text(row.amount),
        row.goods,
        tuple(
            [
                Missing(sku, quantity_text(missing))
                for sku, missing in zip(row.skus, row.missing, strict=True)
            ]
        ),
        None if row.selling_window is None else ids.SALES_SESSION + row.selling_window,
        None if row.producer is None else ids.ORGANISATION + row.producer,
    )


def show_orderable(row: OrderableRow) -> Orderable:
    """Show a variant to whoever may order it."""
    own = None if row.unlimited else row.own
    offered = None if row.is_boundless else row.offered
    promised: Decimal | None = None
    if not row.is_orderable:
        promised = ZERO
    elif own is not None and offered is not None:
        promised = own + offered
    return Orderable(
        ids.VARIANT + row.id,
        row.sku,
        row.name,
        row.unit,
        row.whole_units,
        quantity_text(row.order_quantity_min),
        quantity_text(row.order_quantity_multiple),
        row.units_per_case,
        optional_text(row.retail_price),
        row.is_orderable,
        optional_text(own),
        optional_text(offered),
        optional_text(promised),
    )


class OrderSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order without its lines."""

    id: str
    reference: str
    kind: str
    status: str
    fulfilment_status: str
    payment_status: str
    policy: str
    placed_at: datetime
    hold_until: datetime | None = None
    priority: int = 0
    follows: str | None = None
    sales_session: str | None = None
    producer: str | None = None


def summarise(order: Order) -> OrderSummary:
    """Write an order without its lines for the wire."""
    return OrderSummary(
        ids.ORDER + order.id,
        order.reference,
        order.kind,
        order.status,
        order.fulfilment_status,
        order.payment_status,
        order.policy,
        order.placed_at,
        order.hold_until,
        order.priority,
        None if order.follows is None else ids.ORDER + order.follows,
        None if order.window is None else ids.SALES_SESSION + order.window,
        None if order.producer is None else ids.ORGANISATION + order.producer,
    )
