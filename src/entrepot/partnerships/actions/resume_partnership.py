"""Resume a partnership: lift one's own pause."""

from collections.abc import Callable

from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.actions.pause_partnership import set_pause_of
from entrepot.partnerships.model import Partnership


async def resume_partnership(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    sent: Sent | None = None,
) -> Written[Partnership] | Refusal:
    """Lift the caller's pause; while the partner's stands, the partnership stays paused.

    Where the caller did not pause it, it stays as it is. The partner gets a notice. Refuses
    `identity.scope_missing`, `partnerships.unknown_partnership`,
    `partnerships.partnership_ending` and `request.key_reused`.
    """
    return await set_pause_of(pool, new_id, caller, partnership, sent, "resumed")
