"""Have the orders that wait for variants looked at again, from the first of them on."""

from collections.abc import Iterable

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.stock import store


async def look_again(connection: Connection, variants: Iterable[tuple[Id, Id]]) -> int:
    """Set the recheck cursor of each position of (owner, variant) pairs to the beginning.

    For what lets orders leave backorder without a batch that adds stock, such as a partner that
    offers more (design 6.5). Returns how many positions were not to be looked at from there
    already. Takes the positions' locks, in their order, so nothing may be locked after it.
    """
    locked = await store.lock_positions(connection, sorted(set(variants)))
    cursors = [(*figures.key, "") for figures, cursor in locked if cursor != ""]
    await store.set_rechecks(connection, cursors)
    return len(cursors)
