"""Log in: open a session for a person in one of their organisations."""

from collections.abc import Callable

from entrepot.identity import store
from entrepot.identity.actions.check_password import check_password
from entrepot.identity.actions.open_session import open_session
from entrepot.identity.model import NOWHERE, LogIn, OpenedSession, Whence, choose_place, hash_email
from entrepot.infra.ids import random_bytes
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def log_in(
    pool: Pool,
    new_id: Callable[[], Id],
    passwords: Passwords,
    wanted: LogIn,
    whence: Whence = NOWHERE,
    random: Callable[[int], bytes] = random_bytes,
) -> OpenedSession | Refusal:
    """Open a session by e-mail address and password; sent again, it opens another.

    There is no caller yet. Which organisations there are to choose from is told to nobody who does
    not know the password. A hash that was made at a lower cost is made anew.
    Refuses `identity.too_many_tries`, `identity.log_in_not_valid`, `identity.unknown_organisation`
    and `identity.organisation_needed`.
    """
    person = await check_password(pool, passwords, wanted.email, wanted.password)
    if isinstance(person, Refusal):
        return person
    newer = None
    if await passwords.is_outdated(person.password_hash):
        newer = await passwords.hash(wanted.password)
    async with writing(pool) as connection:
        place = choose_place(await store.list_places(connection, person.id), wanted.organisation)
        if isinstance(place, Refusal):
            await store.set_tries(connection, hash_email(person.email), [])
            return place
        opened = await open_session(connection, new_id, person, place.id, whence, random)
        if newer is not None and not isinstance(opened, Refusal):
            await store.set_password(connection, person.id, newer, person.password_set_at)
    return opened
