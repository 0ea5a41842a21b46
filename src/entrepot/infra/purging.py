"""Forgets what need not be remembered any longer, a little at a time."""

from typing import Final

from entrepot.infra.ground import KEYS_KEPT, purge_keys, read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing

KEYS_MAX: Final = 1000
"""Keys forgotten in one transaction."""


async def purge_old_keys(pool: Pool) -> int:
    """Forget up to 1000 idempotency keys older than 30 days; return how many.

    The same key sent after that is a new act. What happened under it stays in the audit.
    """
    async with writing(pool) as connection:
        before = await read_clock(connection) - KEYS_KEPT
        return await purge_keys(connection, before, KEYS_MAX)
