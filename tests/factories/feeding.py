"""The worker's jobs that number what happened and feed it to shops, run by hand."""

from __future__ import annotations

import msgspec

from entrepot.connectors import feed
from entrepot.connectors.feed import FeedPart, PublishedNumber, WhoAsks
from entrepot.infra.following import number_events
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for


class Said(msgspec.Struct, frozen=True):
    """What an act of a test answers."""

    what: str = "done"


async def tell(
    pool: Pool, organisation: Id, event: str, subject: str, *variants: Id, sql: str = ""
) -> None:
    """Write that something happened, in the transaction of what `sql` does."""
    async with pool.acquire() as connection, connection.transaction():
        if sql:
            await connection.execute(sql)
        now = await read_clock(connection)
        happening = Happening(event, subject, Said(), variants)
        await record(connection, now, new_id, caller_for(organisation), [happening])


async def number_all(pool: Pool) -> None:
    """Give every committed event its number."""
    while await number_events(pool):
        pass


async def publish_all(pool: Pool, who_asks: WhoAsks | None = None) -> None:
    """Let the feed say how things are now, and tell whoever asks to be told."""
    await number_all(pool)
    while await feed.touch_numbers(pool):
        pass
    while await feed.publish_numbers(pool, who_asks):
        pass


async def read_part(
    pool: Pool, organisation: Id, after: int | None = None, limit: int = 1000
) -> FeedPart:
    """A part of an organisation's feed."""
    part = await feed.read_feed(pool, caller_for(organisation), after, limit)
    assert isinstance(part, FeedPart), part
    return part


async def published(pool: Pool, organisation: Id) -> dict[Id, tuple[str | None, int]]:
    """What an organisation's shops are told of each variant: the number, and its version."""
    part = await read_part(pool, organisation)
    assert not part.more
    return {
        each.variant.removeprefix("var_"): (each.available_to_promise, each.version)
        for each in part.numbers
    }


class Shop:
    """A shop that takes messages in any order and keeps the newest of each variant."""

    def __init__(self) -> None:
        self.kept: dict[str, PublishedNumber] = {}

    def take(self, message: PublishedNumber) -> None:
        known = self.kept.get(message.variant)
        if known is None or message.version > known.version:
            self.kept[message.variant] = message
