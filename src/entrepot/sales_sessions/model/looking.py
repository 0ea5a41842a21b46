"""What the trader's and the producer's people look at beyond one session: goods, days, what is due.

Quantities and prices as text, ids as on the wire. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.sales_sessions.model.rows import DemandRow, SessionRow
from entrepot.sales_sessions.model.showing import (
    SalesSession,
    SessionDemand,
    SessionOrderStatus,
    show_demand,
    show_session,
)

BETWEEN_MAX: Final = 40
"""Sessions of one stretch of the calendar, at most: those that end first."""
ENDING_MAX: Final = 10
"""Sessions that end soon or are closing, of which Home tells at most."""
SEARCHED_MAX: Final = 1_000
"""A trader's newest sessions, whose names are searched; and a producer's goods, likewise."""
FOUND_MAX: Final = 10
TO_SHIP_SOUGHT_MAX: Final = 500
"""A producer's newest session orders, among which those to ship are counted."""
HOLDERS_MAX: Final = 500
"""Sessions that are named beside the goods of one page, at most: those that hold the most."""


class OfferedGoodsRow(NamedTuple):
    """A variant that a session right opens, as it is stored; `available` None: unlimited."""

    variant: Id
    sku: str
    name: str
    unit: str
    producer_name: str
    purchase_price: Decimal | None
    retail_price: Decimal | None
    available: Decimal | None


class DemandedRow(NamedTuple):
    """A producer's variant that sessions hold something of, and its stock that ships orders."""

    variant: Id
    sku: str
    name: str
    unit: str
    unlimited: bool
    quantity: Decimal
    on_hand: Decimal
    held: Decimal
    available: Decimal


class ToShipRow(NamedTuple):
    """How many session orders are to be shipped, and the oldest of them."""

    orders: int
    id: Id
    reference: str
    trader_name: str


class OfferedGoods(msgspec.Struct, frozen=True):
    """A producer's variant that a session may sell; prices ex VAT, in the producer's units.

    `purchase_price` is what its producer asks of the trader now, `available` what it has for
    anybody (None: unlimited).
    """

    variant: str
    sku: str
    name: str
    unit: str
    producer_name: str
    purchase_price: str | None
    retail_price: str | None
    available: str | None


class DemandedGoods(msgspec.Struct, frozen=True):
    """What sessions of all traders hold of one of the caller's variants, against its stock.

    `held` is all that is held of it, `quantity` the sessions' part of that; stock is None where it
    is unlimited. `sessions` are those that hold the most.
    """

    variant: str
    sku: str
    name: str
    unit: str
    quantity: str
    on_hand: str | None
    held: str | None
    available: str | None
    sessions: tuple[SessionDemand, ...]


class SessionOrderFilter(msgspec.Struct, frozen=True):
    """Which session orders to list: all that is given must fit.

    `to_ship`: those that are complete, of which something has not left.
    """

    status: SessionOrderStatus | None = None
    to_ship: bool = False


ALL_SESSION_ORDERS: Final = SessionOrderFilter()


class SessionsGlance(msgspec.Struct, frozen=True):
    """What of sales sessions needs a person: those that end or wait, and session orders to ship.

    `to_ship` are counted among the producer's newest 500; the one that is named is the oldest.
    """

    ending: tuple[SalesSession, ...]
    to_ship: int
    first_to_ship: str | None = None
    first_reference: str | None = None
    first_trader: str | None = None


def show_offered_goods(row: OfferedGoodsRow) -> OfferedGoods:
    """Show a variant that a session may sell."""
    return OfferedGoods(
        ids.VARIANT + row.variant,
        row.sku,
        row.name,
        row.unit,
        row.producer_name,
        _text(row.purchase_price),
        _text(row.retail_price),
        _text(row.available),
    )


def show_demanded(
    rows: Sequence[DemandedRow], holding: Iterable[DemandRow]
) -> tuple[DemandedGoods, ...]:
    """Show goods that sessions hold, each with its sessions."""
    sessions: Mapping[Id, list[SessionDemand]] = {row.variant: [] for row in rows}
    for each in holding:
        sessions[each.variant].append(show_demand(each))
    return tuple(
        [
            DemandedGoods(
                ids.VARIANT + row.variant,
                row.sku,
                row.name,
                row.unit,
                quantity_text(row.quantity),
                None if row.unlimited else quantity_text(row.on_hand),
                None if row.unlimited else quantity_text(row.held),
                None if row.unlimited else quantity_text(row.available),
                tuple(sessions[row.variant]),
            )
            for row in rows
        ]
    )


def show_sessions_glance(ending: Sequence[SessionRow], to_ship: ToShipRow | None) -> SessionsGlance:
    """Show what of sales sessions needs a person."""
    sessions = tuple([show_session(row) for row in ending])
    if to_ship is None:
        return SessionsGlance(sessions, 0)
    return SessionsGlance(
        sessions,
        to_ship.orders,
        ids.ORDER + to_ship.id,
        to_ship.reference,
        to_ship.trader_name,
    )


def _text(number: Decimal | None) -> str | None:
    """Write a number that may be missing."""
    return None if number is None else quantity_text(number)
