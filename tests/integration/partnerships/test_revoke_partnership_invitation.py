"""Taking an invitation back: its key opens nothing, unless it was accepted before."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    accept_partnership_invitation,
    preview_invitation,
    revoke_partnership_invitation,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import done, invited


async def test_its_key_opens_nothing_any_more(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    issued = await invited(pool, caller.organisation)
    ident = issued.invitation.inner_id
    revoked = done(await revoke_partnership_invitation(pool, new_id, caller, ident))
    assert (revoked.state, revoked.revoked_at is None) == ("revoked", False)
    again = done(await revoke_partnership_invitation(pool, new_id, caller, ident))
    assert again == revoked
    assert [act for act, _, _ in await acts_of(pool, caller.organisation)] == [
        "partnerships.retailer_invited",
        "partnerships.invitation_revoked",
    ]
    retailer = caller_for(await network.organisation())
    preview = await preview_invitation(pool, retailer, issued.invite_key or "")
    assert isinstance(preview, Refusal)
    assert preview.code == "partnerships.invite_key_not_valid"


async def test_what_was_accepted_stands(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    issued = await invited(pool, caller.organisation)
    retailer = caller_for(await network.organisation())
    begun = await accept_partnership_invitation(pool, new_id, retailer, issued.invite_key or "")
    refused = await revoke_partnership_invitation(pool, new_id, caller, issued.invitation.inner_id)
    assert isinstance(refused, Refusal)
    assert refused.code == "partnerships.invitation_accepted"
    assert refused.faults[0].facts == {"partnership": done(begun).id}


async def test_anothers_is_as_absent_as_none(pool: Pool, network: Network) -> None:
    ident = (await invited(pool, await network.organisation())).invitation.inner_id
    caller = caller_for(await network.organisation())
    texts = set()
    for each in (ident, new_id(), ""):
        refused = await revoke_partnership_invitation(pool, new_id, caller, each)
        assert isinstance(refused, Refusal)
        assert refused.code == "partnerships.unknown_invitation"
        texts.add(refused.faults[0].message)
    assert len(texts) == 1
    unscoped = caller_for(caller.organisation, Scope.PARTNERSHIPS_READ)
    refused = await revoke_partnership_invitation(pool, new_id, unscoped, ident)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
