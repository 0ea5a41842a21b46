"""Change the terms of a product match."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.partnerships import errors
from entrepot.partnerships.model.matching import (
    MatchChanges,
    ProductMatch,
    change_faults,
    changed_match,
    match_ended,
    unknown_match,
)
from entrepot.partnerships.store import matches, partnerships


async def change_match(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    match: Id,
    changes: MatchChanges,
    sent: Sent | None = None,
) -> Written[ProductMatch] | Refusal:
    """Change what is given of a match: the rank by the retailer, buffer and cap by the wholesaler.

    It holds for new plans at once. Refuses `identity.scope_missing`, `request.key_reused`,
    `partnerships.unknown_match`, `partnerships.partner_decides`, `partnerships.rank_not_valid`,
    `partnerships.buffer_not_valid`, `partnerships.cap_not_valid` and `partnerships.match_ended`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[ProductMatch] | Refusal:
        found = await matches.find_match(connection, caller.organisation, match)
        if found is None:
            return Refusal((unknown_match(match),))
        role = found.role_of(caller.organisation)
        refused = gather(change_faults(role, changes), errors.PRECEDENCE)
        if refused is not None:
            return refused
        await partnerships.lock_partnership(connection, caller.organisation, found.partnership)
        # The partner may have changed or ended it until the lock was granted.
        before = await matches.find_match(connection, caller.organisation, match)
        assert before is not None, "a match is never deleted"
        if before.ended_at is not None:
            return Refusal((match_ended(before),))
        after = changed_match(before, changes)
        shown = after.to_show(caller.organisation)
        if after == before:
            return Done(shown)
        written = await matches.update_match(
            connection, after.retailer, after.id, after.rank, after.buffer, after.cap
        )
        assert written, "nobody ends a match while its partnership is locked"
        happening = Happening("partnerships.match_changed", shown.id, shown, (after.variant,))
        return Done(shown, (happening,))

    return await act_once(pool, new_id, caller, sent, ProductMatch, work)
