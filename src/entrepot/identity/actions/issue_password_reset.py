"""Issue a key by which a person who forgot their password chooses a new one."""

from collections.abc import Callable

from entrepot.identity import errors, store
from entrepot.identity.model import (
    RESET_HOLDS,
    SECRET_BYTES,
    IssuedReset,
    PasswordReset,
    ResetRow,
    hash_secret,
    make_secret,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import random_bytes
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def issue_password_reset(
    pool: Pool,
    new_id: Callable[[], Id],
    email: str,
    random: Callable[[int], bytes] = random_bytes,
) -> IssuedReset | Refusal:
    """Issue a one-time key for a new password, told here and never again; earlier ones end.

    The operator's act: no caller of an organisation gets here. The password there is holds on
    until the key is used, within a day.
    Refuses `identity.unknown_person`.
    """
    key = make_secret("key", random(SECRET_BYTES))
    async with writing(pool) as connection:
        person = await store.find_person_by_email(connection, email)
        if person is None or not await store.list_places(connection, person.id):
            return refuse(
                errors.UNKNOWN_PERSON,
                "Nobody with this e-mail address belongs to an organisation here.",
                field="email",
                facts={"email": email},
            )
        await store.lock_person(connection, person.id)
        now = await read_clock(connection)
        row = ResetRow(new_id(), person.id, now + RESET_HOLDS, None, None)
        await store.insert_reset(connection, row, hash_secret(key), now)
        reset = PasswordReset(ids.PERSON + person.id, row.expires_at)
        happening = Happening("identity.password_reset_issued", reset.person, reset)
        await store.record_everywhere(connection, now, new_id, None, happening)
    return IssuedReset(reset, key)
