"""Choose a new password by a one-time key."""

from collections.abc import Callable

from entrepot.identity import errors, store
from entrepot.identity.actions.check_password import check_password
from entrepot.identity.model import (
    PasswordSet,
    PersonRow,
    ResetRow,
    hash_email,
    hash_secret,
    is_well_formed,
    key_refused,
    password_faults,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather


async def reset_password(
    pool: Pool, new_id: Callable[[], Id], passwords: Passwords, key: str, password: str
) -> PasswordSet | Refusal:
    """Set a password by a key, and end every session of its person.

    There is no caller. Sent again with the same password, it is answered the same.
    Refuses `identity.too_many_tries`, `identity.key_not_valid`, `identity.password_not_valid` and
    `identity.password_guessable`.
    """
    if not is_well_formed(key, ("key",)):
        return key_refused()
    async with reading(pool) as connection:
        found = await store.find_reset(connection, hash_secret(key))
        if found is None or found.revoked_at is not None:
            return key_refused()
        person = await store.find_person(connection, found.person)
    if found.used_at is not None:
        return await _used(pool, passwords, person, password)
    refusal = gather(password_faults(password, (person.email, person.name)), errors.PRECEDENCE)
    if refusal is not None:
        return refusal
    hashed = await passwords.hash(password)
    return await _use(pool, new_id, found, person, hashed)


async def _used(
    pool: Pool, passwords: Passwords, person: PersonRow, password: str
) -> PasswordSet | Refusal:
    """Answer a key that comes again: the same to whoever knows what it was used for."""
    checked = await check_password(pool, passwords, person.email, password)
    if isinstance(checked, Refusal):
        return checked if checked.code == errors.TOO_MANY_TRIES else key_refused()
    async with writing(pool) as connection:
        await store.set_tries(connection, hash_email(person.email), [])
    return PasswordSet(ids.PERSON + checked.id, checked.password_set_at)


async def _use(
    pool: Pool, new_id: Callable[[], Id], found: ResetRow, person: PersonRow, hashed: str
) -> PasswordSet | Refusal:
    async with writing(pool) as connection:
        await store.lock_person(connection, person.id)
        reset = await store.lock_reset(connection, found.id)
        now = await read_clock(connection)
        has_ended = reset.used_at is not None or reset.revoked_at is not None
        if has_ended or reset.expires_at <= now:
            return key_refused()
        await store.use_reset(connection, reset.id, now)
        await store.set_tries(connection, hash_email(person.email), [])
        await store.set_password(connection, person.id, hashed, now)
        await store.revoke_sessions(connection, person.id, now)
        answer = PasswordSet(ids.PERSON + person.id, now)
        happening = Happening("identity.password_reset", answer.person, answer)
        await store.record_everywhere(connection, now, new_id, reset.id, happening)
    return answer
