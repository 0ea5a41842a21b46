"""Removing a colleague: at once, for good, and never the last owner."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import find_caller, remove_colleague
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import Somebody, code_of, joined, opened_by, people_of, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "clerk")


async def test_a_colleague_leaves_one_organisation(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    other = await joined(pool, ann, await network.organisation("other"), "reader")
    here = await opened_by(pool, ann, f"org_{ann.organisation}")
    there = await opened_by(pool, ann, f"org_{other.organisation}")
    caller = caller_for(ann.organisation)
    first = await remove_colleague(pool, new_id, caller, ann.id)
    again = await remove_colleague(pool, new_id, caller, ann.id)
    assert isinstance(first, Written)
    assert first.answer.ended_at is not None
    assert again == first
    assert await people_of(pool, ann.organisation) == []
    assert await find_caller(pool, here.secret) is None
    assert await find_caller(pool, there.secret) is not None
    acts = [act for act, _, _ in await acts_of(pool, ann.organisation)]
    assert acts.count("identity.colleague_removed") == 1


async def test_who_was_removed_may_be_invited_again(pool: Pool, ann: Somebody) -> None:
    await remove_colleague(pool, new_id, caller_for(ann.organisation), ann.id)
    await joined(pool, ann, ann.organisation, "manager")
    (colleague,) = await people_of(pool, ann.organisation)
    assert colleague.role == "manager"


async def test_sent_again_it_is_answered_as_before(pool: Pool, ann: Somebody) -> None:
    caller, sent = caller_for(ann.organisation), Sent("k", b"c")
    first = await remove_colleague(pool, new_id, caller, ann.id, sent)
    await joined(pool, ann, ann.organisation, "clerk")
    again = await remove_colleague(pool, new_id, caller, ann.id, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert len(await people_of(pool, ann.organisation)) == 1


async def test_two_owners_removed_at_once_leave_one(pool: Pool, network: Network) -> None:
    for _ in range(5):
        organisation = await network.organisation()
        owners = [await somebody(pool, organisation, "owner") for _ in range(2)]
        caller = caller_for(organisation)
        answers = await asyncio.gather(
            *[remove_colleague(pool, new_id, caller, each.id) for each in owners]
        )
        refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
        assert refused == ["identity.last_owner"]
        assert len(await people_of(pool, organisation)) == 1


async def test_who_is_not_there_and_who_may_not(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    stranger = caller_for(await network.organisation())
    for person in (ann.id, new_id(), ""):
        answer = await remove_colleague(pool, new_id, stranger, person)
        assert code_of(answer) == "identity.unknown_person"
    clerk = caller_for(ann.organisation, Scope.ORDERS_WRITE)
    answer = await remove_colleague(pool, new_id, clerk, ann.id)
    assert code_of(answer) == "identity.scope_missing"
    assert len(await people_of(pool, ann.organisation)) == 1
