"""Open a log-in session, in the transaction of whatever lets a person in."""

from collections.abc import Callable

from entrepot.identity import store
from entrepot.identity.model import (
    ROLE_SCOPES,
    SECRET_BYTES,
    SESSION_HOLDS,
    OpenedSession,
    PersonRow,
    SessionRow,
    Whence,
    hash_email,
    hash_secret,
    log_in_refused,
    make_secret,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection
from entrepot.infra.writing import Happening, record
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def open_session(
    connection: Connection,
    new_id: Callable[[], Id],
    person: PersonRow,
    organisation: Id,
    whence: Whence,
    random: Callable[[int], bytes],
) -> OpenedSession | Refusal:
    """Open a session of a person whose password was found right; its secret is told here only.

    Person and membership are locked first, so a password or a role that changes meanwhile is
    either seen here, or its change sees this session and revokes it.
    Refuses `identity.log_in_not_valid`.
    """
    current = await store.lock_person(connection, person.id)
    role = await store.share_membership(connection, organisation, person.id)
    if current.password_hash != person.password_hash or role is None:
        return log_in_refused()
    await store.set_tries(connection, hash_email(person.email), [])
    now = await read_clock(connection)
    secret = make_secret("ses", random(SECRET_BYTES))
    row = SessionRow(new_id(), organisation, person.id, now, now + SESSION_HOLDS, None)
    await store.insert_session(connection, row, hash_secret(secret), whence.shortened())
    session = row.to_show()
    caller = Caller(organisation, ROLE_SCOPES[role], row.id, person.id)
    happening = Happening("identity.logged_in", session.id, session)
    await record(connection, now, new_id, caller, [happening])
    return OpenedSession(session, role, secret)
