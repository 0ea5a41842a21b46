"""Change how much is allocated, until when, or the note of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import UNSET

from entrepot import partnerships
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.stock import errors
from entrepot.stock.actions.allocate_stock import OPEN_STATES, partnership_ending
from entrepot.stock.actions.open_book import close_book, end_what_has_passed, open_book
from entrepot.stock.model.allocations import (
    Allocation,
    AllocationChanges,
    allocation_ended,
    check_allocation_changes,
    has_ended,
    key_of,
    resize,
    show_allocation,
    unknown_allocation,
)
from entrepot.stock.store import allocations

_PRECEDENCE: Final = (*partnerships.PRECEDENCE, *errors.PRECEDENCE)


async def change_allocation(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    allocation: Id,
    changes: AllocationChanges,
    sent: Sent | None = None,
) -> Written[Allocation] | Refusal:
    """Change what is given of an allocation that the caller made; the rest stays.

    What was used of it is its lower bound; what becomes free may be taken by anybody. Refuses
    `identity.scope_missing`, `request.key_reused`, `stock.unknown_allocation`,
    `stock.allocation_ended`, `stock.quantity_not_valid`, `stock.validity_not_valid`,
    `stock.note_not_valid`, `stock.allocation_below_used`, `stock.allocation_above_available`, and
    to make it larger `partnerships.partnership_ending` and `stock.variant_not_active`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    owner, act = caller.organisation, new_id()

    async def work(connection: Connection, _: datetime) -> Done[Allocation] | Refusal:
        found = await allocations.find_allocation(connection, owner, allocation)
        if found is None:
            return unknown_allocation(allocation)
        shared = await allocations.share_partnership(connection, owner, found.partnership)
        variants = [(owner, found.variant)]
        opened = await open_book(connection, variants)
        row = await allocations.find_allocation(connection, owner, allocation)
        ground = await allocations.read_allocation_ground(
            connection, owner, found.variant, found.location
        )
        assert row is not None, "allocations are never deleted"
        assert ground is not None, "an allocation keeps its variant"
        assert shared is not None, "an allocation keeps its partnership"
        if has_ended(row):
            return allocation_ended(row)
        faults = check_allocation_changes(changes, row, ground, opened.now)
        quantity = row.quantity if changes.quantity is UNSET else changes.quantity
        if not faults and quantity > row.quantity and shared.state not in OPEN_STATES:
            faults.append(partnership_ending())
        refused = gather(faults, _PRECEDENCE)
        if refused is not None:
            return refused
        valid_until = row.valid_until if changes.valid_until is UNSET else changes.valid_until
        note = row.note if changes.note is UNSET else changes.note
        if (quantity, valid_until, note) == (row.quantity, row.valid_until, row.note):
            return Done(show_allocation(row))
        key = key_of(row)
        if quantity != row.quantity:
            await end_what_has_passed(connection, opened, variants, act)
            refused = resize(opened.book, opened.book.allocations[key], quantity, act)
            if refused is not None:
                return refused
            await close_book(connection, opened, {})
        await allocations.change_terms(connection, key, valid_until, note)
        after = await allocations.find_allocation(connection, owner, allocation)
        assert after is not None, "allocations are never deleted"
        changed = show_allocation(after)
        variants_changed = (row.variant,)
        happening = Happening("stock.allocation_changed", changed.id, changed, variants_changed)
        return Done(changed, (happening,))

    return await act_once(pool, new_id, caller, sent, Allocation, work, act)
