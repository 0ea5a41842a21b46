"""Reads of the feed: for an organisation its numbers, for the operator how far behind they are."""

from typing import Final

import msgspec

from entrepot.connectors.feed import errors, store
from entrepot.connectors.feed.model import PublishedNumber
from entrepot.identity import check_scope
from entrepot.infra.condition import Finding
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal, refuse

LATE_MAX_SECONDS: Final = 60


class FeedPart(msgspec.Struct, frozen=True):
    """Published numbers, oldest first; the place to read on from; whether more is there now."""

    numbers: tuple[PublishedNumber, ...]
    place: int
    more: bool


async def read_feed(
    pool: Pool, caller: Caller, after: int | None, limit: int
) -> FeedPart | Refusal:
    """The latest number of each variant published to the caller's organisation after a place.

    From None on it is all of them. A number that changes moves to a later place, so reading on
    until there is no more ends with the latest number of each variant. Refuses
    `identity.scope_missing` and `feed.cursor_ahead`.
    """
    refusal = check_scope(caller, Scope.STOCK_READ)
    if refusal is not None:
        return refusal
    place = after or 0
    async with reading(pool) as connection:
        rows = await store.read_feed(connection, caller.organisation, place, limit + 1)
        last = None
        if place and not rows:
            last = await store.read_last_place(connection, caller.organisation)
    if last is not None and place > last:
        return refuse(
            errors.CURSOR_AHEAD,
            "This cursor is ahead of all that was published. Start again without one.",
            field="cursor",
        )
    shown = rows[:limit]
    return FeedPart(
        tuple([row.to_show() for row in shown]),
        shown[-1].place if shown else place,
        len(rows) > limit,
    )


async def examine_feed(connection: Connection) -> list[Finding]:
    """Whether what can be promised is published in time. For the operator."""
    return [judge_lag(await store.read_feed_lag(connection))]


def judge_lag(lag: store.Lag) -> Finding:
    """Say whether published numbers keep up with what happened."""
    facts = {"numbers": lag.touched, "oldest_seconds": lag.oldest_seconds}
    if lag.oldest_seconds <= LATE_MAX_SECONDS:
        return Finding("feed", "ok", "Shops are told in time what they can promise.", facts=facts)
    return Finding(
        "feed",
        "warning",
        f"{lag.touched} numbers are to be looked at before shops are told of them, the oldest for "
        f"{lag.oldest_seconds} seconds.",
        "Let a worker run: `entrepot serve` or `entrepot work`.",
        facts,
    )
