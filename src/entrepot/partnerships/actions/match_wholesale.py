"""Match a retailer's variants with a wholesaler's, by GTIN."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import unknown_supplier
from entrepot.identity import check_scope
from entrepot.infra.checks import compare_by_hashing
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.model.matching import (
    MatchingDone,
    matching_over,
    supplier_not_partner,
)
from entrepot.partnerships.store import matches


async def match_wholesale(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    supplier: Id,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[MatchingDone] | Refusal:
    """Match every active variant of the caller's that a supplier, a wholesaler, has by GTIN.

    All variants are looked at, not only those of that supplier: a wholesaler may be one of several
    sources. Equal codes only suggest; `list_matching` tells each variant's outcome, before and
    after. Done again, it matches what has become matchable since. `moment` says when it happens.
    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.unknown_supplier`,
    `partnerships.supplier_not_partner` and `partnerships.partnership_ending`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[MatchingDone] | Refusal:
        known, partnership = await matches.find_partnership_of_supplier(
            connection, caller.organisation, supplier
        )
        if not known:
            return Refusal((unknown_supplier(supplier),))
        if partnership is None:
            return Refusal((supplier_not_partner(supplier),))
        shared = await matches.share_partnership(connection, caller.organisation, partnership)
        assert shared is not None, "a supplier points at a partnership of its organisation's"
        over = matching_over(shared.id, shared.state)
        if over is not None:
            return Refusal((over,))
        # Catalogues that were imported just now have no statistics yet.
        await compare_by_hashing(connection)
        counts = await matches.count_outcomes(connection, shared)
        match_ids = [new_id() for _ in range(counts.get("matchable", 0))]
        made = 0
        if match_ids:
            made = await matches.match_by_gtin(connection, shared, moment(now), match_ids)
        done = _done(partnership, made, counts)
        if not made:
            return Done(done)
        # Many matches at once are told as one event about the whole partnership.
        return Done(done, (Happening("partnerships.products_matched", done.partnership, done),))

    return await act_once(pool, new_id, caller, sent, MatchingDone, work)


def _done(partnership: Id, made: int, counts: dict[str, int]) -> MatchingDone:
    names = MatchingDone.__struct_fields__[2:]
    return MatchingDone(
        ids.PARTNERSHIP + partnership, made, *[counts.get(name, 0) for name in names]
    )
