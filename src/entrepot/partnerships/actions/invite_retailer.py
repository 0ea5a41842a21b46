"""Invite a retailer to share the wholesaler's stock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from entrepot.identity import check_scope, time_zone_faults
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.partnerships import errors
from entrepot.partnerships.model import (
    KEY_BYTES,
    IssuedPartnershipInvitation,
    NewPartnershipInvitation,
    PartnershipInvitation,
    PartnershipInvitationRow,
    hash_invite_key,
    invitation_faults,
    make_invite_key,
)
from entrepot.partnerships.store import invitations


async def invite_retailer(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewPartnershipInvitation,
    sent: Sent | None = None,
    random: Callable[[int], bytes] = random_bytes,
    moment: Moment = by_the_clock,
) -> Written[IssuedPartnershipInvitation] | Refusal:
    """Make an invitation; the invite key to hand over is told here and never again.

    Whoever enters the key first is the retailer. Sent again under its idempotency key, the act is
    answered without the invite key. `moment` says when it happens.

    Refuses `identity.scope_missing`,
    `partnerships.sharing_policy_not_valid`, `partnerships.on_cancel_not_valid`,
    `partnerships.buffer_not_valid`, `partnerships.cap_not_valid`,
    `partnerships.price_percentage_not_valid`, `partnerships.terms_not_valid`,
    `partnerships.note_not_valid`, `partnerships.valid_days_not_valid`,
    `identity.time_zone_not_valid` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    faults = [*invitation_faults(new)]
    if new.time_zone is not None:
        faults += time_zone_faults(new.time_zone)
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        return refusal
    key = make_invite_key(random(KEY_BYTES))

    async def work(
        connection: Connection, clock: datetime
    ) -> Done[PartnershipInvitation] | Refusal:
        now = moment(clock)
        wholesaler = await invitations.read_wholesaler(connection, caller.organisation)
        agreement = new.agreement
        row = PartnershipInvitationRow(
            caller.organisation,
            new_id(),
            new.note,
            agreement.sharing_policy,
            agreement.buffer,
            agreement.cap,
            agreement.on_cancel_open_week,
            agreement.on_cancel_later,
            agreement.price_percentage,
            new.time_zone or wholesaler.time_zone,
            agreement.terms,
            created_at=now,
            expires_at=now + timedelta(days=new.valid_days),
            accepted_at=None,
            revoked_at=None,
            partnership=None,
            wholesaler_slug=wholesaler.slug,
            wholesaler_name=wholesaler.name,
            wholesaler_currency=wholesaler.currency,
        )
        await invitations.insert_invitation(connection, row, hash_invite_key(key))
        invitation = row.to_show(now)
        return Done(
            invitation, (Happening("partnerships.retailer_invited", invitation.id, invitation),)
        )

    written = await act_once(pool, new_id, caller, sent, PartnershipInvitation, work)
    if isinstance(written, Refusal):
        return written
    told = None if written.replayed else key
    return Written(IssuedPartnershipInvitation(written.answer, told), written.replayed)
