"""Match two variants by hand."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import UNKNOWN_VARIANT
from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather
from entrepot.partnerships import errors
from entrepot.partnerships.model.matching import (
    REPLACED,
    REPLACED_BY_HAND,
    NewMatch,
    ProductMatch,
    already_matched,
    matching_over,
    new_match_faults,
    pair_faults,
    retailer_only,
)
from entrepot.partnerships.model.partnerships import unknown_partnership
from entrepot.partnerships.store import matches, partnerships


async def match_by_hand(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewMatch,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[ProductMatch] | Refusal:
    """Declare that one of the caller's variants and one of its wholesaler's are the same goods.

    Units may differ: the factor says how. A match that does not count any more, because a variant
    was deactivated since, ends by the new one; so does one that counts and that `replaces` names,
    so that a factor or the other side is changed at once. `moment` says when it happens.

    Refuses `identity.scope_missing`, `request.key_reused`, `partnerships.unknown_partnership`,
    `partnerships.retailer_only`, `partnerships.partnership_ending`, `catalogue.unknown_variant`,
    `partnerships.variant_not_active`, `partnerships.already_matched`,
    `partnerships.factor_not_valid` and `partnerships.rank_not_valid`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, clock: datetime) -> Done[ProductMatch] | Refusal:
        now = moment(clock)
        me = caller.organisation
        if new.replaces is not None:
            # A match that counts ends only while nothing passes by it.
            await partnerships.lock_partnership(connection, me, new.partnership)
        shared = await matches.share_partnership(connection, me, new.partnership)
        if shared is None:
            return unknown_partnership(new.partnership)
        if shared.retailer != me:
            return Refusal((retailer_only(shared.id),))
        over = matching_over(shared.id, shared.state)
        pair = await matches.read_pair(connection, shared, new.variant, new.wholesaler_variant)
        faults = [
            *([] if over is None else [over]),
            *new_match_faults(new),
            *pair_faults(new, pair, UNKNOWN_VARIANT),
        ]
        refused = gather(faults, (UNKNOWN_VARIANT, *errors.PRECEDENCE))
        if refused is not None:
            return refused
        if pair.match is not None:
            reason = REPLACED_BY_HAND if pair.is_live else REPLACED
            await matches.end_match(connection, shared.retailer, pair.match, now, reason)
        made = new_id()
        if not await matches.insert_match(connection, shared, made, new, "hand", now):
            # Somebody matched or deactivated it since it was read.
            pair = await matches.read_pair(connection, shared, new.variant, new.wholesaler_variant)
            rivals = [*pair_faults(new, pair, UNKNOWN_VARIANT)] or [already_matched(pair.match)]
            return Refusal(tuple(rivals))
        row = await matches.find_match(connection, me, made)
        assert row is not None, "it was made just now"
        shown = row.to_show(me)
        happening = Happening("partnerships.match_made", shown.id, shown, (new.variant,))
        return Done(shown, (happening,))

    return await act_once(pool, new_id, caller, sent, ProductMatch, work)
