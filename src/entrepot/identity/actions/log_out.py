"""Log out: revoke a log-in session, one's own or a colleague's."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import errors, store
from entrepot.identity.model import LogInSession, check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def log_out(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    session: Id,
    sent: Sent | None = None,
) -> Written[LogInSession] | Refusal:
    """Revoke a session from now on; revoked again, it stays as it is.

    People may revoke their own in the organisation they are logged in to; who may write the
    organisation, anybody's there. Others' are as if they were not there.
    Refuses `identity.unknown_session` and `request.key_reused`.
    """
    may_revoke_all = check_scope(caller, Scope.ORGANISATION_WRITE) is None

    async def work(connection: Connection, now: datetime) -> Done[LogInSession] | Refusal:
        found = await store.lock_session(connection, session)
        if (
            found is None
            or found.organisation != caller.organisation
            or not (may_revoke_all or found.person == caller.person)
        ):
            return refuse(
                errors.UNKNOWN_SESSION,
                "There is no such log-in session for you. Check its id.",
                field="session",
                facts={"session": ids.SESSION + session} if session else {},
            )
        if found.revoked_at is not None:
            return Done(found.to_show())
        await store.revoke_session(connection, session, now)
        revoked = found._replace(revoked_at=now).to_show()
        return Done(revoked, (Happening("identity.logged_out", revoked.id, revoked),))

    return await act_once(pool, new_id, caller, sent, LogInSession, work)
