"""Stock as its owner sees it: positions, the ledger rows behind them, and holds."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.stock import errors

HoldState: TypeAlias = Literal["live", "converted", "released", "expired"]


class PositionRow(NamedTuple):
    """A position's figures, net of holds and allocations past their time."""

    variant: Id
    location: Id
    on_hand: Decimal
    held: Decimal
    allocated: Decimal
    version: int
    unlimited: bool


class EntryRow(NamedTuple):
    """One ledger row of a position, with the figures after it."""

    version: int
    at: datetime
    kind: str
    on_hand_change: Decimal
    held_change: Decimal
    allocated_change: Decimal
    on_hand: Decimal
    held: Decimal
    allocated: Decimal
    order_id: Id | None
    hold_no: int | None
    act: Id


class HoldRow(NamedTuple):
    """A hold as it is or as it ended."""

    order_id: Id
    hold_no: int
    organisation: Id
    line_no: int
    variant: Id
    location: Id
    quantity: Decimal
    expires_at: datetime | None
    opened_version: int
    state: str
    ended_quantity: Decimal | None
    ended_version: int | None


class Position(msgspec.Struct, frozen=True):
    """A position: its figures, and the version they have."""

    variant: str
    location: str
    on_hand: str
    held: str
    allocated: str
    available: str
    version: int
    unlimited: bool


class LedgerEntry(msgspec.Struct, frozen=True):
    """One ledger row: what changed, and the figures after it. `version` is the one it made."""

    version: int
    at: datetime
    kind: str
    on_hand_change: str
    held_change: str
    allocated_change: str
    on_hand: str
    held: str
    allocated: str
    act: str
    order: str | None = None
    hold: int | None = None


class Hold(msgspec.Struct, frozen=True):
    """Units set aside for an order line; `version` is the position's when the hold was opened."""

    order: str
    hold: int
    organisation: str
    line: int
    variant: str
    location: str
    quantity: str
    state: str
    version: int
    expires_at: datetime | None = None
    ended_quantity: str | None = None
    ended_version: int | None = None


def unknown_position() -> Refusal:
    """Answer for a position that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_POSITION, "You have no such position. Check its variant and location."
    )


def show_position(row: PositionRow) -> Position:
    """Show a position to its owner."""
    available = max(row.on_hand - row.held - row.allocated, ZERO)
    return Position(
        ids.VARIANT + row.variant,
        ids.LOCATION + row.location,
        quantity_text(row.on_hand),
        quantity_text(row.held),
        quantity_text(row.allocated),
        quantity_text(available),
        row.version,
        row.unlimited,
    )


def show_entry(row: EntryRow) -> LedgerEntry:
    """Show a ledger row to its owner."""
    return LedgerEntry(
        row.version,
        row.at,
        row.kind,
        quantity_text(row.on_hand_change),
        quantity_text(row.held_change),
        quantity_text(row.allocated_change),
        quantity_text(row.on_hand),
        quantity_text(row.held),
        quantity_text(row.allocated),
        ids.ACT + row.act,
        None if row.order_id is None else ids.ORDER + row.order_id,
        row.hold_no,
    )


def show_hold(row: HoldRow) -> Hold:
    """Show a hold to the owner of the stock."""
    return Hold(
        ids.ORDER + row.order_id,
        row.hold_no,
        ids.ORGANISATION + row.organisation,
        row.line_no,
        ids.VARIANT + row.variant,
        ids.LOCATION + row.location,
        quantity_text(row.quantity),
        row.state,
        row.opened_version,
        row.expires_at,
        None if row.ended_quantity is None else quantity_text(row.ended_quantity),
        row.ended_version,
    )
