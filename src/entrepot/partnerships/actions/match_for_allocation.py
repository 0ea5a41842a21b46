"""Match the variant that an allocation is of, where that can be done without a person."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from entrepot.infra.pool import Connection
from entrepot.infra.writing import Happening
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.matching import REPLACED, NewMatch
from entrepot.partnerships.store import matches


class AllocationMatch(NamedTuple):
    """What matching for an allocation came to: a match, or the reason why there is none.

    `happening`, told to the wholesaler, is to be recorded in the transaction when a match was made.
    """

    match: Id | None
    failure: str | None
    happening: Happening | None = None


async def match_for_allocation(
    connection: Connection,
    now: datetime,
    new_id: Callable[[], Id],
    partnership: Id,
    wholesaler: Id,
    wholesaler_variant: Id,
) -> AllocationMatch:
    """Match a wholesaler's variant with the retailer's of the same GTIN (fulfilment, R6).

    For an action that holds the partnership's lock already; the variant is the wholesaler's own. A
    match that counts already will do, by whatever it was made. Fails with `none`, `inactive`,
    `unit_mismatch` or `already_matched` (the retailer's variant, with other goods); equal codes do
    not match. The allocation stands whatever this comes to.
    """
    found = await matches.find_counterpart(connection, wholesaler, partnership, wholesaler_variant)
    if found.matched is not None:
        return AllocationMatch(found.matched, None)
    if found.variant is None or found.outcome is None:
        return AllocationMatch(None, "none")
    if found.outcome != "matchable":
        return AllocationMatch(None, found.outcome)
    shared = await matches.share_partnership(connection, wholesaler, partnership)
    assert shared is not None, "an allocation is made in a partnership of its wholesaler's"
    if found.match is not None:
        await matches.end_match(connection, shared.retailer, found.match, now, REPLACED)
    made = new_id()
    new = NewMatch(partnership, found.variant, wholesaler_variant)
    if not await matches.insert_match(connection, shared, made, new, "allocation", now):
        # Another allocation, or the retailer, was quicker: perhaps with the same goods.
        rival = await matches.find_counterpart(
            connection, wholesaler, partnership, wholesaler_variant
        )
        return AllocationMatch(rival.matched, None if rival.matched else rival.outcome or "none")
    row = await matches.find_match(connection, wholesaler, made)
    assert row is not None, "it was made just now"
    shown = row.to_show(wholesaler)
    happening = Happening("partnerships.match_made", shown.id, shown, (row.variant,))
    return AllocationMatch(made, None, happening)
