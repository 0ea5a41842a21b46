"""Resuming lifts one's own pause and nobody else's."""

from __future__ import annotations

import asyncio

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    begin_ending,
    list_trading_rights,
    pause_partnership,
    resume_partnership,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import done, paired


async def test_it_goes_on_when_both_have_lifted_their_pause(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    wholesaler, retailer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    await asyncio.gather(
        pause_partnership(pool, new_id, wholesaler, pair.id),
        pause_partnership(pool, new_id, retailer, pair.id),
    )
    half = done(await resume_partnership(pool, new_id, wholesaler, pair.id))
    assert (half.state, half.paused_by_you, half.paused_by_partner) == ("paused", False, True)
    whole = done(await resume_partnership(pool, new_id, retailer, pair.id))
    assert (whole.state, whole.paused_by_you, whole.paused_by_partner) == ("active", False, False)
    (right,) = await list_trading_rights(pool, retailer)  # type: ignore[misc] # the scope is there
    assert right.state == "active"


async def test_what_one_did_not_pause_stays_as_it_is(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    wholesaler, retailer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    assert done(await resume_partnership(pool, new_id, retailer, pair.id)) == pair.shown
    await pause_partnership(pool, new_id, wholesaler, pair.id)
    still = done(await resume_partnership(pool, new_id, retailer, pair.id))
    assert (still.state, still.paused_by_partner) == ("paused", True)
    assert "partnerships.partnership_resumed" not in {
        act for act, _, _ in await acts_of(pool, pair.retailer)
    }


async def test_what_is_refused(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    foreign = await resume_partnership(
        pool, new_id, caller_for(await network.organisation()), pair.id
    )
    unscoped = await resume_partnership(
        pool, new_id, caller_for(pair.wholesaler, Scope.PARTNERSHIPS_READ), pair.id
    )
    await pause_partnership(pool, new_id, caller, pair.id)
    await begin_ending(pool, new_id, caller, pair.id)
    ending = await resume_partnership(pool, new_id, caller, pair.id)
    codes = []
    for answer in (foreign, unscoped, ending):
        assert isinstance(answer, Refusal)
        codes.append(answer.code)
    assert codes == [
        "partnerships.unknown_partnership",
        "identity.scope_missing",
        "partnerships.partnership_ending",
    ]
