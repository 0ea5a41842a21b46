"""Who asks: a person by their session, with what their role may do at this moment."""

from __future__ import annotations

import pytest

from entrepot.identity import ROLE_SCOPES, find_caller, make_secret
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from tests.factories.network import Network
from tests.factories.people import Somebody, caller_of, opened_by, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation(), "clerk")


@pytest.mark.parametrize("role", ["owner", "manager", "clerk", "reader"])
async def test_a_person_may_do_what_their_role_may(pool: Pool, network: Network, role: str) -> None:
    person = await somebody(pool, await network.organisation(), role)
    caller = await caller_of(pool, await opened_by(pool, person))
    assert caller.scopes == ROLE_SCOPES[role]
    assert (caller.organisation, caller.person) == (person.organisation, person.id)


async def test_scopes_are_those_of_the_role_now(pool: Pool, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    await pool.execute("UPDATE memberships SET role = 'reader'")
    assert (await caller_of(pool, opened)).scopes == ROLE_SCOPES["reader"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_in_sessions SET revoked_at = now()",
        "UPDATE log_in_sessions SET expires_at = now()",
        "UPDATE log_in_sessions SET seen_at = now() - interval '8 hours'",
        pytest.param(
            "UPDATE memberships SET ended_at = now()",
            marks=pytest.mark.damages_database("whoever removes a colleague ends their sessions"),
        ),
    ],
)
async def test_a_session_that_ended_is_nobody(pool: Pool, ann: Somebody, change: str) -> None:
    opened = await opened_by(pool, ann)
    await caller_of(pool, opened)
    await pool.execute(change)
    assert await find_caller(pool, opened.secret) is None


async def test_that_it_was_used_is_written_down_now_and_then(pool: Pool, ann: Somebody) -> None:
    opened = await opened_by(pool, ann)
    seen = "SELECT seen_at FROM log_in_sessions"
    first = await pool.fetchval(seen)
    await caller_of(pool, opened)
    assert await pool.fetchval(seen) == first
    await pool.execute("UPDATE log_in_sessions SET seen_at = now() - interval '7 hours'")
    await caller_of(pool, opened)
    assert await pool.fetchval(seen) > first


@pytest.mark.parametrize("kind", ["ses", "key", "app"])
async def test_what_was_made_up_is_nobody(pool: Pool, kind: str) -> None:
    made_up = make_secret(kind, bytes.fromhex(new_id()) * 2)  # type: ignore[arg-type] # one of the kinds
    assert await find_caller(pool, made_up) is None
