"""Write the cancellation of orders whose limit has passed."""

from entrepot.infra.ground import read_clock
from entrepot.orders import store
from entrepot.orders.actions.submit import Desk, house_keeping
from entrepot.orders.model import SweepExpired

SWEPT_MAX = 200


async def sweep_expired(desk: Desk) -> int:
    """Cancel up to 200 orders past their limit, through the batch; return how many were found.

    They counted as cancelled before: the sweep only writes it, and gives back what they held.
    """
    async with desk.pool.acquire() as connection:
        now = await read_clock(connection)
        found = await store.read_expired_orders(connection, now, SWEPT_MAX)
    if found:
        await house_keeping(desk, SweepExpired(tuple(found)))
    return len(found)
