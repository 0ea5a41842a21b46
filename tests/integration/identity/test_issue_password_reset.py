"""Issuing a key for a new password: the operator's act, told once, the last one holds."""

from __future__ import annotations

import pytest

from entrepot.identity import IssuedReset, issue_password_reset, reset_password
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from tests.factories.callers import acts_of
from tests.factories.network import Network
from tests.factories.people import Somebody, code_of, opened_by, quick_passwords, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation())


async def test_the_key_is_told_once_and_the_password_holds_on(pool: Pool, ann: Somebody) -> None:
    issued = await issue_password_reset(pool, new_id, ann.email.upper())
    assert isinstance(issued, IssuedReset)
    assert issued.key.startswith("ent_key_")
    assert issued.reset.person == ids.PERSON + ann.id
    assert issued.key not in str(await pool.fetch("SELECT * FROM password_resets"))
    await opened_by(pool, ann)
    act, subject, answer = (await acts_of(pool, ann.organisation))[1]
    assert (act, subject) == ("identity.password_reset_issued", issued.reset.person)
    assert answer.keys() == {"person", "expires_at"}


async def test_a_new_key_ends_the_one_before(pool: Pool, ann: Somebody) -> None:
    first = await issue_password_reset(pool, new_id, ann.email)
    second = await issue_password_reset(pool, new_id, ann.email)
    assert isinstance(first, IssuedReset)
    assert isinstance(second, IssuedReset)
    answer = await reset_password(pool, new_id, quick_passwords(), first.key, "eight green leeks")
    assert code_of(answer) == "identity.key_not_valid"


@pytest.mark.parametrize("email", ["nobody@example.com", "nonsense"])
async def test_nobody_is_told_so(pool: Pool, email: str) -> None:
    assert code_of(await issue_password_reset(pool, new_id, email)) == "identity.unknown_person"


async def test_who_belongs_nowhere_has_nothing_to_log_in_to(pool: Pool, ann: Somebody) -> None:
    await pool.execute("UPDATE memberships SET ended_at = now()")
    answer = await issue_password_reset(pool, new_id, ann.email)
    assert code_of(answer) == "identity.unknown_person"
