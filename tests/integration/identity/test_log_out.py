"""Logging out: one's own sessions and, for owners, colleagues'; others' are not there."""

from __future__ import annotations

import pytest

from entrepot.identity import find_caller, list_sessions, log_out
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Key, Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import (
    Somebody,
    caller_of,
    joined,
    opened_by,
    sessions_of,
    somebody,
)


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation(), "clerk")


async def test_one_logs_out_and_stays_so(pool: Pool, ann: Somebody) -> None:
    opened, other = await opened_by(pool, ann), await opened_by(pool, ann)
    caller = await caller_of(pool, opened)
    assert caller.token is not None
    first = await log_out(pool, new_id, caller, caller.token)
    again = await log_out(pool, new_id, caller, caller.token)
    assert isinstance(first, Written)
    assert first.answer.revoked_at is not None
    assert again == first
    assert await find_caller(pool, opened.secret) is None
    assert await find_caller(pool, other.secret) is not None
    acts = [act for act, _, _ in await acts_of(pool, ann.organisation)]
    assert acts.count("identity.logged_out") == 1


async def test_an_owner_logs_a_colleague_out(pool: Pool, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    owner = caller_for(ann.organisation, Scope.ORGANISATION_WRITE)
    (listed,) = await sessions_of(pool, owner, ann.id)
    sent = Sent("k", b"c")
    first = await log_out(pool, new_id, owner, listed.id.removeprefix(ids.SESSION), sent)
    again = await log_out(pool, new_id, owner, listed.id.removeprefix(ids.SESSION), sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await find_caller(pool, opened.secret) is None
    assert await sessions_of(pool, owner, ann.id) == []


async def test_others_sessions_answer_like_absent_ones(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    bob = await somebody(pool, ann.organisation, "manager")
    elsewhere = await joined(pool, ann, await network.organisation("elsewhere"), "owner")
    own = await opened_by(pool, ann, f"org_{ann.organisation}")
    session = own.session.id.removeprefix(ids.SESSION)
    colleague = await caller_of(pool, await opened_by(pool, bob))
    stranger = caller_for(await network.organisation())
    herself = await caller_of(pool, await opened_by(pool, ann, f"org_{elsewhere.organisation}"))
    for caller in (colleague, stranger, herself):
        foreign = await log_out(pool, new_id, caller, session)
        absent = await log_out(pool, new_id, caller, new_id())
        assert isinstance(foreign, Refusal)
        assert isinstance(absent, Refusal)
        assert foreign.code == absent.code == "identity.unknown_session"
        assert foreign.faults[0].message == absent.faults[0].message
    assert isinstance(await log_out(pool, new_id, stranger, ""), Refusal)
    assert await find_caller(pool, own.secret) is not None


async def test_whose_sessions_are_shown(pool: Pool, network: Network, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    caller = await caller_of(pool, opened)
    (mine,) = await sessions_of(pool, caller)
    assert (mine.id, mine.person) == (opened.session.id, ids.PERSON + ann.id)
    assert await sessions_of(pool, caller, ann.id) == [mine]
    stranger = caller_for(await network.organisation())
    assert await sessions_of(pool, stranger, ann.id) == []
    for asker, person, code in (
        (caller, new_id(), "identity.scope_missing"),
        (stranger, None, "identity.person_needed"),
    ):
        answer = await list_sessions(pool, asker, Page(), person)
        assert isinstance(answer, Refusal)
        assert answer.code == code


async def test_sessions_are_read_page_by_page(pool: Pool, ann: Somebody) -> None:
    made = [(await opened_by(pool, ann)).session.id for _ in range(5)]
    caller = caller_for(ann.organisation)
    seen: list[str] = []
    after: Key | None = None
    while rows := await sessions_of(pool, caller, ann.id, Page(1, after)):
        seen += [row.id for row in rows]
        after = (rows[-1].id.removeprefix(ids.SESSION),)
    assert seen == made[::-1]
