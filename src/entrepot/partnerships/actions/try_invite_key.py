"""Try an invite key: count the try before anybody looks at the key, and forgive it after."""

from datetime import datetime

from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.model import count_try
from entrepot.partnerships.store import invitations


async def try_invite_key(pool: Pool, organisation: Id) -> datetime | Refusal:
    """Count a try of an organisation, and commit that: guesses sent all at once count too.

    Returns the time by which the try is forgiven when the key proves good. Refuses
    `partnerships.too_many_tries`.
    """
    async with writing(pool) as connection:
        tried_at = await invitations.lock_tries(connection, organisation)
        now = await read_clock(connection)
        counted = count_try(tried_at, now)
        if isinstance(counted, Refusal):
            return counted
        await invitations.set_tries(connection, organisation, counted)
    return now


async def forgive_try(pool: Pool, organisation: Id, tried_at: datetime) -> None:
    """Let a try with a good key count no longer.

    The wrong ones before it still do: whoever has one good key may be guessing others.
    """
    async with writing(pool) as connection:
        await invitations.forgive_try(connection, organisation, tried_at)
