"""Forget old deliveries, a little at a time."""

from typing import Final

from entrepot.connectors.webhooks.model import KEPT
from entrepot.connectors.webhooks.store import deliveries
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing

AT_ONCE: Final = 1000
"""Deliveries forgotten in one transaction."""


async def purge_deliveries(pool: Pool) -> int:
    """Forget up to 1000 deliveries that ended 30 days ago, and their tries; return how many.

    What waits for a webhook that was deleted is put aside first, 1000 at a time as well.
    """
    async with writing(pool) as connection:
        now = await read_clock(connection)
        ended = await deliveries.end_deliveries_of_deleted(connection, now, AT_ONCE)
        return ended + await deliveries.purge_deliveries(connection, now - KEPT, AT_ONCE)
