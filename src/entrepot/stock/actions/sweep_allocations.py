"""Write the end of allocations that nobody can use any more."""

from collections.abc import Callable
from typing import Final

import msgspec

from entrepot.infra.ground import Act, read_clock, write_ground
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel import ids
from entrepot.kernel.demand import AllocationKey
from entrepot.kernel.ids import Id
from entrepot.notices import raise_notices
from entrepot.stock.actions.open_book import close_book, open_book
from entrepot.stock.model.allocations import (
    AllocationNotice,
    AllocationRow,
    CloseReason,
    end_allocation,
    key_of,
    notice_of,
    show_allocation,
)
from entrepot.stock.store import allocations

SWEPT_MAX: Final = 200
"""Allocations ended in one transaction."""

ALLOCATION_ENDED: Final = "stock.allocation_ended"


async def sweep_allocations(pool: Pool, new_id: Callable[[], Id]) -> int:
    """End up to 200 allocations that nobody can use any more; return how many were found.

    They are past their validity, or their partnership ended, or their variant is not active. Those
    past their validity counted as ended before: that is only written here. What is left of them is
    free again, each in an act of its own in its owner's audit. Where a variant ceased to be active
    both sides get a notice.
    """
    async with writing(pool) as connection:
        before = await read_clock(connection)
        found = await allocations.read_allocations_to_end(connection, before, None, SWEPT_MAX)
        if not found:
            return 0
        opened = await open_book(connection, sorted({(each.owner, each.variant) for each in found}))
        only = [each.id for each in found]
        # Again under the locks: somebody may have ended or prolonged some of them meanwhile.
        due = await allocations.read_allocations_to_end(connection, opened.now, only, SWEPT_MAX)
        reasons: dict[AllocationKey, CloseReason] = {}
        acts: dict[AllocationKey, Id] = {}
        for each in due:
            key = AllocationKey(each.owner, each.id)
            reasons[key], acts[key] = each.reason, new_id()
            end_allocation(opened.book, opened.book.allocations[key], acts[key])
        await close_book(connection, opened, reasons)
        rows = await allocations.read_allocations(connection, sorted(reasons))
        await write_ground(connection, opened.now, [_act(row, acts[key_of(row)]) for row in rows])
        told = [notice for row in rows for notice in _notices(row)]
        if told:
            await raise_notices(connection, opened.now, told, new_id)
    return len(found)


def _act(row: AllocationRow, act: Id) -> Act:
    """Write the audit row of an allocation that ended by itself."""
    shown = show_allocation(row)
    answer = msgspec.json.encode(shown)
    subject = ids.ALLOCATION + row.id
    variants = (row.variant,)
    return Act(row.owner, act, None, "stock.allocation_closed", subject, answer, None, variants)


def _notices(row: AllocationRow) -> tuple[AllocationNotice, ...]:
    """Tell both sides of an allocation whose variant ceased to be active."""
    if row.close_reason != "variant_deactivated":
        return ()
    shown = show_allocation(row)
    return (
        notice_of(ALLOCATION_ENDED, row.owner, shown, row.partner_name, row.close_reason),
        notice_of(ALLOCATION_ENDED, row.retailer, shown, row.owner_name, row.close_reason),
    )
