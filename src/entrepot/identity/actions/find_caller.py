"""Find out who asks, by the secret that was shown."""

from entrepot.identity import store
from entrepot.identity.model import (
    ROLE_SCOPES,
    SEEN_EVERY,
    SESSION_IDLE_MAX,
    hash_secret,
    is_well_formed,
)
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller


async def find_caller(pool: Pool, secret: str) -> Caller | None:
    """The caller behind a token's or session's secret; None when it is wrong, expired or revoked.

    A secret with a mistake in it is told from its last digits, without asking the database. What a
    person may do is read with each request; that a session was used is written down every five
    minutes at most.
    """
    if not is_well_formed(secret):
        return None
    async with reading(pool) as connection:
        if not secret.startswith("ent_ses_"):
            token = await store.find_token(connection, hash_secret(secret))
            if token is None:
                return None
            return Caller(token.organisation, frozenset(token.scopes), token.id)
        session = await store.find_session(connection, hash_secret(secret), SESSION_IDLE_MAX)
        if session is None:
            return None
        if session.now - session.seen_at > SEEN_EVERY:
            await store.touch_session(connection, session.id, session.now)
    scopes = ROLE_SCOPES[session.role]
    return Caller(session.organisation, scopes, session.id, session.person)
