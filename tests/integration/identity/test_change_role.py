"""Changing a role: at once, by those who may, and never the last owner's."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import change_role, find_caller, list_colleagues
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import Somebody, code_of, joined, opened_by, people_of, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "clerk")


async def test_a_role_changes_and_the_person_is_logged_out_there(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    other = await joined(pool, ann, await network.organisation("other"), "reader")
    here = await opened_by(pool, ann, f"org_{ann.organisation}")
    there = await opened_by(pool, ann, f"org_{other.organisation}")
    changed = await change_role(pool, new_id, caller_for(ann.organisation), ann.id, "manager")
    assert isinstance(changed, Written)
    assert changed.answer.role == "manager"
    assert await find_caller(pool, here.secret) is None
    assert await find_caller(pool, there.secret) is not None
    (colleague,) = await people_of(pool, ann.organisation)
    assert (colleague.id, colleague.role, colleague.email) == (
        ids.PERSON + ann.id,
        "manager",
        ann.email,
    )
    act, subject, answer = (await acts_of(pool, ann.organisation))[-1]
    assert (act, subject, answer["role"]) == ("identity.role_changed", colleague.id, "manager")
    assert ann.email not in str(answer)


async def test_the_same_role_changes_nothing(pool: Pool, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    before = await acts_of(pool, ann.organisation)
    same = await change_role(pool, new_id, caller_for(ann.organisation), ann.id, "clerk")
    assert isinstance(same, Written)
    assert await find_caller(pool, opened.secret) is not None
    assert await acts_of(pool, ann.organisation) == before


async def test_sent_again_it_is_answered_as_before(pool: Pool, ann: Somebody) -> None:
    caller, sent = caller_for(ann.organisation), Sent("k", b"c")
    first = await change_role(pool, new_id, caller, ann.id, "manager", sent)
    await change_role(pool, new_id, caller, ann.id, "reader")
    again = await change_role(pool, new_id, caller, ann.id, "manager", sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    (colleague,) = await people_of(pool, ann.organisation)
    assert colleague.role == "reader"


async def test_the_last_owner_stays_one(pool: Pool, ann: Somebody) -> None:
    owner = await somebody(pool, ann.organisation, "owner")
    caller = caller_for(ann.organisation)
    answer = await change_role(pool, new_id, caller, owner.id, "clerk")
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.last_owner"
    assert isinstance(await change_role(pool, new_id, caller, ann.id, "owner"), Written)
    assert isinstance(await change_role(pool, new_id, caller, owner.id, "clerk"), Written)


async def test_two_owners_lowered_at_once_leave_one(pool: Pool, network: Network) -> None:
    for _ in range(5):
        organisation = await network.organisation()
        owners = [await somebody(pool, organisation, "owner") for _ in range(2)]
        caller = caller_for(organisation)
        answers = await asyncio.gather(
            *[change_role(pool, new_id, caller, each.id, "reader") for each in owners]
        )
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert [answer.code for answer in refused] == ["identity.last_owner"]
        roles = sorted(each.role for each in await people_of(pool, organisation))
        assert roles == ["owner", "reader"]


async def test_nobody_gives_more_than_they_have(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation, Scope.ORGANISATION_WRITE, Scope.ORDERS_READ)
    answer = await change_role(pool, new_id, caller, ann.id, "reader")
    assert isinstance(answer, Refusal)
    assert [(fault.code, fault.field, fault.facts) for fault in answer.faults] == [
        ("identity.scope_missing", "role", {"scope": "catalogue:read"}),
        ("identity.scope_missing", "role", {"scope": "marketplace:read"}),
        ("identity.scope_missing", "role", {"scope": "partnerships:read"}),
        ("identity.scope_missing", "role", {"scope": "settlement:read"}),
        ("identity.scope_missing", "role", {"scope": "stock:read"}),
    ]


async def test_who_is_not_there(pool: Pool, network: Network, ann: Somebody) -> None:
    gone = await somebody(pool, ann.organisation, "clerk")
    await pool.execute("UPDATE memberships SET ended_at = now() WHERE person = $1", gone.id)
    stranger = caller_for(await network.organisation())
    answers = [
        await change_role(pool, new_id, stranger, ann.id, "reader"),
        await change_role(pool, new_id, stranger, new_id(), "reader"),
        await change_role(pool, new_id, stranger, "", "reader"),
        await change_role(pool, new_id, caller_for(ann.organisation), gone.id, "reader"),
    ]
    assert {code_of(answer) for answer in answers} == {"identity.unknown_person"}
    messages = {answer.faults[0].message for answer in answers if isinstance(answer, Refusal)}
    assert len(messages) == 1


@pytest.mark.parametrize("role", ["", "boss", "Owner"])
async def test_a_role_that_is_none(pool: Pool, ann: Somebody, role: str) -> None:
    answer = await change_role(pool, new_id, caller_for(ann.organisation), ann.id, role)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.role_not_valid"


async def test_the_scope_is_needed(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await change_role(pool, new_id, caller, ann.id, "reader"),
        await list_colleagues(pool, caller, Page()),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
