"""What the stock ledger is asked and what it answers: the types that cross between areas.

`orders` turns acts on orders into demands; `stock` decides them and answers with outcomes. Neither
side knows the other's rules: a demand names positions by rank and holds by key, no order state.
Keys are tuples, because they are sorted, looked up and sent to the database by their parts.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import msgspec

from entrepot.kernel.ids import Id


class PositionKey(NamedTuple):
    """Where stock is: its owner, the variant, the location. Sorts in locking order."""

    owner: Id
    variant: Id
    location: Id


class WantedPosition(NamedTuple):
    """A position to be made where there is none.

    `location` None means the owner's first; `any_will_do` is met by a position anywhere. `buyer`
    must be the owner or have a right to trade with it.
    """

    owner: Id
    variant: Id
    location: Id | None
    buyer: Id
    any_will_do: bool


class HoldKey(NamedTuple):
    """Which hold: the stock's owner, the order, and the hold's number within that order."""

    owner: Id
    order: Id
    hold_no: int


class AllocationKey(NamedTuple):
    """Which allocation: the stock's owner, and its id."""

    owner: Id
    allocation: Id


class LiveAllocation(msgspec.Struct, frozen=True):
    """What is left of an open allocation, where, and for which partnership."""

    key: AllocationKey
    partnership: Id
    position: PositionKey
    remaining: Decimal
    made_at: datetime


class LiveHold(msgspec.Struct, frozen=True):
    """A hold that has not ended: what it keeps where, for which line, and until when."""

    key: HoldKey
    position: PositionKey
    organisation: Id
    line_no: int
    quantity: Decimal
    expires_at: datetime | None


class Mode(Enum):
    """How much of a demand must be met.

    WHOLE: every line or nothing. LINE_BY_LINE: short lines are dropped, the rest is met whole.
    PART: every line takes what there is. WHOLE_OR_NONE_HELD: every line, else nothing is held
    but the demand still stands (it waits without holding).
    """

    WHOLE = "whole"
    LINE_BY_LINE = "line_by_line"
    PART = "part"
    WHOLE_OR_NONE_HELD = "whole_or_none_held"


class HoldEnd(Enum):
    """How a hold ends, once."""

    CONVERTED = "converted"
    RELEASED = "released"
    EXPIRED = "expired"


class Ending(msgspec.Struct, frozen=True):
    """End a hold, whole or for a part; a part opens a successor hold for the rest."""

    hold: LiveHold
    quantity: Decimal
    how: HoldEnd


class Partner(msgspec.Struct, frozen=True):
    """A match by which a wholesaler's stock may meet a retailer's line, with its terms.

    `positions` are the wholesaler's that orders ship from, best first; `target` is the retailer's
    position that transferred units come to. `factor` units of the wholesaler's make one of the
    retailer's, of which no less than `step` is transferred. `buffer` is in the wholesaler's units,
    `cap` in the retailer's. Price, VAT rate and week are those that a transfer made now carries.
    Among partners of one `rank` whoever has something allocated for the retailer comes first.
    """

    match: Id
    partnership: Id
    positions: tuple[PositionKey, ...]
    target: PositionKey
    factor: int
    step: Decimal
    buffer: Decimal
    cap: Decimal | None
    is_all_stock: bool
    week: date
    unit_price: Decimal | None = None
    vat_rate: Decimal | None = None
    rank: int = 0


class Draw(Enum):
    """How a demand may draw on partners for what its owner's stock leaves short.

    NOTHING: it may not. WHOLE: only if they meet all the rest. PART: whatever they can.
    """

    NOTHING = "nothing"
    WHOLE = "whole"
    PART = "part"


class DemandLine(msgspec.Struct, frozen=True):
    """One line: the units wanted, the positions that may meet it, best first, and its partners.

    Partners come by rank, then the oldest match first.
    """

    line_no: int
    quantity: Decimal
    sources: tuple[PositionKey, ...]
    partners: tuple[Partner, ...] = ()


class Leg(msgspec.Struct, frozen=True):
    """Units at a wholesaler that a transfer takes: of an allocation, or (None) of what is free."""

    position: PositionKey
    allocation: AllocationKey | None
    quantity: Decimal


class LiveTransfer(msgspec.Struct, frozen=True):
    """A transfer that was not wholly reversed.

    `quantity` is what is left of it, in the retailer's units; `legs` are as they were taken, in the
    wholesaler's, and `taken` is what they were taken for.
    """

    id: Id
    partner: Partner
    line_no: int
    quantity: Decimal
    taken: Decimal
    legs: tuple[Leg, ...]


class Reversal(msgspec.Struct, frozen=True):
    """Give units of a transfer back; the reversal is settled in `week`."""

    transfer: LiveTransfer
    quantity: Decimal
    week: date


class Change(msgspec.Struct, frozen=True):
    """Change what is on hand at a position, with the ledger kind that says why."""

    position: PositionKey
    quantity: Decimal
    kind: str


class Count(msgspec.Struct, frozen=True):
    """Set what is on hand to a counted figure.

    When the count does not cover what is promised, allocations shrink first, then `given_up` are
    the holds to give up; both in the order given.
    """

    position: PositionKey
    on_hand: Decimal
    expected_version: int | None
    given_up: tuple[LiveHold, ...] = ()
    allocations: tuple[AllocationKey, ...] = ()


class Demand(msgspec.Struct, frozen=True):
    """One decision asked of the ledger: everything in it happens, or (when refused) nothing.

    Endings come first, then reversals of what they let go, then changes and counts; then the lines
    are held for `order` until `expires_at` (None: no limit), from their own positions and, as
    `draw` allows, by transfers from partners. `act` marks the ledger rows. `some` refuses the
    demand when not one unit of its lines could be held. `most` says of some variants how many units
    all its lines may have together, whatever there is; they are short of the rest.
    """

    act: Id
    organisation: Id
    order: Id | None = None
    mode: Mode = Mode.WHOLE
    lines: tuple[DemandLine, ...] = ()
    endings: tuple[Ending, ...] = ()
    reversals: tuple[Reversal, ...] = ()
    changes: tuple[Change, ...] = ()
    counts: tuple[Count, ...] = ()
    expires_at: datetime | None = None
    some: bool = False
    draw: Draw = Draw.NOTHING
    most: Mapping[Id, Decimal] = {}


class Shortage(msgspec.Struct, frozen=True):
    """A line that could not be met: what it asked for and what it could have had.

    `version` is that of its only source; None where there are none or several.
    """

    line_no: int
    quantity: Decimal
    available: Decimal
    version: int | None = None


class HeldPart(msgspec.Struct, frozen=True):
    """Units set aside for a line, with the position's version that this made."""

    line_no: int
    hold_no: int
    position: PositionKey
    quantity: Decimal
    version: int


class EndedPart(msgspec.Struct, frozen=True):
    """Units of a line that left a hold, or came back, with the position's version that this made.

    `kind` is that of the ledger row: `release`, `expire`, `ship` or `return`.
    """

    line_no: int
    position: PositionKey
    quantity: Decimal
    kind: str
    version: int


class GivenUp(msgspec.Struct, frozen=True):
    """Units that a count took away from a hold."""

    hold: LiveHold
    quantity: Decimal


class Shrunk(msgspec.Struct, frozen=True):
    """Units that a count took away from an allocation."""

    allocation: AllocationKey
    partnership: Id
    quantity: Decimal
    remaining: Decimal


class Transferred(msgspec.Struct, frozen=True):
    """Units of a line that changed owner, in the retailer's units; `reverses` names what it undoes.

    `version` is that of the retailer's position; `legs` say where at the wholesaler it was taken.
    """

    id: Id
    line_no: int
    partner: Partner
    quantity: Decimal
    version: int
    reverses: Id | None = None
    legs: tuple[Leg, ...] = ()


class PositionAfter(msgspec.Struct, frozen=True):
    """A position's figures after the demand."""

    position: PositionKey
    on_hand: Decimal
    held: Decimal
    allocated: Decimal
    version: int
    unlimited: bool


class StaleCount(msgspec.Struct, frozen=True):
    """A count that was made against another version than the one there is."""

    position: PositionKey
    expected_version: int
    after: PositionAfter


class Uncovered(msgspec.Struct, frozen=True):
    """A change that would leave less on hand than is promised, or more than can be written.

    `available` is the most that could go, or (for a rise) the most that could come.
    """

    position: PositionKey
    quantity: Decimal
    available: Decimal
    version: int


class Outcome(msgspec.Struct, frozen=True):
    """What was decided.

    `accepted` is False when nothing happened; then `shortages`, `stale` and `uncovered` say why.
    An accepted demand may carry shortages too: lines dropped or still waiting, as its mode allows.
    `positions` are those whose on hand was changed or counted, as they are now. `held` lists the
    holds opened for the demand's lines, `successors` those that carry on the rest of a hold that
    ended in part, `ended` what left the holds that were asked to end. `transferred` lists what
    changed owner, both ways; `shrunk` the allocations that a count took from.
    """

    accepted: bool
    held: tuple[HeldPart, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    successors: tuple[HeldPart, ...] = ()
    ended: tuple[EndedPart, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
    transferred: tuple[Transferred, ...] = ()
    shrunk: tuple[Shrunk, ...] = ()
    positions: tuple[PositionAfter, ...] = ()
    stale: tuple[StaleCount, ...] = ()
    uncovered: tuple[Uncovered, ...] = ()
