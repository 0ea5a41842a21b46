"""Close an allocation."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.stock.actions.open_book import close_book, open_book
from entrepot.stock.model.allocations import (
    Allocation,
    end_allocation,
    has_ended,
    key_of,
    show_allocation,
    unknown_allocation,
)
from entrepot.stock.store import allocations


async def close_allocation(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    allocation: Id,
    sent: Sent | None = None,
) -> Written[Allocation] | Refusal:
    """Give back what is left of an allocation that the caller made; what was used stays used.

    One that has ended stays as it is. Refuses `identity.scope_missing`, `request.key_reused` and
    `stock.unknown_allocation`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    owner, act = caller.organisation, new_id()

    async def work(connection: Connection, _: datetime) -> Done[Allocation] | Refusal:
        found = await allocations.find_allocation(connection, owner, allocation)
        if found is None:
            return unknown_allocation(allocation)
        opened = await open_book(connection, [(owner, found.variant)])
        row = await allocations.find_allocation(connection, owner, allocation)
        assert row is not None, "allocations are never deleted"
        if has_ended(row):
            return Done(show_allocation(row))
        key = key_of(row)
        end_allocation(opened.book, opened.book.allocations[key], act)
        await close_book(connection, opened, {key: "closed"})
        after = await allocations.find_allocation(connection, owner, allocation)
        assert after is not None, "allocations are never deleted"
        closed = show_allocation(after)
        happening = Happening("stock.allocation_closed", closed.id, closed, (row.variant,))
        return Done(closed, (happening,))

    return await act_once(pool, new_id, caller, sent, Allocation, work, act)
