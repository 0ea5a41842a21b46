"""Wrong invite keys are counted by organisation, also when they come all at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import accept_partnership_invitation, preview_invitation
from entrepot.partnerships.actions.try_invite_key import forgive_try, try_invite_key
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.partnerships import invite_key_of

WRONG = "ent_inv_00000-00000-00000-00000-00000-00000"


async def test_only_ten_of_many_at_once_are_looked_at(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    answers = await asyncio.gather(*[try_invite_key(pool, organisation) for _ in range(30)])
    refused = [each for each in answers if isinstance(each, Refusal)]
    assert len(refused) == 20
    assert {each.code for each in refused} == {"partnerships.too_many_tries"}


async def test_a_good_try_is_forgiven_and_the_wrong_ones_are_not(
    pool: Pool, network: Network
) -> None:
    organisation = await network.organisation()
    for _ in range(9):
        assert isinstance(await try_invite_key(pool, organisation), datetime)
    good = await try_invite_key(pool, organisation)
    assert isinstance(good, datetime)
    await forgive_try(pool, organisation, good)
    assert isinstance(await try_invite_key(pool, organisation), datetime)
    assert isinstance(await try_invite_key(pool, organisation), Refusal)


async def test_a_wrong_key_counts_although_it_is_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    key = await invite_key_of(pool, await network.organisation())
    for number in range(10):
        answer = (
            await preview_invitation(pool, caller, WRONG)
            if number % 2
            else await accept_partnership_invitation(pool, new_id, caller, WRONG)
        )
        assert isinstance(answer, Refusal)
        assert answer.code == "partnerships.invite_key_not_valid"
        good = await preview_invitation(pool, caller, key) if number < 9 else None
        assert not isinstance(good, Refusal), "a good key is looked at, and forgiven"
    for answer in (
        await preview_invitation(pool, caller, key),
        await accept_partnership_invitation(pool, new_id, caller, key),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "partnerships.too_many_tries"
    other = caller_for(await network.organisation())
    assert not isinstance(await preview_invitation(pool, other, key), Refusal)


async def test_an_hour_later_they_are_forgotten(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    for _ in range(11):
        await try_invite_key(pool, organisation)
    await pool.execute(
        "UPDATE invite_key_tries SET tried_at = ARRAY("
        "SELECT t - $2::interval FROM unnest(tried_at) AS t) WHERE organisation = $1",
        organisation,
        timedelta(hours=1),
    )
    assert isinstance(await try_invite_key(pool, organisation), datetime)
    kept = await pool.fetchval("SELECT cardinality(tried_at) FROM invite_key_tries")
    assert kept == 1
