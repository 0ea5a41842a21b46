"""What a batch writes to the ledger: rows in the order of the tables' columns, nothing else."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.kernel.demand import Partner, PositionKey
from entrepot.kernel.ids import Id


class LedgerRow(msgspec.Struct, frozen=True):
    """One ledger row: what changed, and the position's figures after it.

    A row of kind `hold` opens the hold it names; the last three columns are that hold's.
    """

    position: PositionKey
    version: int
    kind: str
    on_hand_change: Decimal
    held_change: Decimal
    allocated_change: Decimal
    on_hand: Decimal
    held: Decimal
    allocated: Decimal
    order: Id | None
    hold_no: int | None
    act: Id
    organisation: Id | None
    line_no: int | None
    expires_at: datetime | None


class HoldOpened(NamedTuple):
    """The successor of a hold that ended in part, live from the version that ended its part."""

    owner: Id
    order: Id
    hold_no: int
    organisation: Id
    line_no: int
    variant: Id
    location: Id
    quantity: Decimal
    expires_at: datetime | None
    opened_version: int


class HoldEnded(NamedTuple):
    """One hold that ended, for how much (its successor keeps any rest), and by which version."""

    owner: Id
    order: Id
    hold_no: int
    state: str
    ended_quantity: Decimal
    ended_version: int


class TransferRow(NamedTuple):
    """A transfer, or (`reverses` set) a reversal; quantities in the retailer's units."""

    id: Id
    partner: Partner
    organisation: Id
    order: Id
    line_no: int
    version: int
    quantity: Decimal
    week: date
    reverses: Id | None
    act: Id


class LegRow(NamedTuple):
    """Where at the wholesaler a transfer took units, or a reversal gave them back."""

    owner: Id
    transfer: Id
    leg_no: int
    location: Id
    allocation: Id | None
    quantity: Decimal
    version: int


@dataclass(slots=True)
class Effects:
    """Everything decided so far in a batch, ready to be written in one statement."""

    ledger: list[LedgerRow] = field(default_factory=list)
    successors: list[HoldOpened] = field(default_factory=list)
    ended: list[HoldEnded] = field(default_factory=list)
    transfers: list[TransferRow] = field(default_factory=list)
    legs: list[LegRow] = field(default_factory=list)
