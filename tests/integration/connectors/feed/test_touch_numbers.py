"""What happened reaches the numbers it may have changed: one's own, and those of partners."""

from __future__ import annotations

import pytest

from entrepot.catalogue import NewProduct, NewVariant, create_products
from entrepot.connectors import feed
from entrepot.connectors.feed.actions import touch_numbers as touching
from entrepot.infra.following import is_behind
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for
from tests.factories.consignment import add_retailer, open_consignment
from tests.factories.counter import Counter
from tests.factories.feeding import number_all, publish_all, tell
from tests.factories.network import Network


async def touched(pool: Pool) -> set[Id]:
    """The variants whose numbers are to be looked at, after all that happened was followed."""
    await number_all(pool)
    while await feed.touch_numbers(pool):
        pass
    rows = await pool.fetch("SELECT retailer, variant, by_agreement FROM feed_touched")
    return {row[1] for row in rows}


async def test_a_wholesalers_movement_reaches_every_retailer(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, retailers=3, on_hand=0)
    stranger = await network.organisation("stranger")
    await network.variant(stranger)
    assert await touched(pool) == set()
    await counter.receive(shared.wholesaler, shared.variant, 5)
    assert await touched(pool) == {shared.variant, *(each.variant for each in shared.retailers)}


async def test_a_retailers_movement_is_its_own(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    await counter.receive(shared.retailers[0].organisation, shared.retailers[0].variant, 5)
    assert await touched(pool) == {shared.retailers[0].variant}


async def test_a_match_that_ended_is_reached_no_more(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    gone, still = shared.retailers
    await pool.execute(
        "UPDATE product_matches SET ended_at = now(), end_reason = 'ended' WHERE id = $1",
        gone.match,
    )
    await counter.receive(shared.wholesaler, shared.variant, 5)
    assert await touched(pool) == {shared.variant, still.variant}


async def test_an_act_on_a_partnership_reaches_all_that_was_matched_in_it(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """Also what was matched once: its number must become what it is without the match."""
    shared = await open_consignment(network, counter, on_hand=0)
    (retailer,) = shared.retailers
    other = await network.variant(shared.wholesaler)
    once = await network.variant(retailer.organisation)
    match = await network.match(
        retailer.partnership, (shared.wholesaler, other), (retailer.organisation, once)
    )
    await pool.execute(
        "UPDATE product_matches SET ended_at = now(), end_reason = 'ended' WHERE id = $1", match
    )
    await tell(pool, shared.wholesaler, "partnerships.paused", f"pts_{retailer.partnership}")
    assert await touched(pool) == {retailer.variant, once}
    assert await pool.fetchval("SELECT bool_and(by_agreement) FROM feed_touched")


async def test_named_variants_are_reached_whoever_acted(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """An act may change figures of others, as a transfer does."""
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    buyer = shared.retailers[0]
    await tell(
        pool, buyer.organisation, "orders.placed", f"ord_{new_id()}", buyer.variant, shared.variant
    )
    assert await touched(pool) == {shared.variant, *(each.variant for each in shared.retailers)}
    assert not await pool.fetchval("SELECT bool_or(by_agreement) FROM feed_touched")


async def test_acts_on_products_and_locations_reach_their_variants(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter)
    await publish_all(pool)
    location = await pool.fetchval(
        "SELECT id FROM locations WHERE organisation = $1", shared.wholesaler
    )
    await tell(pool, shared.wholesaler, "catalogue.location_changed", f"loc_{location}")
    assert await touched(pool) == {shared.variant, shared.retailers[0].variant}
    made = await create_products(
        pool,
        new_id,
        caller_for(shared.wholesaler),
        [NewProduct("Leeks", (NewVariant("LEEKS", "Leeks"), NewVariant("LEEKS-2", "Leeks")))],
    )
    assert isinstance(made, Written), made
    new = {each.id.removeprefix("var_") for each in made.answer.products[0].variants}
    assert len(new) == 2
    assert await touched(pool) >= new


@pytest.mark.parametrize("subject", ["org_1", "var_", "pts_ffff", "var-x", "var_" + "g" * 32])
async def test_a_subject_that_says_nothing_stops_nobody(pool: Pool, subject: str) -> None:
    await tell(pool, new_id(), "tests.happened", subject, new_id())
    assert await touched(pool) == set()
    async with pool.acquire() as connection:
        assert not await is_behind(connection, touching.FOLLOWER)


async def test_in_chunks_and_only_once_each(
    pool: Pool, network: Network, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touching, "EVENTS_MAX", 3)
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    for _ in range(7):
        await counter.receive(shared.wholesaler, shared.variant, 1)
    await number_all(pool)
    assert [await feed.touch_numbers(pool) for _ in range(4)] == [3, 3, 1, 0]
    assert await pool.fetchval("SELECT count(*) FROM feed_touched") == 3


async def test_what_was_touched_first_keeps_its_place(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """Later acts say more of why, never that it was touched later: nothing waits for ever."""
    wholesaler = await network.organisation()
    variant = await network.variant(wholesaler)
    retailer = await add_retailer(network, wholesaler, variant)
    await counter.receive(wholesaler, variant, 1)
    await touched(pool)
    first = await pool.fetchval(
        "SELECT touched_at FROM feed_touched WHERE variant = $1", retailer.variant
    )
    await tell(pool, wholesaler, "partnerships.changed", f"pts_{retailer.partnership}")
    await touched(pool)
    rows = await pool.fetch(
        "SELECT touched_at, by_agreement FROM feed_touched WHERE variant = $1", retailer.variant
    )
    assert [tuple(row) for row in rows] == [(first, True)]
