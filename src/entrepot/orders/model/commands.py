"""What can be asked of orders and their stock: one frozen type an act.

Ids are inner ids (no prefix), quantities exact decimals as the caller sent them. Nothing here has
been checked yet against the database; shapes and sizes have been, by the door.
"""

from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment import Initiator
from entrepot.orders.model.market import Market

OrderKind: TypeAlias = Literal["own", "session", "marketplace"]
Policy: TypeAlias = Literal[
    "refuse_short", "line_by_line", "ship_complete", "allow_split", "no_backorder"
]


class WantedLine(msgspec.Struct, frozen=True):
    """One line as asked for: the variant by id, or "" when the door could not read the id."""

    variant: Id
    quantity: Decimal
    unit_price: Decimal | None = None
    case_units: Decimal | None = None
    """Given where it was ordered by the case: how many units one has. `quantity` is in units."""


class PlaceOrder(msgspec.Struct, frozen=True):
    """Place an order, or save it as a draft.

    `paid` orders (or those on account) get no limit; unpaid ones are cancelled when nothing was
    paid within `hold_minutes`. `policy` says what happens when stock is short. `window` is the
    sales session of a customer's order, or, with a `producer`, of a remote trader's session order.
    With a `market` it is a marketplace's, placed paid and whole, with an invoice for each seller.
    """

    order: Id
    reference: str
    kind: OrderKind
    policy: Policy
    lines: tuple[WantedLine, ...]
    paid: bool = False
    draft: bool = False
    hold_minutes: int = 30
    priority: int = 0
    window: Id | None = None
    producer: Id | None = None
    market: Market | None = None


class PlaceDraft(msgspec.Struct, frozen=True):
    """Place a saved draft as it stands."""

    order: Id
    paid: bool = False
    hold_minutes: int = 30


class ChangeOrder(msgspec.Struct, frozen=True):
    """Replace all lines of an order of which nothing was shipped; its place in the queue stays.

    A session order that is a draft stays one with `draft`, else it is held from then on. With
    `expected` the lines of a session order must stand as they were last seen.
    """

    order: Id
    lines: tuple[WantedLine, ...]
    draft: bool = False
    expected: tuple[WantedLine, ...] | None = None


class RecordPayment(msgspec.Struct, frozen=True):
    """Say how the payment of an order ended."""

    order: Id
    succeeded: bool


class LineQuantity(msgspec.Struct, frozen=True):
    """A part of an order line, by its number."""

    line: int
    quantity: Decimal


class CancelOrder(msgspec.Struct, frozen=True):
    """Cancel what was not shipped: all of it, or the quantities named."""

    order: Id
    lines: tuple[LineQuantity, ...] | None = None


class ShipOrder(msgspec.Struct, frozen=True):
    """Goods leave for the customer: all that is held, or the quantities named.

    A producer ships the session order of a `trader`, whose order it is.
    """

    order: Id
    lines: tuple[LineQuantity, ...] | None = None
    trader: Id | None = None


class CompleteSessionOrder(msgspec.Struct, frozen=True):
    """A remote trader's session has closed: these are the final lines (None: as they stand).

    With `expected` its lines must stand as they were last seen.
    """

    order: Id
    lines: tuple[WantedLine, ...] | None = None
    expected: tuple[WantedLine, ...] | None = None


class ReturnGoods(msgspec.Struct, frozen=True):
    """Shipped goods come back, to where they were shipped from or to `location`.

    Those of a session order come back to the producer, who takes them from its `trader`.
    """

    order: Id
    lines: tuple[LineQuantity, ...]
    location: Id | None = None
    trader: Id | None = None


class PrioritiseOrder(msgspec.Struct, frozen=True):
    """Move a waiting order in the queue: 0 is usual, 99 is served first."""

    order: Id
    priority: int


class StockLine(msgspec.Struct, frozen=True):
    """Units of a variant at a location (None: the organisation's first location)."""

    variant: Id
    quantity: Decimal
    location: Id | None = None


class ReceiveStock(msgspec.Struct, frozen=True):
    """Goods arrive: on hand rises."""

    lines: tuple[StockLine, ...]
    reason: str = ""


class AdjustStock(msgspec.Struct, frozen=True):
    """Correct what is on hand by a difference, up or down, never below what is promised."""

    lines: tuple[StockLine, ...]
    reason: str = ""


class CountStock(msgspec.Struct, frozen=True):
    """Set what is on hand to a counted figure, against the version that was counted."""

    variant: Id
    on_hand: Decimal
    expected_version: int | None
    location: Id | None = None
    reason: str = ""


class SweepExpired(msgspec.Struct, frozen=True):
    """Write the cancellation of orders whose limit has passed."""

    orders: tuple[tuple[Id, Id], ...]


class RecheckWaiting(msgspec.Struct, frozen=True):
    """Continue deciding the orders that wait for these variants, as (owner, variant)."""

    variants: tuple[tuple[Id, Id], ...]


class GatherOrders(msgspec.Struct, frozen=True):
    """Make paid customer orders of a session that closes into its session orders.

    `references` are those of session orders to be made, by producer. The `last` ones complete the
    session orders; until then these are held.
    """

    window: Id
    orders: tuple[Id, ...]
    references: tuple[tuple[Id, str], ...]
    last: bool


class ShipInvoice(msgspec.Struct, frozen=True):
    """Goods of an invoice leave together, by a carrier (its number), as shipment `shipment`.

    Without `lines` its customer fetches all of it that is there to go.

    This and the acts below name the `marketplace` whose order it is; its seller may act too.
    """

    order: Id
    marketplace: Id
    invoice: Id
    shipment: Id
    lines: tuple[LineQuantity, ...] | None
    carrier: int
    tracking_number: str
    dispatched_on: date
    note: str | None = None


class RefundLine(msgspec.Struct, frozen=True):
    """Units of a line to ask the money back for; not `dispatched`, they are cancelled.

    Without a line, what `custom` says. An amount is that of a unit, in minor units; without one it
    is what the customer paid.
    """

    line: int | None
    quantity: Decimal
    dispatched: bool = False
    reason: str | None = None
    amount_per_item: int | None = None
    custom: str | None = None


class RequestRefund(msgspec.Struct, frozen=True):
    """Ask the money back for lines of an invoice, cancelled or returned, as request `refund`.

    `restock` says whether the goods can be sold again; without it, cancelled ones can unless they
    are out of stock, and returned ones cannot.
    """

    order: Id
    marketplace: Id
    invoice: Id
    refund: Id
    lines: tuple[RefundLine, ...]
    notes: tuple[str, ...] = ()
    initiated_by: Initiator | None = None
    restock: bool | None = None


class TakeBackRefund(msgspec.Struct, frozen=True):
    """The goods of a request are back, or will not leave."""

    order: Id
    marketplace: Id
    refund: Id
    notes: tuple[str, ...] = ()


class CompleteRefund(msgspec.Struct, frozen=True):
    """The money of a request went back: what its lines come to, or `cash_amount`."""

    order: Id
    marketplace: Id
    refund: Id
    notes: tuple[str, ...] = ()
    cash_amount: int | None = None
    restock: bool | None = None


class DenyRefund(msgspec.Struct, frozen=True):
    """No money goes back; what has not left is to be dispatched after all."""

    order: Id
    marketplace: Id
    refund: Id
    notes: tuple[str, ...] = ()


class RestoreRefund(msgspec.Struct, frozen=True):
    """A denial is taken back: the request stands as when it was made."""

    order: Id
    marketplace: Id
    refund: Id
    notes: tuple[str, ...] = ()


StepOfRefund: TypeAlias = TakeBackRefund | CompleteRefund | DenyRefund | RestoreRefund
ActOnInvoice: TypeAlias = ShipInvoice | RequestRefund | StepOfRefund
ActOnOrder: TypeAlias = (
    PlaceDraft
    | ChangeOrder
    | CompleteSessionOrder
    | RecordPayment
    | CancelOrder
    | ShipOrder
    | ReturnGoods
    | PrioritiseOrder
    | ActOnInvoice
)
ActOnStock: TypeAlias = ReceiveStock | AdjustStock | CountStock
HouseKeeping: TypeAlias = SweepExpired | RecheckWaiting
Command: TypeAlias = PlaceOrder | GatherOrders | ActOnOrder | ActOnStock | HouseKeeping


class Submission(msgspec.Struct, frozen=True):
    """A command on its way through the intake.

    `act` is the id of what is about to happen; `key` and `content_hash` make it repeatable.
    `token` is None for Entrepot's own house-keeping.
    """

    command: Command
    organisation: Id
    act: Id
    key: str
    content_hash: bytes
    token: Id | None = None
    request: str | None = None
