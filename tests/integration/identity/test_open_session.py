"""Opening a session: what changed since the password was found right is seen, and waited for."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import LogIn, OpenedSession, change_role, find_caller, log_in, store
from entrepot.identity.actions.open_session import open_session
from entrepot.identity.model import NOWHERE, PersonRow
from entrepot.infra.ids import new_id, random_bytes
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written, writing
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.locks import until_waiting
from tests.factories.network import Network
from tests.factories.people import PASSWORD, Somebody, quick_passwords, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation(), "clerk")


async def row_of(pool: Pool, somebody: Somebody) -> PersonRow:
    async with pool.acquire() as connection:
        return await store.find_person(connection, somebody.id)


async def opened(pool: Pool, person: PersonRow, organisation: str) -> OpenedSession | Refusal:
    async with writing(pool) as connection:
        return await open_session(connection, new_id, person, organisation, NOWHERE, random_bytes)


async def test_the_secret_is_kept_as_its_hash(pool: Pool, ann: Somebody) -> None:
    session = await opened(pool, await row_of(pool, ann), ann.organisation)
    assert isinstance(session, OpenedSession)
    everything = str(await pool.fetch("SELECT * FROM log_in_sessions"))
    assert session.secret not in everything
    assert (session.session.expires_at - session.session.created_at).days == 7


async def test_a_password_that_changed_meanwhile_lets_nobody_in(pool: Pool, ann: Somebody) -> None:
    person = await row_of(pool, ann)
    await pool.execute("UPDATE people SET password_hash = 'other'")
    answer = await opened(pool, person, ann.organisation)
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.log_in_not_valid"
    assert await pool.fetchval("SELECT count(*) FROM log_in_sessions") == 0


async def test_who_left_the_organisation_meanwhile_does_not_get_in(
    pool: Pool, ann: Somebody
) -> None:
    person = await row_of(pool, ann)
    await pool.execute("UPDATE memberships SET ended_at = now()")
    assert isinstance(await opened(pool, person, ann.organisation), Refusal)


async def test_a_role_change_in_flight_is_waited_for(pool: Pool, ann: Somebody) -> None:
    async with pool.acquire() as rival, pool.acquire() as watcher:
        turn = rival.transaction()
        await turn.start()
        await store.lock_memberships(rival, ann.organisation)
        wanted = LogIn(ann.email, PASSWORD)
        entering = asyncio.create_task(log_in(pool, new_id, quick_passwords(), wanted))
        await until_waiting(watcher)
        await rival.execute("UPDATE memberships SET role = 'reader'")
        await turn.commit()
        session = await entering
    assert isinstance(session, OpenedSession)
    assert session.role == "reader"


async def test_a_role_change_waits_for_a_log_in_and_ends_its_session(
    pool: Pool, ann: Somebody
) -> None:
    person = await row_of(pool, ann)
    caller = caller_for(ann.organisation)
    async with pool.acquire() as watcher:
        async with writing(pool) as connection:
            session = await open_session(
                connection, new_id, person, ann.organisation, NOWHERE, random_bytes
            )
            changing = asyncio.create_task(change_role(pool, new_id, caller, ann.id, "reader"))
            await until_waiting(watcher)
        assert isinstance(await changing, Written)
    assert isinstance(session, OpenedSession)
    assert await find_caller(pool, session.secret) is None
