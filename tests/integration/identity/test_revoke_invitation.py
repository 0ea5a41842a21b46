"""Revoking an invitation: its key opens nothing any more."""

from __future__ import annotations

import pytest

from entrepot.identity import (
    Acceptance,
    IssuedInvitation,
    NewInvitation,
    OpenedSession,
    accept_invitation,
    invite_colleague,
    revoke_invitation,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import PASSWORD, code_of, quick_passwords


@pytest.fixture
async def owner(network: Network) -> Caller:
    return caller_for(await network.organisation())


async def invited(pool: Pool, owner: Caller) -> tuple[str, Acceptance]:
    new = NewInvitation("bob@example.com", "reader")
    issued = await invite_colleague(pool, new_id, owner, new)
    assert isinstance(issued, IssuedInvitation)
    inner = issued.invitation.id.removeprefix(ids.COLLEAGUE_INVITATION)
    return inner, Acceptance(issued.key, PASSWORD, "Bob")


async def test_a_revoked_invitation_opens_nothing(pool: Pool, owner: Caller) -> None:
    invitation, wanted = await invited(pool, owner)
    first = await revoke_invitation(pool, new_id, owner, invitation)
    again = await revoke_invitation(pool, new_id, owner, invitation)
    assert isinstance(first, Written)
    assert first.answer.revoked_at is not None
    assert again == first
    answer = await accept_invitation(pool, new_id, quick_passwords(), wanted)
    assert code_of(answer) == "identity.key_not_valid"
    assert await pool.fetchval("SELECT count(*) FROM people") == 0
    acts = [act for act, _, _ in await acts_of(pool, owner.organisation)]
    assert acts == ["identity.colleague_invited", "identity.invitation_revoked"]


async def test_what_was_accepted_is_not_revoked(pool: Pool, owner: Caller) -> None:
    invitation, wanted = await invited(pool, owner)
    opened = await accept_invitation(pool, new_id, quick_passwords(), wanted)
    assert isinstance(opened, OpenedSession)
    answer = await revoke_invitation(pool, new_id, owner, invitation, Sent("k", b"c"))
    assert code_of(answer) == "identity.invitation_accepted"


async def test_a_foreign_invitation_is_answered_as_an_absent_one(
    pool: Pool, network: Network, owner: Caller
) -> None:
    invitation, wanted = await invited(pool, owner)
    stranger = caller_for(await network.organisation())
    for each in (invitation, new_id(), ""):
        answer = await revoke_invitation(pool, new_id, stranger, each)
        assert code_of(answer) == "identity.unknown_invitation"
    clerk = caller_for(owner.organisation, Scope.ORDERS_WRITE)
    answer = await revoke_invitation(pool, new_id, clerk, invitation)
    assert code_of(answer) == "identity.scope_missing"
    opened = await accept_invitation(pool, new_id, quick_passwords(), wanted)
    assert isinstance(opened, OpenedSession)
