"""Ending a match, from either side."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.notices import list_notices
from entrepot.partnerships import end_match, find_match
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.wholesale import goods, pair_of, set_partnership_state


@pytest.mark.parametrize("side", ["retailer", "wholesaler"])
async def test_either_side_ends_it_once(pool: Pool, network: Network, side: str) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    match = await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))
    caller = caller_for(getattr(pair, side))
    sent = Sent("key", b"content")
    ended = await end_match(pool, new_id, caller, match, sent)
    assert isinstance(ended, Written)
    assert (ended.answer.state, ended.answer.reason) == ("ended", f"ended_by_{side}")
    assert await end_match(pool, new_id, caller, match, sent) == Written(
        ended.answer, replayed=True
    )
    again = await end_match(pool, new_id, caller_for(pair.retailer), match)
    assert isinstance(again, Written)
    assert again.answer.reason == f"ended_by_{side}"
    acts = await acts_of(pool, caller.organisation)
    assert [act[:2] for act in acts] == [("partnerships.match_ended", ids.PRODUCT_MATCH + match)]
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT variants FROM outbox") == [mine]
        assert await connection.fetchval("SELECT count(*) FROM active_matches") == 0
    notices = await list_notices(pool, caller_for(pair.retailer), Page())
    assert not isinstance(notices, Refusal)
    told = [] if side == "retailer" else ["partnerships.match_ended"]
    assert [each.kind for each in notices] == told


async def test_one_that_ended_with_its_partnership_stays_as_it_is(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    match = await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))
    await set_partnership_state(pool, pair.partnership, "ended")
    shown = await find_match(pool, caller_for(pair.retailer), match)
    assert not isinstance(shown, Refusal)
    assert shown is not None
    assert (shown.state, shown.reason) == ("ended", "partnership_ended")
    again = await end_match(pool, new_id, caller_for(pair.retailer), match)
    assert again == Written(shown)


async def test_what_is_not_ones_own_is_not_there(pool: Pool, network: Network) -> None:
    pair, other = await pair_of(network), await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    match = await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))
    stranger = caller_for(other.retailer)
    for absent in (match, new_id(), ""):
        refused = await end_match(pool, new_id, stranger, absent)
        assert isinstance(refused, Refusal)
        assert refused.code == "partnerships.unknown_match"
        assert await find_match(pool, stranger, absent) is None
    reader = caller_for(pair.retailer, Scope.PARTNERSHIPS_READ)
    refused = await end_match(pool, new_id, reader, match)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM active_matches") == 1
