"""Matching two variants by hand."""

from __future__ import annotations

import asyncio

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    NewMatch,
    ProductMatch,
    list_matches,
    list_matches_of_variant,
    match_by_hand,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.wholesale import goods, pair_of, partner, set_partnership_state, set_state


def codes(answer: object) -> list[tuple[str, str | None]]:
    assert isinstance(answer, Refusal), answer
    return [(fault.code, fault.field) for fault in answer.faults]


async def test_a_match_is_made_told_and_shown_to_both(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", unit="piece")
    mine = await goods(network, pair.retailer, "R", unit="crate")
    caller, sent = caller_for(pair.retailer), Sent("key", b"content")
    new = NewMatch(pair.partnership, mine, theirs, factor=12, rank=2)
    made = await match_by_hand(pool, new_id, caller, new, sent)
    assert isinstance(made, Written)
    match = made.answer
    assert (match.role, match.factor, match.rank, match.buffer) == ("retailer", 12, 2, None)
    assert (match.state, match.reason, match.matched_by) == ("active", None, "hand")
    assert await match_by_hand(pool, new_id, caller, new, sent) == Written(match, replayed=True)

    (told,) = await acts_of(pool, pair.retailer)
    assert told[:2] == ("partnerships.match_made", match.id)
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT variants FROM outbox") == [mine]
    shown = await list_matches(pool, caller_for(pair.wholesaler), pair.partnership, Page())
    assert not isinstance(shown, Refusal)
    assert [(each.id, each.role, each.rank, each.buffer) for each in shown] == [
        (match.id, "wholesaler", None, "0")
    ]
    for organisation, variant in ((pair.retailer, mine), (pair.wholesaler, theirs)):
        of = await list_matches_of_variant(pool, caller_for(organisation), variant, Page())
        assert not isinstance(of, Refusal)
        assert [each.id for each in of] == [match.id]


async def test_several_wholesalers_may_serve_one_variant(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    other = await partner(network, await network.organisation("another"), pair.retailer)
    mine = await goods(network, pair.retailer, "R")
    for rank, each in enumerate((pair, other)):
        theirs = await goods(network, each.wholesaler, "W")
        new = NewMatch(each.partnership, mine, theirs, rank=rank)
        assert isinstance(
            await match_by_hand(pool, new_id, caller_for(pair.retailer), new), Written
        )
    both = await list_matches_of_variant(pool, caller_for(pair.retailer), mine, Page(1))
    assert not isinstance(both, Refusal)
    assert len(both) == 2, "one more than the page shows"
    # A wholesaler sees its own only.
    seen = await list_matches(pool, caller_for(other.wholesaler), pair.partnership, Page())
    assert codes(seen) == [("partnerships.unknown_partnership", "partnership")]


async def test_a_second_match_is_refused_and_two_at_once_make_one(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = [await goods(network, pair.wholesaler, f"W{number}") for number in range(4)]
    mine = await goods(network, pair.retailer, "R")
    caller = caller_for(pair.retailer)
    answers = await asyncio.gather(
        *[
            match_by_hand(pool, new_id, caller, NewMatch(pair.partnership, mine, each))
            for each in theirs
        ]
    )
    made = [each for each in answers if isinstance(each, Written)]
    refused = [each for each in answers if isinstance(each, Refusal)]
    assert (len(made), len(refused)) == (1, 3)
    for each in refused:
        assert codes(each) == [("partnerships.already_matched", "variant")]
        assert each.faults[0].facts == {"match": made[0].answer.id}


async def test_a_match_that_does_not_count_is_replaced_in_one_act(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    old = await network.match(
        pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine), rank=5
    )
    caller, new = caller_for(pair.retailer), NewMatch(pair.partnership, mine, theirs)
    await set_state(pool, mine, "deactivated")
    refused = await match_by_hand(pool, new_id, caller, new)
    assert codes(refused) == [("partnerships.variant_not_active", "variant")]
    await set_state(pool, mine, "active")
    # Several at once: one replaces it, the others find the new one.
    answers = await asyncio.gather(*[match_by_hand(pool, new_id, caller, new) for _ in range(3)])
    made = [each.answer for each in answers if isinstance(each, Written)]
    assert len(made) == 1
    assert isinstance(made[0], ProductMatch)
    assert (made[0].rank, made[0].state) == (5, "active")
    everything = await list_matches(pool, caller, pair.partnership, Page(), ended_too=True)
    assert not isinstance(everything, Refusal)
    assert [(each.inner_id, each.state, each.reason) for each in everything] == [
        (old, "ended", "deactivated"),
        (made[0].inner_id, "active", None),
    ]


async def test_a_match_that_counts_is_replaced_where_it_is_named(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    sides = (pair.wholesaler, theirs), (pair.retailer, mine)
    old = await network.match(pair.partnership, *sides, rank=5)
    other = await network.match(
        pair.partnership, sides[0], (pair.retailer, await goods(network, pair.retailer, "R-2"))
    )
    caller = caller_for(pair.retailer)
    for wrong in (other, "0" * 32):
        new = NewMatch(pair.partnership, mine, theirs, factor=6, replaces=wrong)
        refused = await match_by_hand(pool, new_id, caller, new)
        assert codes(refused) == [("partnerships.already_matched", "variant")]
    new = NewMatch(pair.partnership, mine, theirs, factor=6, replaces=old)
    # Several at once: one puts its match in the place of the old one, the others find that.
    answers = await asyncio.gather(*[match_by_hand(pool, new_id, caller, new) for _ in range(3)])
    (made,) = [each.answer for each in answers if isinstance(each, Written)]
    assert (made.factor, made.rank, made.state) == (6, 5, "active")
    everything = await list_matches(pool, caller, pair.partnership, Page(), ended_too=True)
    assert not isinstance(everything, Refusal)
    states = {each.inner_id: (each.state, each.reason) for each in everything}
    assert states[old] == ("ended", "replaced")
    assert states[other] == ("active", None)


async def test_everything_wrong_is_named_and_nothing_of_others_told(
    pool: Pool, network: Network
) -> None:
    pair, other = await pair_of(network), await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    foreign = await goods(network, other.wholesaler, "X")
    caller = caller_for(pair.retailer)
    for absent in (foreign, new_id(), ""):
        # One's own variant is no wholesaler's, and the wholesaler's is not one's own.
        for wrong in (absent, mine):
            new = NewMatch(pair.partnership, absent, wrong, factor=0, rank=-1)
            assert codes(await match_by_hand(pool, new_id, caller, new)) == [
                ("catalogue.unknown_variant", "variant"),
                ("catalogue.unknown_variant", "wholesaler_variant"),
                ("partnerships.factor_not_valid", "factor"),
                ("partnerships.rank_not_valid", "rank"),
            ]
    for absent in (other.partnership, new_id(), ""):
        refused = await match_by_hand(pool, new_id, caller, NewMatch(absent, mine, theirs))
        assert codes(refused) == [("partnerships.unknown_partnership", "partnership")]
    new = NewMatch(pair.partnership, mine, theirs)
    refused = await match_by_hand(pool, new_id, caller_for(pair.wholesaler), new)
    assert codes(refused) == [("partnerships.retailer_only", "partnership")]
    reader = caller_for(pair.retailer, Scope.PARTNERSHIPS_READ)
    assert codes(await match_by_hand(pool, new_id, reader, new)) == [
        ("identity.scope_missing", None)
    ]
    for state in ("ending", "ended"):
        await set_partnership_state(pool, pair.partnership, state)
        refused = await match_by_hand(pool, new_id, caller, new)
        assert codes(refused) == [("partnerships.partnership_ending", "partnership")]
    assert await acts_of(pool, pair.retailer) == []


async def test_active_is_one_thing_however_it_is_asked(pool: Pool, network: Network) -> None:
    """What is shown without a reason is exactly what the batch and the offers go by."""
    states = ("active", "deactivated", "deleted")
    for partnership_state in ("active", "paused", "ending", "ended"):
        pair = await pair_of(network)
        for mine_state in states:
            for theirs_state in states:
                theirs = await goods(network, pair.wholesaler, f"W-{mine_state}-{theirs_state}")
                mine = await goods(network, pair.retailer, f"R-{mine_state}-{theirs_state}")
                await network.match(
                    pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine)
                )
                await set_state(pool, mine, mine_state)
                await set_state(pool, theirs, theirs_state)
        await set_partnership_state(pool, pair.partnership, partnership_state)
    async with pool.acquire() as connection:
        shown = await connection.fetch("SELECT id FROM known_matches WHERE reason IS NULL")
        counted = await connection.fetch("SELECT id FROM active_matches")
    assert [row[0] for row in shown] == [row[0] for row in counted]
    assert len(shown) == 1
