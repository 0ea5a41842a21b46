"""Accept an invitation of a colleague, and log in."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import errors, store
from entrepot.identity.actions.check_password import check_password
from entrepot.identity.actions.open_session import open_session
from entrepot.identity.model import (
    NOWHERE,
    ROLE_SCOPES,
    Acceptance,
    InvitationRow,
    OpenedSession,
    PersonRow,
    Whence,
    hash_secret,
    is_well_formed,
    key_refused,
    password_faults,
    self_faults,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import random_bytes
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.infra.writing import Done, Happening, act_once, record
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather, refuse


async def accept_invitation(
    pool: Pool,
    new_id: Callable[[], Id],
    passwords: Passwords,
    wanted: Acceptance,
    whence: Whence = NOWHERE,
    random: Callable[[int], bytes] = random_bytes,
) -> OpenedSession | Refusal:
    """Join the organisation that sent the key, and open a session there.

    Whoever has the invited e-mail address already proves it by their password; for anybody else a
    person is made. There is no caller yet. Sent again with the same password, it logs in again.
    Refuses `identity.too_many_tries`, `identity.log_in_not_valid`, `identity.key_not_valid`,
    `identity.name_not_valid`, `identity.language_not_valid`, `identity.time_zone_not_valid`,
    `identity.password_not_valid`, `identity.password_guessable`, `identity.email_taken` and
    `identity.already_colleague`.
    """
    if not is_well_formed(wanted.key, ("key",)):
        return key_refused()
    async with reading(pool) as connection:
        found = await store.find_invitation(connection, hash_secret(wanted.key))
        if found is None or found.revoked_at is not None:
            return key_refused()
        known = await store.find_person_by_email(connection, found.email)
    if known is not None:
        person = await check_password(pool, passwords, found.email, wanted.password)
    else:
        person = await _newcomer(passwords, new_id(), found, wanted)
    if isinstance(person, Refusal):
        return person

    async def work(connection: Connection, _: datetime) -> Done[OpenedSession] | Refusal:
        invitation = await store.lock_invitation(connection, found.organisation, found.id)
        assert invitation is not None, "invitations are never deleted"
        now = await read_clock(connection)
        is_first = await _join(connection, invitation, person, known is None, now)
        if isinstance(is_first, Refusal):
            return is_first
        opened = await open_session(
            connection, new_id, person, invitation.organisation, whence, random
        )
        if isinstance(opened, Refusal):
            return opened
        if is_first:
            await _tell(connection, new_id, now, invitation, opened)
        return Done(opened)

    # What happened is written by the work itself, under the session that it opens.
    nobody = Caller(found.organisation, frozenset())
    written = await act_once(pool, new_id, nobody, None, OpenedSession, work)
    return written if isinstance(written, Refusal) else written.answer


async def _newcomer(
    passwords: Passwords, person: Id, invitation: InvitationRow, wanted: Acceptance
) -> PersonRow | Refusal:
    """The person to make of what somebody says of themselves."""
    name = wanted.name or ""
    faults = [
        *self_faults(name, wanted.language, wanted.time_zone),
        *password_faults(wanted.password, (invitation.email, name)),
    ]
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        return refusal
    password_hash = await passwords.hash(wanted.password)
    # The times are those of the invitation until the person is written.
    return PersonRow(
        person,
        invitation.email,
        name,
        wanted.language,
        wanted.time_zone,
        password_hash,
        invitation.created_at,
        invitation.created_at,
    )


async def _join(
    connection: Connection,
    invitation: InvitationRow,
    person: PersonRow,
    is_new: bool,  # noqa: FBT001 - a fact about the person, not a switch
    now: datetime,
) -> bool | Refusal:
    """Let the person belong to the organisation; False when the invitation did so before."""
    if invitation.accepted_at is not None and not is_new:
        if await store.share_membership(connection, invitation.organisation, person.id) is None:
            return key_refused()
        return False
    has_ended = invitation.accepted_at is not None or invitation.revoked_at is not None
    if has_ended or invitation.expires_at <= now:
        return key_refused()
    if is_new and not await store.insert_person(
        connection, person._replace(password_set_at=now, created_at=now)
    ):
        return refuse(
            errors.EMAIL_TAKEN,
            "Somebody has just joined with this e-mail address. Send again with the password that"
            " was chosen then.",
        )
    if not await store.start_membership(
        connection, invitation.organisation, person.id, invitation.role, now
    ):
        return refuse(errors.ALREADY_COLLEAGUE, "You are in this organisation already; log in.")
    await store.end_invitation(connection, invitation._replace(accepted_at=now))
    return True


async def _tell(
    connection: Connection,
    new_id: Callable[[], Id],
    now: datetime,
    invitation: InvitationRow,
    opened: OpenedSession,
) -> None:
    """Write into the audit that the invitation was accepted, by whom its session says."""
    accepted = invitation._replace(accepted_at=now).to_show()
    caller = Caller(
        invitation.organisation,
        ROLE_SCOPES[opened.role],
        opened.session.id.removeprefix(ids.SESSION),
        opened.session.person.removeprefix(ids.PERSON),
    )
    happening = Happening("identity.invitation_accepted", accepted.id, accepted)
    await record(connection, now, new_id, caller, [happening])
