"""Rules of allocations: units that a wholesaler keeps for one partner before any order exists.

An allocation is exclusive: nobody else can take its units, the wholesaler's own shop included. It
is used up by transfers. Past its validity it counts as ended for everybody, whether or not that is
written yet; an allocation that ended keeps as its quantity what was used of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.kernel import ids
from entrepot.kernel.demand import AllocationKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise, quantity_text
from entrepot.kernel.refusal import Fault, Refusal, refuse
from entrepot.stock import errors
from entrepot.stock.model.book import Allocated, Book, Figures

AllocationStatus: TypeAlias = Literal["open", "exhausted", "expired", "closed"]
CloseReason: TypeAlias = Literal["closed", "expired", "partnership_ended", "variant_deactivated"]

NOTE_LENGTH_MAX: Final = 500


class NewAllocation(msgspec.Struct, frozen=True):
    """An allocation to make, in the wholesaler's units.

    `location` None is the first that orders ship from; `valid_until` None means without limit.
    """

    partnership: Id
    variant: Id
    quantity: Decimal
    location: Id | None = None
    valid_until: datetime | None = None
    note: str = ""


class AllocationChanges(msgspec.Struct, frozen=True):
    """What to change of an allocation; what is UNSET stays, a `valid_until` of None lifts it."""

    quantity: Decimal | UnsetType = UNSET
    valid_until: datetime | UnsetType | None = UNSET
    note: str | UnsetType = UNSET


class AllocationRow(NamedTuple):
    """An allocation as it is stored, with what it is of and for whom."""

    owner: Id
    id: Id
    partnership: Id
    retailer: Id
    partner_name: str
    owner_name: str
    variant: Id
    sku: str
    name: str
    location: Id
    quantity: Decimal
    remaining: Decimal
    valid_until: datetime | None
    state: str
    made_at: datetime
    note: str
    match_failure: str | None
    closed_at: datetime | None
    close_reason: str | None
    is_past: bool


class ReceivedRow(NamedTuple):
    """An allocation as its retailer sees it, with its own variant that is matched, if any."""

    id: Id
    partnership: Id
    owner: Id
    partner_name: str
    sku: str
    name: str
    gtin: str | None
    unit: str
    quantity: Decimal
    remaining: Decimal
    valid_until: datetime | None
    state: str
    made_at: datetime
    match_failure: str | None
    closed_at: datetime | None
    close_reason: str | None
    is_past: bool
    matched_variant: Id | None
    factor: int | None
    step: Decimal | None


class Allocation(msgspec.Struct, frozen=True):
    """An allocation as the wholesaler sees it, in its own units.

    `quantity` is what was given, `used` what transfers took of it, `remaining` what is left to be
    taken. Of one that ended, `quantity` is what was used. `match_failure` says why the partner's
    product could not be found by itself when it was made.
    """

    id: str
    partnership: str
    partner: str
    partner_name: str
    variant: str
    sku: str
    location: str
    quantity: str
    used: str
    remaining: str
    status: AllocationStatus
    made_at: datetime
    valid_until: datetime | None = None
    note: str = ""
    match_failure: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ALLOCATION)


class ReceivedAllocation(msgspec.Struct, frozen=True):
    """An allocation as the retailer sees it, in the wholesaler's units.

    With an active match, `variant` is the retailer's own and `remaining_here` what remains in its
    units; without one, nothing of it can be sold yet.
    """

    id: str
    partnership: str
    partner: str
    partner_name: str
    wholesaler_sku: str
    wholesaler_name: str
    wholesaler_gtin: str | None
    unit: str
    quantity: str
    used: str
    remaining: str
    status: AllocationStatus
    made_at: datetime
    variant: str | None = None
    factor: int | None = None
    remaining_here: str | None = None
    valid_until: datetime | None = None
    match_failure: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ALLOCATION)


class AllocationNotice(msgspec.Struct, frozen=True):
    """What the people of one side should know of an allocation."""

    organisation: Id
    kind: str
    subject: str
    facts: Mapping[str, str]


class Ground(NamedTuple):
    """What an allocation stands on: the variant and the location, as they are now."""

    sku: str
    name: str
    state: str
    unlimited: bool
    whole_units: bool
    location: Id | None
    ships_orders: bool


def show_allocation(row: AllocationRow) -> Allocation:
    """Show an allocation to the wholesaler."""
    status = _status(row)
    quantity, remaining = _figures(row, status)
    return Allocation(
        ids.ALLOCATION + row.id,
        ids.PARTNERSHIP + row.partnership,
        ids.ORGANISATION + row.retailer,
        row.partner_name,
        ids.VARIANT + row.variant,
        row.sku,
        ids.LOCATION + row.location,
        quantity_text(quantity),
        quantity_text(quantity - remaining),
        quantity_text(remaining),
        status,
        row.made_at,
        row.valid_until,
        row.note,
        row.match_failure,
        row.closed_at,
        _close_reason(row, status),
    )


def show_received(row: ReceivedRow) -> ReceivedAllocation:
    """Show an allocation to the retailer: its own part, never what else the wholesaler has."""
    status = _status(row)
    quantity, remaining = _figures(row, status)
    here = None
    if row.factor is not None and row.step is not None:
        steps = (remaining / row.factor / row.step).to_integral_value(ROUND_FLOOR)
        here = quantity_text(steps * row.step)
    return ReceivedAllocation(
        ids.ALLOCATION + row.id,
        ids.PARTNERSHIP + row.partnership,
        ids.ORGANISATION + row.owner,
        row.partner_name,
        row.sku,
        row.name,
        row.gtin,
        row.unit,
        quantity_text(quantity),
        quantity_text(quantity - remaining),
        quantity_text(remaining),
        status,
        row.made_at,
        None if row.matched_variant is None else ids.VARIANT + row.matched_variant,
        row.factor,
        here,
        row.valid_until,
        row.match_failure,
        row.closed_at,
        _close_reason(row, status),
    )


def check_new_allocation(new: NewAllocation, ground: Ground | None, now: datetime) -> list[Fault]:
    """List what is wrong with an allocation to make; `ground` None: its variant is not known."""
    whole_units, sku = (False, "") if ground is None else (ground.whole_units, ground.sku)
    faults = list(_quantity_faults(new.quantity, whole_units=whole_units, sku=sku))
    faults += _note_faults(new.note)
    faults += _validity_faults(new.valid_until, now)
    if ground is not None:
        faults += _ground_faults(ground)
    return faults


def check_allocation_changes(
    changes: AllocationChanges, row: AllocationRow, ground: Ground, now: datetime
) -> list[Fault]:
    """List what is wrong with changes of an open allocation."""
    faults: list[Fault] = []
    quantity = changes.quantity
    if quantity is not UNSET:
        faults += _quantity_faults(quantity, whole_units=ground.whole_units, sku=row.sku)
        used = row.quantity - row.remaining
        if not faults and quantity < used:
            says = f"{quantity_text(used)} of it was used already; it cannot be less than that."
            facts = {"quantity": quantity_text(quantity), "used": quantity_text(used)}
            faults.append(Fault(errors.ALLOCATION_BELOW_USED, says, "quantity", facts))
        if not faults and quantity > row.quantity:
            faults += _ground_faults(ground)
    if changes.note is not UNSET:
        faults += _note_faults(changes.note)
    if changes.valid_until is not UNSET:
        faults += _validity_faults(changes.valid_until, now)
    return faults


def allocate(book: Book, figures: Figures, quantity: Decimal, act: Id) -> Refusal | None:
    """Take more of a position out of what is free; refused above what is available."""
    available = figures.available
    if quantity > available:
        return refuse(
            errors.ALLOCATION_ABOVE_AVAILABLE,
            f"{quantity_text(available)} can be allocated there; {quantity_text(quantity)} was"
            " asked for. Free some first, or allocate less.",
            field="quantity",
            facts={
                "quantity": quantity_text(quantity),
                "available": quantity_text(available),
                "on_hand": quantity_text(figures.on_hand),
                "held": quantity_text(figures.held),
                "allocated": quantity_text(figures.allocated),
                "version": figures.version,
            },
        )
    book.post(figures, "allocate", act, allocated=quantity)
    return None


def resize(book: Book, allocation: Allocated, quantity: Decimal, act: Id) -> Refusal | None:
    """Make an open allocation larger or smaller, to no less than what was used of it."""
    more = quantity - allocation.quantity
    figures = book.positions[allocation.position]
    if more > ZERO:
        refusal = allocate(book, figures, more, act)
        if refusal is not None:
            return refusal
    else:
        book.post(figures, "deallocate", act, allocated=more)
    allocation.quantity += more
    book.reallocate(allocation, allocation.remaining + more)
    return None


def end_allocation(book: Book, allocation: Allocated, act: Id) -> None:
    """End an open allocation: what is left of it is free again, with a ledger row if any is."""
    if allocation.remaining:
        figures = book.positions[allocation.position]
        book.post(figures, "deallocate", act, allocated=-allocation.remaining)
    book.close(allocation)


def unknown_allocation(allocation: Id) -> Refusal:
    """Answer for an allocation that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_ALLOCATION,
        "You have no such allocation. Check its id.",
        facts={"allocation": ids.ALLOCATION + allocation} if allocation else {},
    )


def allocation_ended(row: AllocationRow) -> Refusal:
    """Say that an allocation has ended, and why."""
    reason = _close_reason(row, _status(row))
    return refuse(
        errors.ALLOCATION_ENDED,
        "This allocation has ended; make a new one.",
        facts={"allocation": ids.ALLOCATION + row.id, "close_reason": reason},
    )


def notice_of(
    kind: str, organisation: Id, allocation: Allocation, partner_name: str, reason: str
) -> AllocationNotice:
    """Make a notice of an allocation; `partner_name` is how the other side is called."""
    facts = {"reason": reason, "sku": allocation.sku, "partner": partner_name}
    return AllocationNotice(organisation, kind, allocation.id, facts)


def has_ended(row: AllocationRow) -> bool:
    """Whether nobody can use an allocation any more."""
    return _status(row) in {"expired", "closed"}


def key_of(row: AllocationRow) -> AllocationKey:
    """Which allocation this is."""
    return AllocationKey(row.owner, row.id)


def _status(row: AllocationRow | ReceivedRow) -> AllocationStatus:
    """Say what has become of it; what has expired is told before the sweep wrote it."""
    if row.state == "closed":
        return "expired" if row.close_reason == "expired" else "closed"
    if row.is_past:
        return "expired"
    return "open" if row.remaining else "exhausted"


def _figures(row: AllocationRow | ReceivedRow, status: AllocationStatus) -> tuple[Decimal, Decimal]:
    """Say what was given and what remains; of one that ended, what was used, and nothing."""
    if status == "expired":
        return row.quantity - row.remaining, ZERO
    return row.quantity, row.remaining


def _close_reason(row: AllocationRow | ReceivedRow, status: AllocationStatus) -> str | None:
    return "expired" if status == "expired" else row.close_reason


def _quantity_faults(quantity: Decimal, *, whole_units: bool, sku: str) -> Iterator[Fault]:
    facts = {"quantity": str(quantity)}
    if not quantity.is_finite() or quantity <= ZERO or quantity > QUANTITY_MAX:
        says = f"A quantity is above zero and at most {QUANTITY_MAX}."
    elif is_too_precise(quantity):
        says = "A quantity has at most three decimal places."
    elif whole_units and quantity % 1:
        says = f"{sku} is counted in whole units."
    else:
        return
    yield Fault(errors.QUANTITY_NOT_VALID, says, "quantity", facts)


def _note_faults(note: str) -> Iterable[Fault]:
    if len(note) <= NOTE_LENGTH_MAX and (not note or note.isprintable()):
        return ()
    says = f"A note is one line of at most {NOTE_LENGTH_MAX} printable characters."
    return (Fault(errors.NOTE_NOT_VALID, says, "note"),)


def _ground_faults(ground: Ground) -> Iterator[Fault]:
    if ground.state != "active":
        says = f"{ground.sku} is not active, so no partner could sell it."
        yield Fault(errors.VARIANT_NOT_ACTIVE, says, "variant", {"sku": ground.sku})
    if ground.unlimited:
        says = f"{ground.sku} is unlimited: there is enough for everybody without allocating it."
        yield Fault(errors.UNLIMITED_NOT_ALLOCATED, says, "variant", {"sku": ground.sku})
    if ground.location is not None and not ground.ships_orders:
        says = "No order ships from this location, so nothing there can be promised."
        facts = {"location": ids.LOCATION + ground.location}
        yield Fault(errors.LOCATION_SHIPS_NOTHING, says, "location", facts)


def _validity_faults(valid_until: datetime | None, now: datetime) -> Iterable[Fault]:
    if valid_until is None or valid_until > now:
        return ()
    says = "The validity of an allocation ends in the future; to end it now, close it."
    facts = {"valid_until": valid_until.isoformat(), "now": now.isoformat()}
    return (Fault(errors.VALIDITY_NOT_VALID, says, "valid_until", facts),)
