"""Inviting a colleague: the key is told once, and an earlier one of the same address ends."""

from __future__ import annotations

import pytest

from entrepot.identity import (
    Acceptance,
    IssuedInvitation,
    ListedInvitation,
    NewInvitation,
    accept_invitation,
    invite_colleague,
    list_invitations,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import (
    PASSWORD,
    caller_of,
    code_of,
    opened_by,
    quick_passwords,
    somebody,
)

BOB = NewInvitation("Bob@Example.com", "clerk")


async def test_the_key_is_told_once_and_kept_as_its_hash(pool: Pool, network: Network) -> None:
    ann = await somebody(pool, await network.organisation())
    caller = await caller_of(pool, await opened_by(pool, ann))
    issued = await invite_colleague(pool, new_id, caller, BOB)
    assert isinstance(issued, IssuedInvitation)
    assert issued.key.startswith("ent_key_")
    assert (issued.invitation.expires_at - issued.invitation.created_at).days == 14
    assert issued.key not in str(await pool.fetch("SELECT * FROM colleague_invitations"))
    (listed,) = await invitations_of(pool, ann.organisation)
    assert (listed.id, listed.email, listed.role, listed.invited_by) == (
        issued.invitation.id,
        "Bob@Example.com",
        "clerk",
        ids.PERSON + ann.id,
    )
    act, subject, answer = (await acts_of(pool, ann.organisation))[-1]
    assert (act, subject) == ("identity.colleague_invited", issued.invitation.id)
    assert "ob@" not in str(answer)


async def test_sent_again_it_is_answered_without_its_key(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    first = await invite_colleague(pool, new_id, caller, BOB, sent=Sent("k", b"c"))
    again = await invite_colleague(pool, new_id, caller, BOB, sent=Sent("k", b"c"))
    assert isinstance(first, IssuedInvitation)
    assert again == first.invitation
    assert len(await invitations_of(pool, caller.organisation)) == 1


async def test_a_new_invitation_ends_the_one_before(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    first = await invite_colleague(pool, new_id, caller, BOB)
    second = await invite_colleague(pool, new_id, caller, NewInvitation(BOB.email.lower(), "owner"))
    assert isinstance(first, IssuedInvitation)
    assert isinstance(second, IssuedInvitation)
    newer, older = await invitations_of(pool, caller.organisation)
    assert (newer.id, newer.revoked_at) == (second.invitation.id, None)
    assert older.revoked_at is not None
    wanted = Acceptance(first.key, PASSWORD, "Bob")
    answer = await accept_invitation(pool, new_id, quick_passwords(), wanted)
    assert code_of(answer) == "identity.key_not_valid"


async def test_who_is_there_already_is_not_invited(pool: Pool, network: Network) -> None:
    ann = await somebody(pool, await network.organisation(), "reader")
    caller = caller_for(ann.organisation)
    new = NewInvitation(ann.email.upper(), "clerk")
    answer = await invite_colleague(pool, new_id, caller, new)
    assert code_of(answer) == "identity.already_colleague"
    elsewhere = caller_for(await network.organisation())
    assert isinstance(await invite_colleague(pool, new_id, elsewhere, new), IssuedInvitation)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "bob",
        "bob@",
        "@example.com",
        "bob@example",
        "a b@example.com",
        "bøb@example.com",
        "bob@example.com\n",
        "x" * 250 + "@example.com",
        "bob@exa\0mple.com",
    ],
)
async def test_every_fault_is_named_at_once(pool: Pool, network: Network, email: str) -> None:
    caller = caller_for(await network.organisation())
    answer = await invite_colleague(pool, new_id, caller, NewInvitation(email, "boss"))
    assert isinstance(answer, Refusal)
    assert [(fault.code, fault.field) for fault in answer.faults] == [
        ("identity.email_not_valid", "email"),
        ("identity.role_not_valid", "role"),
    ]


async def test_nobody_invites_to_more_than_they_have(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    caller = caller_for(organisation, Scope.ORGANISATION_WRITE)
    answer = await invite_colleague(pool, new_id, caller, BOB)
    assert code_of(answer) == "identity.scope_missing"
    manager = await somebody(pool, organisation, "manager")
    caller = await caller_of(pool, await opened_by(pool, manager))
    for refused in (
        await invite_colleague(pool, new_id, caller, NewInvitation("bob@example.com", "reader")),
        await list_invitations(pool, caller, Page()),
    ):
        assert code_of(refused) == "identity.scope_missing"


async def invitations_of(pool: Pool, organisation: str) -> list[ListedInvitation]:
    found = await list_invitations(pool, caller_for(organisation), Page())
    assert not isinstance(found, Refusal)
    return found
