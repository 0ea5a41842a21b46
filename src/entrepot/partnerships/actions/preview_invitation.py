"""Show a retailer what an invite key offers, before it accepts."""

from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.actions.try_invite_key import forgive_try, try_invite_key
from entrepot.partnerships.model import InvitationPreview, hash_invite_key, invite_key_refused
from entrepot.partnerships.store import invitations


async def preview_invitation(
    pool: Pool, caller: Caller, invite_key: str
) -> InvitationPreview | Refusal:
    """Who offers what, on which terms, until when; the key stays as good as it was.

    Ten wrong keys in an hour are looked at for an organisation, and no more. Refuses
    `identity.scope_missing`, `partnerships.too_many_tries` and
    `partnerships.invite_key_not_valid`, which says nothing of why.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    tried_at = await try_invite_key(pool, caller.organisation)
    if isinstance(tried_at, Refusal):
        return tried_at
    async with reading(pool) as connection:
        found = await invitations.find_invitation(connection, hash_invite_key(invite_key))
        now = await read_clock(connection)
    if found is None or not found.is_for(caller.organisation, now):
        return invite_key_refused()
    await forgive_try(pool, caller.organisation, tried_at)
    return found.to_preview()
