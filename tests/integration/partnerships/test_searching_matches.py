"""Searching and counting the matches of a partnership."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page, Stretch
from entrepot.partnerships import (
    MatchCounts,
    MatchFilter,
    ProductMatch,
    count_matches,
    end_match,
    search_matches,
)
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.wholesale import Pair, goods, pair_of, set_partnership_state, set_state

ALL = MatchFilter()


async def matched(network: Network, pair: Pair, sku: str) -> tuple[str, str, str]:
    """Goods of both sides and their match."""
    theirs = await goods(network, pair.wholesaler, f"W-{sku}", name=f"Fine {sku}")
    mine = await goods(network, pair.retailer, f"R-{sku}", name=f"Good {sku}")
    match = await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))
    return theirs, mine, match


async def found(
    pool: Pool,
    organisation: str,
    pair: Pair,
    wanted: MatchFilter,
    page: Page = Page(),  # noqa: B008 - never changed
) -> Stretch[ProductMatch]:
    stretch = await search_matches(pool, caller_for(organisation), pair.partnership, page, wanted)
    assert isinstance(stretch, Stretch), stretch
    return stretch


async def test_matches_are_found_by_state_and_text_of_either_side(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    _, _, tea = await matched(network, pair, "TEA")
    theirs, _, mug = await matched(network, pair, "MUG")
    _, _, cup = await matched(network, pair, "CUP")
    await set_state(pool, theirs, "deactivated")
    ended = await end_match(pool, new_id, caller_for(pair.retailer), cup)
    assert not hasattr(ended, "faults")
    cases = [
        (MatchFilter(), {tea, mug}),
        (MatchFilter("active"), {tea}),
        (MatchFilter("inactive"), {mug}),
        (MatchFilter("ended"), {cup}),
        (MatchFilter(text="fine T"), {tea}),
        (MatchFilter(text="r-mug"), {mug}),
        (MatchFilter("active", "mug"), set()),
        (MatchFilter("ended", "good c"), {cup}),
        (MatchFilter(text="%"), set()),
    ]
    for wanted, ids in cases:
        for organisation in (pair.wholesaler, pair.retailer):
            stretch = await found(pool, organisation, pair, wanted)
            assert {each.inner_id for each in stretch.rows} == ids, wanted
    counts = await count_matches(pool, caller_for(pair.wholesaler), [pair.partnership])
    assert counts == {pair.partnership: MatchCounts(1, 1)}
    await set_partnership_state(pool, pair.partnership, "paused")
    counts = await count_matches(pool, caller_for(pair.retailer), [pair.partnership])
    assert counts == {pair.partnership: MatchCounts(0, 1)}


async def test_a_search_goes_on_where_its_page_ended(
    pool: Pool, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.partnerships.views.SEARCHED_MAX", 2)
    pair = await pair_of(network)
    made = [(await matched(network, pair, f"TEA-{number}"))[2] for number in range(5)]
    for wanted, expected in ((ALL, made), (MatchFilter(text="tea-4"), made[4:])):
        page, seen, pages = Page(2), [], 0
        while True:
            stretch = await found(pool, pair.retailer, pair, wanted, page)
            seen += [each.inner_id for each in stretch.rows]
            pages += 1
            if stretch.following is None:
                break
            page = Page(2, stretch.following)
        assert seen == expected
        assert pages == 3


async def test_no_more_are_counted_than_is_said(
    pool: Pool, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.partnerships.views.COUNTED_MAX", 2)
    pair, without = await pair_of(network), await pair_of(network)
    for number in range(3):
        await matched(network, pair, f"TEA-{number}")
    caller = caller_for(pair.wholesaler)
    counts = await count_matches(pool, caller, [pair.partnership, without.partnership])
    assert counts == {pair.partnership: MatchCounts(2, 0, has_more=True)}


async def test_who_may_not_is_refused(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    blind = caller_for(pair.retailer, Scope.ORDERS_READ)
    refused = await search_matches(pool, blind, pair.partnership, Page(), ALL)
    assert code_of(refused) == "identity.scope_missing"
    assert code_of(await count_matches(pool, blind, [])) == "identity.scope_missing"
    stranger = caller_for(await network.organisation())
    for partnership in (pair.partnership, "0" * 32):
        refused = await search_matches(pool, stranger, partnership, Page(), ALL)
        assert code_of(refused) == "partnerships.unknown_partnership"
