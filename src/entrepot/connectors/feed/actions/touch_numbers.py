"""Follow what happened, and note which published numbers it may have changed."""

from typing import Final

from entrepot.connectors.feed import store
from entrepot.infra.deciding import deciding
from entrepot.infra.following import advance, is_behind, read_events
from entrepot.infra.pool import Pool

FOLLOWER: Final = "feed"
"""The feed's name among the followers; whoever has its turn may also publish."""

EVENTS_MAX: Final = 500


async def touch_numbers(pool: Pool) -> int:
    """Follow up to 500 events and note the numbers to look at; return how many events there were.

    A fixed number of statements, however many numbers the events reach; an event that reaches a
    number already noted adds nothing. One process has the turn, others return 0.
    """
    async with pool.acquire() as connection:
        if not await is_behind(connection, FOLLOWER):
            return 0
        async with deciding(connection):
            events = await read_events(connection, FOLLOWER, EVENTS_MAX)
            if events:
                await store.touch_numbers(connection, events[0].seq - 1, events[-1].seq)
                await advance(connection, FOLLOWER, events[-1].seq)
            return len(events)
