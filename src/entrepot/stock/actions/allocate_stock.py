"""Allocate stock to a partner."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from entrepot import partnerships
from entrepot.catalogue import UNKNOWN_LOCATION, UNKNOWN_VARIANT
from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.demand import AllocationKey, PositionKey, WantedPosition
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.notices import raise_notices
from entrepot.stock import errors
from entrepot.stock.actions.open_book import close_book, end_what_has_passed, open_book
from entrepot.stock.model.allocations import (
    Allocation,
    Ground,
    NewAllocation,
    allocate,
    check_new_allocation,
    notice_of,
    show_allocation,
)
from entrepot.stock.store import allocations
from entrepot.stock.store.allocations import SharedPartnership

OPEN_STATES: Final = frozenset({"active", "paused"})
"""States of a partnership in which something may be allocated."""

MATCH_FAILED: Final = "partnerships.match_failed"

_PRECEDENCE: Final = (
    *partnerships.PRECEDENCE,
    UNKNOWN_VARIANT,
    UNKNOWN_LOCATION,
    *errors.PRECEDENCE,
)


async def allocate_stock(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewAllocation,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[Allocation] | Refusal:
    """Keep units of the caller's variant for one partner, who is matched with it if need be.

    They leave what is available to everybody else, the caller's own shop included; one allocation
    may stand beside another. When the partner's product is not found by itself, the allocation
    stands, `match_failure` says why, and both sides get a notice. `moment` says when it happens.

    Refuses `identity.scope_missing`, `request.key_reused`, `partnerships.unknown_partnership`,
    `partnerships.partnership_ending`, `catalogue.unknown_variant`, `catalogue.unknown_location`,
    `stock.variant_not_active`, `stock.unlimited_not_allocated`, `stock.location_ships_nothing`,
    `stock.quantity_not_valid`, `stock.validity_not_valid`, `stock.note_not_valid` and
    `stock.allocation_above_available`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    owner, act = caller.organisation, new_id()

    async def work(connection: Connection, clock: datetime) -> Done[Allocation] | Refusal:
        now = moment(clock)
        shared = await allocations.share_partnership(connection, owner, new.partnership)
        ground = await allocations.read_allocation_ground(
            connection, owner, new.variant, new.location
        )
        refused = gather(_faults(new, shared, ground, now), _PRECEDENCE)
        if refused is not None:
            return refused
        assert shared is not None, "an unknown partnership is a fault"
        assert ground is not None, "an unknown variant is a fault"
        assert ground.location is not None, "an unknown location is a fault"
        # Before the positions are locked: rivals wait for one another here, not behind a lock.
        matched = await partnerships.match_for_allocation(
            connection, now, new_id, new.partnership, owner, new.variant
        )
        position = PositionKey(owner, new.variant, ground.location)
        variants = [(owner, new.variant)]
        wanted = [WantedPosition(*position, owner, any_will_do=False)]
        opened = await open_book(connection, variants, wanted, moment)
        await end_what_has_passed(connection, opened, variants, act)
        refused = allocate(opened.book, opened.book.positions[position], new.quantity, act)
        if refused is not None:
            return refused
        key = AllocationKey(owner, new_id())
        await close_book(connection, opened, {})
        await allocations.insert_allocation(
            connection, key, shared.retailer, ground.location, new, opened.now, matched.failure
        )
        row = await allocations.find_allocation(connection, *key)
        assert row is not None, "it was written just now"
        made = show_allocation(row)
        if matched.failure is not None:
            notices = [
                notice_of(MATCH_FAILED, owner, made, row.partner_name, matched.failure),
                notice_of(MATCH_FAILED, shared.retailer, made, row.owner_name, matched.failure),
            ]
            await raise_notices(connection, opened.now, notices, new_id)
        happening = Happening("stock.allocated", made.id, made, (new.variant,))
        happenings = (happening,) if matched.happening is None else (happening, matched.happening)
        return Done(made, happenings)

    return await act_once(pool, new_id, caller, sent, Allocation, work, act)


def _faults(
    new: NewAllocation, shared: SharedPartnership | None, ground: Ground | None, now: datetime
) -> list[Fault]:
    """List everything that is wrong with the request, but for what is available."""
    faults = check_new_allocation(new, ground, now)
    if shared is None:
        faults += partnerships.unknown_partnership(new.partnership).faults
    elif shared.state not in OPEN_STATES:
        faults.append(partnership_ending())
    if ground is None:
        faults.append(
            Fault(
                UNKNOWN_VARIANT,
                "You have no such variant. Check its id.",
                "variant",
                {"variant": ids.VARIANT + new.variant} if new.variant else {},
            )
        )
    elif ground.location is None:
        says = "You have no such location. Check its id."
        facts = {"location": ids.LOCATION + new.location} if new.location else {}
        faults.append(Fault(UNKNOWN_LOCATION, says, "location", {**facts}))
    return faults


def partnership_ending() -> Fault:
    """Say that nothing more can be allocated in a partnership that ends or has ended."""
    says = "This partnership is ending or has ended; nothing more can be allocated in it."
    return Fault(partnerships.PARTNERSHIP_ENDING, says, "partnership")
