"""Choosing a new password by a key: once, in time, and every session ends."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import (
    IssuedReset,
    PasswordSet,
    find_caller,
    issue_password_reset,
    make_secret,
    reset_password,
)
from entrepot.infra.ids import new_id, random_bytes
from entrepot.infra.pool import Pool
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of
from tests.factories.network import Network
from tests.factories.people import Somebody, code_of, opened_by, quick_passwords, somebody

NEW = "eight green leeks"


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation())


async def key_for(pool: Pool, person: Somebody) -> str:
    issued = await issue_password_reset(pool, new_id, person.email)
    assert isinstance(issued, IssuedReset)
    return issued.key


async def use(pool: Pool, key: str, password: str = NEW) -> PasswordSet | Refusal:
    return await reset_password(pool, new_id, quick_passwords(), key, password)


async def test_the_new_password_holds_and_all_sessions_end(pool: Pool, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    key = await key_for(pool, ann)
    assert isinstance(await use(pool, key), PasswordSet)
    assert await find_caller(pool, opened.secret) is None
    await opened_by(pool, ann._replace(password=NEW))
    acts = await acts_of(pool, ann.organisation)
    (answer,) = [answer for act, _, answer in acts if act == "identity.password_reset"]
    assert answer.keys() == {"person", "set_at"}


async def test_a_locked_out_person_gets_in_again(pool: Pool, ann: Somebody) -> None:
    await pool.execute("UPDATE log_in_tries SET tried_at = array_fill(now(), ARRAY[10])")
    assert isinstance(await use(pool, await key_for(pool, ann)), PasswordSet)
    await opened_by(pool, ann._replace(password=NEW))


async def test_sent_again_it_is_answered_the_same(pool: Pool, ann: Somebody) -> None:
    key = await key_for(pool, ann)
    first = await use(pool, key)
    assert isinstance(first, PasswordSet)
    assert await use(pool, key) == first
    other = [code_of(await use(pool, key, "nine red beets too")) for _ in range(11)]
    assert other == ["identity.key_not_valid"] * 10 + ["identity.too_many_tries"]


async def test_used_at_once_it_is_used_once(pool: Pool, ann: Somebody) -> None:
    key = await key_for(pool, ann)
    answers = await asyncio.gather(
        *[use(pool, key, f"password number {number}") for number in range(5)]
    )
    assert sum(isinstance(answer, PasswordSet) for answer in answers) == 1
    assert {each.code for each in answers if isinstance(each, Refusal)} == {
        "identity.key_not_valid"
    }


async def test_a_key_past_its_time_or_unknown(pool: Pool, ann: Somebody) -> None:
    key = await key_for(pool, ann)
    await pool.execute("UPDATE password_resets SET expires_at = now()")
    unknown = make_secret("key", random_bytes(32))
    answers = [await use(pool, each) for each in (key, unknown, "", "ent_ses_" + "0" * 36)]
    assert answers == [answers[0]] * 4
    assert code_of(answers[0]) == "identity.key_not_valid"
    await opened_by(pool, ann)


async def test_a_bad_password_leaves_the_key_as_it_is(pool: Pool, ann: Somebody) -> None:
    key = await key_for(pool, ann)
    assert code_of(await use(pool, key, "short")) == "identity.password_not_valid"
    assert code_of(await use(pool, key, ann.email)) == "identity.password_guessable"
    assert isinstance(await use(pool, key), PasswordSet)
