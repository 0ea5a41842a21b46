"""Find out whether somebody is who they say they are."""

from datetime import timedelta
from typing import Final

from entrepot.identity import store
from entrepot.identity.model import PersonRow, count_try, hash_email, is_email, log_in_refused
from entrepot.infra.ground import read_clock
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.infra.writing import writing
from entrepot.kernel.refusal import Refusal

_TRIES_KEPT: Final = timedelta(days=1)


async def check_password(
    pool: Pool, passwords: Passwords, email: str, password: str
) -> PersonRow | Refusal:
    """The person with this e-mail address, if the password is theirs.

    The try is counted, and committed, before the password is looked at: guesses that are sent all
    at once count too. Whoever relies on the answer locks the person, sees that the hash is still
    the same, and forgives the tries. An address that nobody has costs the same work.
    Refuses `identity.too_many_tries` and `identity.log_in_not_valid`.
    """
    email_hash = hash_email(email)
    async with writing(pool) as connection:
        now = await read_clock(connection)
        counted = count_try(await store.lock_tries(connection, email_hash, now), now)
        if isinstance(counted, Refusal):
            return counted
        await store.set_tries(connection, email_hash, counted)
    async with reading(pool) as connection:
        await store.purge_tries(connection, now - _TRIES_KEPT)
        person = await store.find_person_by_email(connection, email if is_email(email) else "")
    hashed = None if person is None else person.password_hash
    if not await passwords.verify(hashed, password) or person is None:
        return log_in_refused()
    return person
