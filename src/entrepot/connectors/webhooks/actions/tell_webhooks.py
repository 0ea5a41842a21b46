"""Make deliveries of what happened, for every webhook that asks for it."""

from typing import Final

from entrepot.connectors.webhooks.store import deliveries, objects
from entrepot.infra.following import advance, is_behind, read_events
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing

FOLLOWER: Final = "webhooks"
EVENTS_MAX: Final = 500
"""Events read in one transaction."""


async def tell_webhooks(pool: Pool) -> int:
    """Make the deliveries of up to 500 events; return how many events were read.

    Any number of processes may do so. An event becomes one delivery for each webhook of its
    organisation that was there, was enabled and asks for it, however often it is read; and one
    for each object that it is about and each webhook that is told of such objects.
    """
    async with writing(pool) as connection:
        if not await is_behind(connection, FOLLOWER):
            return 0
        events = await read_events(connection, FOLLOWER, EVENTS_MAX)
        if not events:
            return 0
        first, last = events[0].seq, events[-1].seq
        now = await read_clock(connection)
        await deliveries.insert_deliveries(connection, first, last, now)
        if await objects.has_graphql_webhooks(connection):
            await objects.insert_events(connection, first, last, now)
        await advance(connection, FOLLOWER, last)
    return len(events)
