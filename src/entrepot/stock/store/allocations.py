"""Loading and saving allocations. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.demand import AllocationKey
from entrepot.kernel.ids import Id
from entrepot.stock.model import Book
from entrepot.stock.model.allocations import (
    AllocationRow,
    CloseReason,
    Ground,
    NewAllocation,
    ReceivedRow,
)

SQL = load_statements("entrepot.stock.store", "allocations.sql")


class SharedPartnership(NamedTuple):
    """A partnership whose row is locked against pausing, ending and changing."""

    retailer: Id
    state: str


class EndingRow(NamedTuple):
    """An open allocation that nobody can use any more, and why."""

    owner: Id
    id: Id
    variant: Id
    reason: CloseReason


ROWS: Mapping[str, type] = {
    "share_partnership": SharedPartnership,
    "read_allocation_ground": Ground,
    "read_allocations": AllocationRow,
    "list_allocations": AllocationRow,
    "find_received_allocation": ReceivedRow,
    "list_received_allocations": ReceivedRow,
    "read_allocations_to_end": EndingRow,
}


async def share_partnership(
    connection: Connection, wholesaler: Id, partnership: Id
) -> SharedPartnership | None:
    """Keep a wholesaler's partnership as it is to the end of the transaction, if there is one."""
    if not partnership:
        return None
    row = await connection.fetchrow(SQL["share_partnership"], wholesaler, partnership)
    return None if row is None else SharedPartnership(*row)


async def read_allocation_ground(
    connection: Connection, owner: Id, variant: Id, location: Id | None
) -> Ground | None:
    """Read the variant and the location that an allocation stands on; None without the variant."""
    if not variant:
        return None
    row = await connection.fetchrow(SQL["read_allocation_ground"], owner, variant, location)
    return None if row is None else Ground(*row)


async def insert_allocation(
    connection: Connection,
    key: AllocationKey,
    retailer: Id,
    location: Id,
    new: NewAllocation,
    at: datetime,
    match_failure: str | None,
) -> None:
    """Write a new allocation."""
    await connection.execute(
        SQL["insert_allocation"],
        key.owner,
        key.allocation,
        new.partnership,
        retailer,
        new.variant,
        location,
        new.quantity,
        new.valid_until,
        at,
        new.note,
        match_failure,
    )


async def write_allocations(
    connection: Connection,
    at: datetime,
    book: Book,
    reasons: Mapping[AllocationKey, CloseReason],
) -> None:
    """Write what is left of the book's allocations that changed, and why some ended.

    Row counts are asserted.
    """
    changed = list(book.reallocated.values())
    if not changed:
        return
    rows = await connection.fetch(
        SQL["write_allocations"],
        at,
        [each.key.owner for each in changed],
        [each.key.allocation for each in changed],
        [each.quantity for each in changed],
        [each.remaining for each in changed],
        [reasons[each.key] if each.is_closed else None for each in changed],
    )
    assert len(rows) == len(changed), "every allocation is written once"


async def change_terms(
    connection: Connection, key: AllocationKey, valid_until: datetime | None, note: str
) -> None:
    """Write until when an open allocation is valid, and its note. The row count is asserted."""
    rows = await connection.fetch(SQL["change_terms"], *key, valid_until, note)
    assert len(rows) == 1, "the allocation is open under the lock of its position"


async def find_allocation(
    connection: Connection, owner: Id, allocation: Id
) -> AllocationRow | None:
    """Read one of an owner's allocations; "" stands for an id that is none."""
    if not allocation:
        return None
    rows = await read_allocations(connection, [AllocationKey(owner, allocation)])
    return rows[0] if rows else None


async def read_allocations(
    connection: Connection, keys: Sequence[AllocationKey]
) -> list[AllocationRow]:
    """Read allocations, in key order."""
    rows = await connection.fetch(SQL["read_allocations"], *columns(keys, 2))
    return [AllocationRow(*row) for row in rows]


async def list_allocations(
    connection: Connection,
    owner: Id,
    before: Id,
    partnership: Id | None,
    variant: Id | None,
    limit: int,
) -> list[AllocationRow]:
    """Read an owner's allocations, newest first, from before one on; of a variant the open ones."""
    rows = await connection.fetch(
        SQL["list_allocations"], owner, before, partnership, variant, limit
    )
    return [AllocationRow(*row) for row in rows]


async def find_received_allocation(
    connection: Connection, retailer: Id, allocation: Id
) -> ReceivedRow | None:
    """Read an allocation as its retailer sees it; "" stands for an id that is none."""
    if not allocation:
        return None
    row = await connection.fetchrow(SQL["find_received_allocation"], retailer, allocation)
    return None if row is None else ReceivedRow(*row)


async def list_received_allocations(
    connection: Connection, retailer: Id, before: Id, partnership: Id | None, limit: int
) -> list[ReceivedRow]:
    """Read what a retailer was allocated, newest first, from before one on."""
    rows = await connection.fetch(
        SQL["list_received_allocations"], retailer, before, partnership, limit
    )
    return [ReceivedRow(*row) for row in rows]


async def read_allocations_to_end(
    connection: Connection, now: datetime, only: Sequence[Id] | None, limit: int
) -> list[EndingRow]:
    """Read open allocations that nobody can use any more; of everybody, or only of these ids."""
    rows = await connection.fetch(
        SQL["read_allocations_to_end"], now, None if only is None else list(only), limit
    )
    return [EndingRow(*row) for row in rows]
