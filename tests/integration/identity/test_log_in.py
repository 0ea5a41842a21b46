"""Logging in: the password opens one organisation, guesses are counted, nothing is given away."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import (
    LogIn,
    OpenedSession,
    Whence,
    find_caller,
    is_well_formed,
    log_in,
)
from entrepot.infra.ids import new_id
from entrepot.infra.passwords import Cost, Passwords
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of
from tests.factories.network import Network
from tests.factories.people import (
    PASSWORD,
    Somebody,
    code_of,
    joined,
    opened_by,
    quick_passwords,
    somebody,
)


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "clerk")


async def attempt(
    pool: Pool, email: str, password: str = PASSWORD, organisation: str | None = None
) -> OpenedSession | Refusal:
    wanted = LogIn(email, password, organisation)
    return await log_in(pool, new_id, quick_passwords(), wanted)


async def guess(pool: Pool, email: str) -> str:
    return code_of(await attempt(pool, email, "wrong password"))


async def test_a_session_is_opened_and_its_secret_told_once(pool: Pool, ann: Somebody) -> None:
    whence = Whence("192.0.2.7", "Browser/1.0 \u200e" + "x" * 300)
    opened = await log_in(
        pool, new_id, quick_passwords(), LogIn(ann.email.upper(), PASSWORD), whence
    )
    assert isinstance(opened, OpenedSession)
    assert opened.secret.startswith("ent_ses_")
    assert is_well_formed(opened.secret)
    assert opened.role == "clerk"
    caller = await find_caller(pool, opened.secret)
    assert caller is not None
    assert (caller.organisation, caller.person) == (ann.organisation, ann.id)
    assert caller.token == opened.session.id.removeprefix(ids.SESSION)
    row = await pool.fetchrow("SELECT address, program FROM log_in_sessions")
    assert row is not None
    assert row["address"] == "192.0.2.7"
    assert row["program"].startswith("Browser/1.0  xxx")
    assert len(row["program"]) == 200
    act, subject, answer = (await acts_of(pool, ann.organisation))[-1]
    assert (act, subject) == ("identity.logged_in", opened.session.id)
    assert answer["person"] == ids.PERSON + ann.id
    assert not {"secret", "address", "program", "email"} & answer.keys()


async def test_sent_again_it_opens_another(pool: Pool, ann: Somebody) -> None:
    first, second = await opened_by(pool, ann), await opened_by(pool, ann)
    assert first.session.id != second.session.id
    assert await find_caller(pool, first.secret) is not None


async def test_a_wrong_password_and_an_unknown_address_answer_alike(
    pool: Pool, ann: Somebody
) -> None:
    answers = [
        await attempt(pool, ann.email, "wrong password"),
        await attempt(pool, "nobody@example.com", "wrong password"),
        await attempt(pool, "no address at all \0", "wrong password"),
        await attempt(pool, ann.email, ""),
    ]
    assert answers == [answers[0]] * 4
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "identity.log_in_not_valid"
    assert answers[0].faults[0].facts == {}


async def test_a_person_of_nobody_is_told_so(pool: Pool, ann: Somebody) -> None:
    await pool.execute("UPDATE memberships SET ended_at = now()")
    answer = await attempt(pool, ann.email)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.unknown_organisation"


async def test_of_several_organisations_one_is_named(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    other = await network.organisation("other")
    await joined(pool, ann, other, "owner")
    answer = await attempt(pool, ann.email)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.organisation_needed"
    slugs = str(answer.faults[0].facts["organisations"]).split()
    assert len(slugs) == 2
    assert await guess(pool, ann.email) == "identity.log_in_not_valid"
    for wanted in (next(each for each in slugs if each.startswith("other")), f"org_{other}"):
        opened = await attempt(pool, ann.email, organisation=wanted)
        assert isinstance(opened, OpenedSession)
        assert (opened.session.organisation, opened.role) == (f"org_{other}", "owner")


async def test_a_foreign_organisation_answers_like_an_absent_one(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    foreign = await attempt(pool, ann.email, organisation=f"org_{await network.organisation()}")
    absent = await attempt(pool, ann.email, organisation=f"org_{new_id()}")
    assert isinstance(foreign, Refusal)
    assert isinstance(absent, Refusal)
    assert foreign.code == absent.code == "identity.unknown_organisation"
    assert foreign.faults[0].message == absent.faults[0].message


async def test_after_ten_wrong_tries_the_right_one_waits(pool: Pool, ann: Somebody) -> None:
    for _ in range(10):
        assert await guess(pool, ann.email) == "identity.log_in_not_valid"
    for email in (ann.email, ann.email.upper()):
        answer = await attempt(pool, email)
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.too_many_tries"
        assert 3500 < int(str(answer.faults[0].facts["retry_after_seconds"])) <= 3601
    hour = "tried_at = ARRAY(SELECT t - interval '1 hour' FROM unnest(tried_at) AS t)"
    await pool.execute(f"UPDATE log_in_tries SET {hour}")
    assert isinstance(await attempt(pool, ann.email), OpenedSession)


async def test_who_does_not_exist_is_counted_too(pool: Pool) -> None:
    codes = [await guess(pool, "nobody@example.com") for _ in range(11)]
    assert codes == ["identity.log_in_not_valid"] * 10 + ["identity.too_many_tries"]


async def test_getting_in_forgives_the_tries(pool: Pool, ann: Somebody) -> None:
    for _ in range(3):
        for _ in range(9):
            assert await guess(pool, ann.email) == "identity.log_in_not_valid"
        await opened_by(pool, ann)


async def test_guesses_at_once_are_counted_too(pool: Pool, ann: Somebody) -> None:
    codes = await asyncio.gather(*(guess(pool, ann.email) for _ in range(30)))
    assert sorted(codes) == ["identity.log_in_not_valid"] * 10 + ["identity.too_many_tries"] * 20


async def test_tries_of_yesterday_are_forgotten(pool: Pool, ann: Somebody) -> None:
    for number in range(12):
        await guess(pool, f"nobody-{number}@example.com")
    await pool.execute("UPDATE log_in_tries SET last_at = last_at - interval '25 hours'")
    await opened_by(pool, ann)
    assert await pool.fetchval("SELECT count(*) FROM log_in_tries") == 3
    await opened_by(pool, ann)
    assert await pool.fetchval("SELECT count(*) FROM log_in_tries") == 1


async def test_a_hash_of_lower_cost_is_made_anew(pool: Pool, ann: Somebody) -> None:
    before = await pool.fetchrow("SELECT password_hash, password_set_at FROM people")
    dearer = Passwords(Cost(memory=16, passes=2))
    wanted = LogIn(ann.email, PASSWORD)
    assert isinstance(await log_in(pool, new_id, dearer, wanted), OpenedSession)
    after = await pool.fetchrow("SELECT password_hash, password_set_at FROM people")
    assert before is not None
    assert after is not None
    assert "m=16,t=2" in after["password_hash"]
    assert after["password_set_at"] == before["password_set_at"]
    assert isinstance(await log_in(pool, new_id, quick_passwords(), wanted), OpenedSession)
    assert await pool.fetchval("SELECT password_hash FROM people") == after["password_hash"]
