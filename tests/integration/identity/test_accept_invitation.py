"""Accepting an invitation: once, by whoever has its key and the invited address."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from entrepot.identity import (
    Acceptance,
    IssuedInvitation,
    NewInvitation,
    OpenedSession,
    accept_invitation,
    find_caller,
    invite_colleague,
    make_secret,
    remove_colleague,
)
from entrepot.infra.ids import new_id, random_bytes
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import PASSWORD, code_of, people_of, quick_passwords, somebody


@pytest.fixture
async def owner(network: Network) -> Caller:
    return caller_for(await network.organisation())


async def invited(
    pool: Pool, owner: Caller, email: str = "Bob@example.com", role: str = "clerk"
) -> Acceptance:
    issued = await invite_colleague(pool, new_id, owner, NewInvitation(email, role))
    assert isinstance(issued, IssuedInvitation)
    return Acceptance(issued.key, PASSWORD, "Bob", "en", "Europe/London")


async def accept(pool: Pool, wanted: Acceptance) -> OpenedSession | Refusal:
    return await accept_invitation(pool, new_id, quick_passwords(), wanted)


async def test_a_new_person_joins_and_is_logged_in(pool: Pool, owner: Caller) -> None:
    wanted = await invited(pool, owner)
    opened = await accept(pool, wanted)
    assert isinstance(opened, OpenedSession)
    caller = await find_caller(pool, opened.secret)
    assert caller is not None
    assert caller.organisation == owner.organisation
    (colleague,) = await people_of(pool, owner.organisation)
    assert (colleague.id, colleague.email, colleague.name, colleague.role) == (
        opened.session.person,
        "Bob@example.com",
        "Bob",
        "clerk",
    )
    row = await pool.fetchrow("SELECT language, time_zone FROM people")
    assert row is not None
    assert tuple(row) == ("en", "Europe/London")
    acts = [act for act, _, _ in await acts_of(pool, owner.organisation)]
    assert acts == [
        "identity.colleague_invited",
        "identity.logged_in",
        "identity.invitation_accepted",
    ]
    tokens = await pool.fetch("SELECT token FROM audit WHERE act <> 'identity.colleague_invited'")
    assert {row["token"] for row in tokens} == {opened.session.id.removeprefix(ids.SESSION)}


async def test_sent_again_it_logs_in_again_and_joins_once(pool: Pool, owner: Caller) -> None:
    wanted = await invited(pool, owner)
    first, again = await accept(pool, wanted), await accept(pool, wanted)
    assert isinstance(first, OpenedSession)
    assert isinstance(again, OpenedSession)
    assert first.session.person == again.session.person
    assert first.secret != again.secret
    acts = [act for act, _, _ in await acts_of(pool, owner.organisation)]
    assert acts.count("identity.invitation_accepted") == 1
    other = msgspec.structs.replace(wanted, password="another password")
    assert code_of(await accept(pool, other)) == "identity.log_in_not_valid"


async def test_accepted_at_once_it_makes_one_person(pool: Pool, owner: Caller) -> None:
    for number in range(5):
        wanted = await invited(pool, owner, f"bob-{number}@example.com")
        answers = await asyncio.gather(*[accept(pool, wanted) for _ in range(5)])
        assert any(isinstance(answer, OpenedSession) for answer in answers)
        codes = {answer.code for answer in answers if isinstance(answer, Refusal)}
        assert codes <= {"identity.key_not_valid", "identity.log_in_not_valid"}
        assert len(await people_of(pool, owner.organisation)) == number + 1


async def test_who_is_known_joins_by_their_password(
    pool: Pool, network: Network, owner: Caller
) -> None:
    ann = await somebody(pool, await network.organisation(), name="Ann")
    wanted = await invited(pool, owner, ann.email.upper())
    wrong = msgspec.structs.replace(wanted, password="another password")
    assert code_of(await accept(pool, wrong)) == "identity.log_in_not_valid"
    assert await people_of(pool, owner.organisation) == []
    assert isinstance(await accept(pool, wanted), OpenedSession)
    (colleague,) = await people_of(pool, owner.organisation)
    assert (colleague.id, colleague.name) == (ids.PERSON + ann.id, "Ann")


async def test_guessing_the_password_by_a_key_is_counted(
    pool: Pool, network: Network, owner: Caller
) -> None:
    ann = await somebody(pool, await network.organisation())
    wanted = await invited(pool, owner, ann.email)
    wrong = msgspec.structs.replace(wanted, password="another password")
    codes = [code_of(await accept(pool, wrong)) for _ in range(11)]
    assert codes[9:] == ["identity.log_in_not_valid", "identity.too_many_tries"]


async def test_two_organisations_invite_a_newcomer_at_once(
    pool: Pool, network: Network, owner: Caller
) -> None:
    other = caller_for(await network.organisation())
    wanted = [await invited(pool, each) for each in (owner, other)]
    answers = await asyncio.gather(*[accept(pool, each) for each in wanted])
    for answer, each in zip(answers, wanted, strict=True):
        if isinstance(answer, Refusal):
            assert answer.code == "identity.email_taken"
            assert isinstance(await accept(pool, each), OpenedSession)
    assert await pool.fetchval("SELECT count(*) FROM people") == 1
    assert await pool.fetchval("SELECT count(*) FROM memberships") == 2


async def test_an_invitation_past_its_time(pool: Pool, owner: Caller) -> None:
    wanted = await invited(pool, owner)
    await pool.execute("UPDATE colleague_invitations SET expires_at = now()")
    assert code_of(await accept(pool, wanted)) == "identity.key_not_valid"
    assert await pool.fetchval("SELECT count(*) FROM people") == 0


async def test_an_old_invitation_brings_nobody_back(pool: Pool, owner: Caller) -> None:
    wanted = await invited(pool, owner)
    opened = await accept(pool, wanted)
    assert isinstance(opened, OpenedSession)
    person = opened.session.person.removeprefix(ids.PERSON)
    assert not isinstance(await remove_colleague(pool, new_id, owner, person), Refusal)
    assert code_of(await accept(pool, wanted)) == "identity.key_not_valid"


async def test_who_belongs_there_already_is_told_so(pool: Pool, owner: Caller) -> None:
    first = await invited(pool, owner)
    assert isinstance(await accept(pool, first), OpenedSession)
    await pool.execute("UPDATE colleague_invitations SET accepted_at = NULL, key_hash = key_hash")
    assert code_of(await accept(pool, first)) == "identity.already_colleague"


@pytest.mark.parametrize("key", ["", "ent_key_", "nonsense \0", "ent_app_" + "0" * 36])
async def test_a_key_that_is_none(pool: Pool, key: str) -> None:
    unknown = make_secret("key", random_bytes(32))
    answers = [await accept(pool, Acceptance(each, PASSWORD, "Bob")) for each in (key, unknown)]
    assert answers[0] == answers[1]
    assert code_of(answers[0]) == "identity.key_not_valid"


async def test_every_fault_is_named_at_once(pool: Pool, owner: Caller) -> None:
    wanted = await invited(pool, owner)
    bad = Acceptance(wanted.key, "short", None, "fr", "Europe/Nowhere")
    answer = await accept(pool, bad)
    assert isinstance(answer, Refusal)
    assert [(fault.code, fault.field) for fault in answer.faults] == [
        ("identity.name_not_valid", "name"),
        ("identity.language_not_valid", "language"),
        ("identity.time_zone_not_valid", "time_zone"),
        ("identity.password_not_valid", "password"),
    ]
    assert isinstance(await accept(pool, wanted), OpenedSession)
