"""Changing the terms of a match, each side its own."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from msgspec import UNSET

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import MatchChanges, change_match, end_match
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.wholesale import Pair, goods, pair_of


async def match_of(network: Network, pair: Pair) -> Id:
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    return await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine))


async def terms(pool: Pool) -> tuple[int, Decimal, Decimal | None]:
    """The terms that hold, as the batch reads them."""
    async with pool.acquire() as connection:
        row = await connection.fetchrow("SELECT rank, buffer, cap FROM active_matches")
    assert row is not None
    return row[0], row[1], row[2]


async def test_each_side_changes_its_own_terms(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    match = await match_of(network, pair)
    wholesaler, retailer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    sent = Sent("key", b"content")
    changes = MatchChanges(buffer=Decimal("1.5"), cap=Decimal(20))
    changed = await change_match(pool, new_id, wholesaler, match, changes, sent)
    assert isinstance(changed, Written)
    assert await change_match(pool, new_id, wholesaler, match, changes, sent) == Written(
        changed.answer, replayed=True
    )
    assert await terms(pool) == (0, Decimal("1.5"), Decimal(20))
    assert isinstance(
        await change_match(pool, new_id, retailer, match, MatchChanges(rank=3)), Written
    )
    assert await terms(pool) == (3, Decimal("1.5"), Decimal(20))
    # None is not nothing: it means what the partnership says.
    back = await change_match(pool, new_id, wholesaler, match, MatchChanges(buffer=None, cap=None))
    assert isinstance(back, Written)
    assert (back.answer.buffer, back.answer.own_buffer) == ("0", False)
    assert await terms(pool) == (3, Decimal(0), None)
    # What changes nothing is no event.
    same = MatchChanges(buffer=None, cap=UNSET)
    assert isinstance(await change_match(pool, new_id, wholesaler, match, same), Written)
    acts = [act[:2] for act in await acts_of(pool, pair.wholesaler)]
    assert acts == [("partnerships.match_changed", ids.PRODUCT_MATCH + match)] * 2


@pytest.mark.parametrize(
    ("side", "changes", "code"),
    [
        ("retailer", MatchChanges(buffer=Decimal(0)), "partnerships.partner_decides"),
        ("retailer", MatchChanges(cap=None), "partnerships.partner_decides"),
        ("retailer", MatchChanges(rank=1000), "partnerships.rank_not_valid"),
        ("retailer", MatchChanges(rank=-1), "partnerships.rank_not_valid"),
        ("wholesaler", MatchChanges(rank=0), "partnerships.partner_decides"),
        ("wholesaler", MatchChanges(buffer=Decimal(-1)), "partnerships.buffer_not_valid"),
        ("wholesaler", MatchChanges(buffer=Decimal("NaN")), "partnerships.buffer_not_valid"),
        ("wholesaler", MatchChanges(cap=Decimal("0.0001")), "partnerships.cap_not_valid"),
        ("wholesaler", MatchChanges(cap=Decimal("1e13")), "partnerships.cap_not_valid"),
    ],
)
async def test_what_may_not_be_is_refused(
    pool: Pool, network: Network, side: str, changes: MatchChanges, code: str
) -> None:
    pair = await pair_of(network)
    match = await match_of(network, pair)
    before = await terms(pool)
    refused = await change_match(pool, new_id, caller_for(getattr(pair, side)), match, changes)
    assert isinstance(refused, Refusal)
    assert [fault.code for fault in refused.faults] == [code]
    assert await terms(pool) == before


async def test_an_ended_match_is_refused_and_anothers_is_not_there(
    pool: Pool, network: Network
) -> None:
    pair, other = await pair_of(network), await pair_of(network)
    match = await match_of(network, pair)
    for absent in (match, new_id(), ""):
        refused = await change_match(
            pool, new_id, caller_for(other.wholesaler), absent, MatchChanges()
        )
        assert isinstance(refused, Refusal)
        assert refused.code == "partnerships.unknown_match"
    await end_match(pool, new_id, caller_for(pair.retailer), match)
    refused = await change_match(
        pool, new_id, caller_for(pair.retailer), match, MatchChanges(rank=1)
    )
    assert isinstance(refused, Refusal)
    assert refused.code == "partnerships.match_ended"


async def test_both_sides_at_once_lose_nothing(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    match = await match_of(network, pair)
    for number in range(1, 6):
        await asyncio.gather(
            change_match(pool, new_id, caller_for(pair.retailer), match, MatchChanges(rank=number)),
            change_match(
                pool,
                new_id,
                caller_for(pair.wholesaler),
                match,
                MatchChanges(buffer=Decimal(number)),
            ),
            change_match(
                pool, new_id, caller_for(pair.wholesaler), match, MatchChanges(cap=Decimal(number))
            ),
        )
        assert await terms(pool) == (number, Decimal(number), Decimal(number))
