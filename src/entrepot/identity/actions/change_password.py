"""Change one's own password."""

from collections.abc import Callable

from entrepot.identity import errors, store
from entrepot.identity.actions.check_password import check_password
from entrepot.identity.model import (
    PasswordSet,
    hash_email,
    password_faults,
    password_wrong,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather, refuse


async def change_password(
    pool: Pool,
    new_id: Callable[[], Id],
    passwords: Passwords,
    caller: Caller,
    old: str,
    new: str,
) -> PasswordSet | Refusal:
    """Change the caller's password and end their other sessions, in every organisation.

    It takes no key, since the hash of what was sent would give passwords away; sent again, it
    finds the new password in place and answers the same.
    Refuses `identity.person_needed`, `identity.too_many_tries`, `identity.password_wrong`,
    `identity.password_not_valid` and `identity.password_guessable`.
    """
    if caller.person is None:
        return refuse(
            errors.PERSON_NEEDED, "A token has no password; log in as a person to change yours."
        )
    async with reading(pool) as connection:
        person = await store.find_person(connection, caller.person)
    refusal = gather(
        password_faults(new, (person.email, person.name), "new_password"), errors.PRECEDENCE
    )
    if refusal is not None:
        return refusal
    checked = await check_password(pool, passwords, person.email, old)
    if isinstance(checked, Refusal):
        if checked.code == errors.TOO_MANY_TRIES:
            return checked
        if not await passwords.verify(person.password_hash, new):
            return password_wrong("old_password")
        async with writing(pool) as connection:
            await store.set_tries(connection, hash_email(person.email), [])
        return PasswordSet(ids.PERSON + person.id, person.password_set_at)
    hashed = await passwords.hash(new)
    async with writing(pool) as connection:
        current = await store.lock_person(connection, person.id)
        if current.password_hash != checked.password_hash:
            return password_wrong("old_password")
        await store.set_tries(connection, hash_email(person.email), [])
        now = await read_clock(connection)
        await store.set_password(connection, person.id, hashed, now)
        await store.revoke_sessions(connection, person.id, now, but=caller.token)
        answer = PasswordSet(ids.PERSON + person.id, now)
        happening = Happening("identity.password_changed", answer.person, answer)
        await store.record_everywhere(connection, now, new_id, caller.token, happening)
    return answer
