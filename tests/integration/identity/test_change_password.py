"""Changing one's password: only by the old one, and every other session ends."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import PasswordSet, change_password, find_caller
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import (
    PASSWORD,
    Somebody,
    caller_of,
    code_of,
    joined,
    opened_by,
    quick_passwords,
    somebody,
)

NEW = "eight green leeks"


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "reader")


async def change(
    pool: Pool, caller: Caller, old: str = PASSWORD, new: str = NEW
) -> PasswordSet | Refusal:
    return await change_password(pool, new_id, quick_passwords(), caller, old, new)


async def test_the_new_password_holds_and_other_sessions_end(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    other = await joined(pool, ann, await network.organisation("other"), "clerk")
    mine = await opened_by(pool, ann, f"org_{ann.organisation}")
    ended = [
        await opened_by(pool, ann, f"org_{ann.organisation}"),
        await opened_by(pool, ann, f"org_{other.organisation}"),
    ]
    answer = await change(pool, await caller_of(pool, mine))
    assert isinstance(answer, PasswordSet)
    assert answer.person == ids.PERSON + ann.id
    assert [await find_caller(pool, each.secret) for each in ended] == [None, None]
    await caller_of(pool, mine)
    await opened_by(pool, ann._replace(password=NEW), f"org_{ann.organisation}")
    for organisation in (ann.organisation, other.organisation):
        told = [each for each in await acts_of(pool, organisation) if "password" in each[0]]
        assert [act for act, _, _ in told] == ["identity.password_changed"]
        assert told[0][2].keys() == {"person", "set_at"}


async def test_sent_again_it_is_answered_the_same(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    first = await change(pool, caller)
    assert isinstance(first, PasswordSet)
    for _ in range(12):
        assert await change(pool, caller) == first
    acts = [act for act, _, _ in await acts_of(pool, ann.organisation)]
    assert acts.count("identity.password_changed") == 1


async def test_twice_at_once_one_of_them_is_late(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    answers = await asyncio.gather(
        change(pool, caller, new=NEW), change(pool, caller, new="nine red beets too")
    )
    assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]
    (refused,) = [answer for answer in answers if isinstance(answer, Refusal)]
    assert refused.code == "identity.password_wrong"


async def test_the_old_password_is_needed_and_guesses_count(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    codes = [code_of(await change(pool, caller, old="not this one")) for _ in range(11)]
    assert codes == ["identity.password_wrong"] * 10 + ["identity.too_many_tries"]
    assert code_of(await change(pool, caller)) == "identity.too_many_tries"


async def test_a_bad_password_is_refused(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    for new, code in {
        "short": "identity.password_not_valid",
        "x" * 201: "identity.password_not_valid",
        ann.email.upper(): "identity.password_guessable",
        "Welkom2026!": "identity.password_guessable",
    }.items():
        answer = await change(pool, caller, new=new)
        assert isinstance(answer, Refusal)
        assert [(each.code, each.field) for each in answer.faults] == [(code, "new_password")]


async def test_a_token_has_no_password(pool: Pool, ann: Somebody) -> None:
    answer = await change(pool, caller_for(ann.organisation))
    assert code_of(answer) == "identity.person_needed"
