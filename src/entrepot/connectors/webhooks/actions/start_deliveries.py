"""Put a job for every webhook to which something is due."""

from datetime import datetime
from typing import Final

from entrepot.connectors.webhooks.actions.deliver_webhook import KIND
from entrepot.connectors.webhooks.model import LEASE
from entrepot.connectors.webhooks.store import deliveries
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.queue import Queue
from entrepot.infra.reading import reading
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST

WEBHOOKS_READ: Final = 1000
"""Webhooks that are read, and put into the queue, at once."""


async def start_deliveries(pool: Pool, queue: Queue, moment: Moment = by_the_clock) -> int:
    """Put a job for each webhook that has something due; return how many jobs were new.

    What is due is asked of the deliveries themselves, so a job that is lost is only late.
    """
    count = 0
    after: tuple[Id, Id] | None = (LOWEST, LOWEST)
    while after is not None:
        found = await _find(pool, moment, after)
        count += await queue.put(KIND, [organisation + webhook for organisation, webhook in found])
        after = found[-1] if len(found) == WEBHOOKS_READ else None
    return count


async def _find(pool: Pool, moment: Moment, after: tuple[Id, Id]) -> list[tuple[Id, Id]]:
    async with reading(pool) as connection:
        now: datetime = moment(await read_clock(connection))
        return await deliveries.find_due_webhooks(
            connection, now, now - LEASE, after, WEBHOOKS_READ
        )
