"""Accept an invitation: the partnership begins."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import adopt_supplier
from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once, find_written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships import errors
from entrepot.partnerships.actions.try_invite_key import forgive_try, try_invite_key
from entrepot.partnerships.model import (
    Partnership,
    already_partners,
    begin_partnership,
    hash_invite_key,
    invite_key_refused,
    partner_notice,
)
from entrepot.partnerships.store import invitations, partnerships


async def accept_partnership_invitation(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    invite_key: str,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[Partnership] | Refusal:
    """Use an invite key, once, to become the retailer of whoever made it.

    The partnership is active at once, the two get their consignment right, and the wholesaler is a
    supplier in the retailer's catalogue: one that has its name already, or a new one. Ten wrong
    keys in an hour are looked at for an organisation, and no more. `moment` says when it happens.
    Refuses `identity.scope_missing`, `partnerships.too_many_tries`,
    `partnerships.invite_key_not_valid`, which says nothing of why,
    `partnerships.already_partners`, which leaves the key as good as it was, and
    `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    if sent is not None:
        # Before the tries are counted: who has accepted is told so again, whatever came between.
        earlier = await find_written(pool, caller, sent, Partnership)
        if earlier is not None:
            return earlier
    tried_at = await try_invite_key(pool, caller.organisation)
    if isinstance(tried_at, Refusal):
        return tried_at
    key_hash = hash_invite_key(invite_key)

    async def work(connection: Connection, _: datetime) -> Done[Partnership] | Refusal:
        found = await invitations.lock_invitation_by_key(connection, key_hash)
        now = moment(await read_clock(connection))
        if found is None or not found.is_for(caller.organisation, now):
            return invite_key_refused()
        row = begin_partnership(found, new_id(), caller.organisation, now)
        former = await partnerships.find_ended(connection, row.wholesaler, row.retailer)
        if not await partnerships.insert_partnership(connection, row):
            return already_partners(found)
        accepted = found._replace(accepted_at=now, partnership=row.id)
        await invitations.end_invitation(connection, accepted)
        named = found.wholesaler_name, found.wholesaler_slug
        adopted = await adopt_supplier(connection, now, new_id, row.retailer, named, row.id, former)
        made = await partnerships.find_partnership(connection, row.retailer, row.id)
        assert made is not None, "it has just been made"
        told = partner_notice(made, row.retailer, "invitation_accepted", note=found.note)
        await raise_notices(connection, now, [told], new_id)
        shown = made.to_show(row.retailer)
        return Done(shown, (Happening("partnerships.partnership_made", shown.id, shown), adopted))

    written = await act_once(pool, new_id, caller, sent, Partnership, work)
    if isinstance(written, Written) or written.code == errors.ALREADY_PARTNERS:
        await forgive_try(pool, caller.organisation, tried_at)
    return written
