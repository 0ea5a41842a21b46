"""Publish the numbers that changed: what each retailer can promise of a variant."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import msgspec

from entrepot import stock
from entrepot.connectors.feed import store
from entrepot.connectors.feed.actions.touch_numbers import FOLLOWER
from entrepot.connectors.feed.model import AVAILABILITY_CHANGED, PublishedRow
from entrepot.infra import ids
from entrepot.infra.deciding import deciding
from entrepot.infra.following import take_turn
from entrepot.infra.ground import Act, read_clock, write_ground
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import VARIANT, Id

NUMBERS_MAX: Final = 1000

WhoAsks: TypeAlias = Callable[[Connection, Collection[Id], str], Awaitable[set[Id]]]
"""Which of some organisations ask to be told of an event, given its name."""


async def publish_numbers(
    pool: Pool,
    who_asks: WhoAsks | None = None,
    new_id: Callable[[], Id] = ids.new_id,
) -> int:
    """Look at up to 1000 numbers and publish those that changed; return how many were looked at.

    However often a number was touched, it is looked at once, as it is now. Where partners offer
    more than before, the retailer's orders that wait for the variant are looked at again too. A
    fixed number of statements. One process has the turn, so that the places of a feed become
    visible in their order; others return 0.

    What was published to those who ask for it, by `who_asks`, is also an event of theirs,
    `stock.availability_changed`, which says what their feed says. Nobody else has one: it would be
    an audit row for each change of each number, which only the feed's reader wants.
    """
    async with pool.acquire() as connection:
        if not await store.has_touched(connection):
            return 0
        async with deciding(connection):
            if await take_turn(connection, FOLLOWER) is None:
                return 0
            touched = await store.take_touched(connection, NUMBERS_MAX)
            if not touched:
                return 0
            now = await read_clock(connection)
            # In a statement after the touches were taken: it sees whatever made them.
            published, may_be_served = await store.publish_numbers(connection, now, touched)
            if published and who_asks is not None:
                retailers = {retailer for retailer, _ in published}
                asking = await who_asks(connection, retailers, AVAILABILITY_CHANGED)
                told = [each for each in published if each[0] in asking]
                await _tell(connection, now, new_id, told)
            if may_be_served:
                await stock.look_again(connection, may_be_served)
            return len(touched)


async def _tell(
    connection: Connection,
    now: datetime,
    new_id: Callable[[], Id],
    published: Sequence[tuple[Id, PublishedRow]],
) -> None:
    """Write that these numbers changed, each as an event of the one whose number it is."""
    acts = [
        Act(
            retailer,
            new_id(),
            None,
            AVAILABILITY_CHANGED,
            VARIANT + row.variant,
            msgspec.json.encode(row.to_show()),
            None,
        )
        for retailer, row in published
    ]
    if acts:
        await write_ground(connection, now, acts)
