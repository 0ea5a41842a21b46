"""Matching by the way of an allocation: made, found, or the reason why not."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.partnerships import AllocationMatch, match_for_allocation
from tests.factories.network import Network
from tests.factories.wholesale import Pair, goods, pair_of, set_partnership_state, set_state

GTIN = "12345670"


async def match(pool: Pool, pair: Pair, variant: Id) -> AllocationMatch:
    async with writing(pool) as connection:
        now = await read_clock(connection)
        return await match_for_allocation(
            connection, now, new_id, pair.partnership, pair.wholesaler, variant
        )


async def test_an_equal_gtin_is_matched_once_and_found_after(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin=GTIN)
    mine = await goods(network, pair.retailer, "R", gtin="00000" + GTIN)
    made = await match(pool, pair, theirs)
    assert made.failure is None
    assert made.match is not None
    assert made.happening is not None
    assert made.happening.act == "partnerships.match_made"
    assert made.happening.subject == ids.PRODUCT_MATCH + made.match
    assert made.happening.variants == (mine,)
    assert await match(pool, pair, theirs) == AllocationMatch(made.match, None)
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT id, matched_by, variant FROM product_matches")
    assert [tuple(row) for row in rows] == [(made.match, "allocation", mine)]


async def test_two_allocations_at_once_are_of_one_match(pool: Pool, network: Network) -> None:
    """Whoever comes second waits for the first, and finds its match rather than a failure."""
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin=GTIN)
    await goods(network, pair.retailer, "R", gtin=GTIN)
    async with writing(pool) as connection:
        now = await read_clock(connection)
        first = await match_for_allocation(
            connection, now, new_id, pair.partnership, pair.wholesaler, theirs
        )
        second = asyncio.create_task(match(pool, pair, theirs))
        done, _ = await asyncio.wait({second}, timeout=0.3)
        assert not done
    assert first.match is not None
    assert await second == AllocationMatch(first.match, None)


async def test_a_pause_changes_nothing_of_it(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin=GTIN)
    await goods(network, pair.retailer, "R", gtin=GTIN)
    await set_partnership_state(pool, pair.partnership, "paused")
    made = await match(pool, pair, theirs)
    assert made.match is not None
    assert await match(pool, pair, theirs) == AllocationMatch(made.match, None)


async def test_a_match_by_hand_will_do(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    made = await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))
    assert await match(pool, pair, theirs) == AllocationMatch(made, None)
    # One that does not count any more will not, and equal codes do not match.
    await set_state(pool, mine, "deactivated")
    await set_state(pool, mine, "active")
    assert await match(pool, pair, theirs) == AllocationMatch(None, "none")


async def test_one_that_does_not_count_is_replaced(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin=GTIN)
    mine = await goods(network, pair.retailer, "R", gtin=GTIN)
    old = (await match(pool, pair, theirs)).match
    await set_state(pool, mine, "deactivated")
    assert await match(pool, pair, theirs) == AllocationMatch(None, "inactive")
    await set_state(pool, mine, "active")
    new = (await match(pool, pair, theirs)).match
    assert new not in {None, old}
    async with pool.acquire() as connection:
        active = await connection.fetch("SELECT id FROM active_matches")
        assert [row[0] for row in active] == [new]
        reason = await connection.fetchval(
            "SELECT end_reason FROM product_matches WHERE id = $1", old
        )
    assert reason == "deactivated"


@pytest.mark.parametrize(
    ("mine", "reason"),
    [
        ({"gtin": None}, "none"),
        ({"gtin": "87654325"}, "none"),
        ({"gtin": GTIN, "unit": "crate"}, "unit_mismatch"),
        ({"gtin": GTIN, "state": "deactivated"}, "inactive"),
        ({"gtin": GTIN, "state": "deleted"}, "none"),
    ],
)
async def test_the_reason_for_each_failure(
    pool: Pool, network: Network, mine: dict[str, object], reason: str
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "SAME", gtin=GTIN)
    await goods(network, pair.retailer, "SAME", **mine)
    assert await match(pool, pair, theirs) == AllocationMatch(None, reason)


async def test_the_retailers_variant_may_be_matched_with_other_goods(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin=GTIN)
    other = await goods(network, pair.wholesaler, "X")
    mine = await goods(network, pair.retailer, "R", gtin=GTIN)
    await network.match(pair.partnership, (pair.wholesaler, other), (pair.retailer, mine))
    assert await match(pool, pair, theirs) == AllocationMatch(None, "already_matched")
