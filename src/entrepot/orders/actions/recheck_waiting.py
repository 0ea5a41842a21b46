"""Continue deciding the orders that wait, where a batch left off."""

from entrepot.orders import store
from entrepot.orders.actions.submit import Desk, house_keeping
from entrepot.orders.model import RecheckWaiting

VARIANTS_MAX = 20


async def recheck_waiting(desk: Desk) -> int:
    """Look again at those who wait for up to 20 variants; return how many variants were due."""
    async with desk.pool.acquire() as connection:
        found = await store.read_rechecks(connection, VARIANTS_MAX)
    if found:
        await house_keeping(desk, RecheckWaiting(tuple(found)))
    return len(found)
