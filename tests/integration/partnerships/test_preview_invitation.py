"""What an invite key offers, told before it is accepted, and never why a key is refused."""

from __future__ import annotations

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    InvitationPreview,
    accept_partnership_invitation,
    preview_invitation,
    revoke_partnership_invitation,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.partnerships import ALL_STOCK, done, invite_key_of, invited


async def test_who_offers_what_is_told_and_no_more(pool: Pool, network: Network) -> None:
    wholesaler = await network.organisation("wholesale")
    issued = await invited(pool, wholesaler, note="for the north")
    caller = caller_for(await network.organisation())
    preview = await preview_invitation(pool, caller, issued.invite_key or "")
    assert isinstance(preview, InvitationPreview)
    assert preview.wholesaler.id == ids.ORGANISATION + wholesaler
    assert (preview.sharing_policy, preview.cap, preview.price_percentage) == (
        "all_stock",
        "50",
        "100",
    )
    assert (preview.currency, preview.terms) == ("EUR", ALL_STOCK.terms)
    assert preview.expires_at == issued.invitation.expires_at
    told = msgspec.json.encode(preview)
    assert b"buffer" not in told
    assert b"for the north" not in told
    again = await preview_invitation(pool, caller, issued.invite_key or "")
    assert again == preview
    assert await acts_of(pool, caller.organisation) == []


async def test_wrong_used_expired_revoked_and_ones_own_answer_alike(
    pool: Pool, network: Network
) -> None:
    wholesaler = await network.organisation()
    retailer = caller_for(await network.organisation())
    used = await invite_key_of(pool, wholesaler)
    done(await accept_partnership_invitation(pool, new_id, retailer, used))
    expired = await invite_key_of(pool, wholesaler)
    await pool.execute(
        "UPDATE partnership_invitations SET expires_at = now() WHERE accepted_at IS NULL"
    )
    revoked = await invited(pool, wholesaler)
    await revoke_partnership_invitation(
        pool, new_id, caller_for(wholesaler), revoked.invitation.inner_id
    )
    own = await invite_key_of(pool, retailer.organisation)
    wrong = "ent_inv_00000-00000-00000-00000-00000-00000"
    before = await pool.fetch("SELECT * FROM partnerships")
    answers: list[object] = []
    for key in (wrong, "nonsense", used, expired, revoked.invite_key or "", own):
        for asker in (retailer, caller_for(await network.organisation())):
            if key == own and asker is not retailer:
                continue
            answers.append(await preview_invitation(pool, asker, key))
            answers.append(await accept_partnership_invitation(pool, new_id, asker, key))
            await pool.execute("DELETE FROM invite_key_tries")
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "partnerships.invite_key_not_valid"
    assert all(answer == answers[0] for answer in answers)
    assert await pool.fetch("SELECT * FROM partnerships") == before


async def test_the_scope_is_needed_and_asked_for_first(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation(), Scope.PARTNERSHIPS_READ)
    answer = await preview_invitation(pool, caller, "nonsense")
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"
    assert await pool.fetchval("SELECT count(*) FROM invite_key_tries") == 0
