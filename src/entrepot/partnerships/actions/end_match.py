"""End a product match."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships.model.matching import (
    ENDED_BY_RETAILER,
    ENDED_BY_WHOLESALER,
    KnownMatchRow,
    ProductMatch,
    unknown_match,
)
from entrepot.partnerships.model.partnerships import PartnerNotice
from entrepot.partnerships.store import matches, partnerships


async def end_match(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    match: Id,
    sent: Sent | None = None,
) -> Written[ProductMatch] | Refusal:
    """End a match of the caller's, on either side: its goods are offered by it no more.

    What passed stays where it is. The retailer gets a notice when its wholesaler does this. Ended
    again, nothing happens. Refuses `identity.scope_missing`, `request.key_reused` and
    `partnerships.unknown_match`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[ProductMatch] | Refusal:
        found = await matches.find_match(connection, caller.organisation, match)
        if found is None:
            return Refusal((unknown_match(match),))
        locked = await partnerships.lock_partnership(
            connection, caller.organisation, found.partnership
        )
        assert locked is not None, "a match is of a partnership of both its sides"
        by_retailer = caller.organisation == found.retailer
        reason = ENDED_BY_RETAILER if by_retailer else ENDED_BY_WHOLESALER
        ended = await matches.end_match(connection, found.retailer, match, now, reason)
        row = await matches.find_match(connection, caller.organisation, match)
        assert row is not None, "a match is never deleted"
        shown = row.to_show(caller.organisation)
        if not ended:
            return Done(shown)
        if not by_retailer:
            await raise_notices(connection, now, [_notice(row)], new_id)
        happening = Happening("partnerships.match_ended", shown.id, shown, (row.variant,))
        return Done(shown, (happening,))

    return await act_once(pool, new_id, caller, sent, ProductMatch, work)


def _notice(row: KnownMatchRow) -> PartnerNotice:
    """Tell the retailer that its shops sell a variant without its wholesaler from now on."""
    facts = {
        "partnership": ids.PARTNERSHIP + row.partnership,
        "variant": ids.VARIANT + row.variant,
        "sku": row.sku,
    }
    return PartnerNotice(row.retailer, "partnerships.match_ended", row.subject, facts)
