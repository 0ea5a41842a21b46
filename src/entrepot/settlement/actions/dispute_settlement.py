"""Dispute a settlement: say what is wrong with it."""

from collections.abc import Callable
from datetime import datetime

from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.settlement import store
from entrepot.settlement.model import (
    Settlement,
    answer_notice,
    check_dispute,
    show_settlement,
    unknown_settlement,
)


async def dispute_settlement(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    settlement: Id,
    reason: str,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[Settlement] | Refusal:
    """Dispute the caller's face of a document; the partner is told why and sees it on its own.

    The document stays as it is: what the two agree to correct comes into the week that is open
    then. Disputed again, the new reason counts; disputed for the same one, nothing changes.
    `moment` says when it happens.

    Refuses `identity.scope_missing`, `settlement.unknown_settlement`,
    `settlement.reason_not_valid`, `settlement.already_acknowledged` and `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.SETTLEMENT_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, clock: datetime) -> Done[Settlement] | Refusal:
        now, organisation = moment(clock), caller.organisation
        if not await store.lock_settlement(connection, organisation, settlement):
            return unknown_settlement(settlement)
        before = await store.find_settlement(connection, organisation, settlement)
        assert before is not None, "what is locked is there"
        refused = check_dispute(before, reason)
        if refused is not None:
            return refused
        totals = (await store.read_totals(connection, organisation, [settlement])).get(
            settlement, []
        )
        if before.dispute_reason == reason:
            return Done(show_settlement(before, totals))
        await store.set_answer(connection, organisation, settlement, "disputed", now, reason)
        after = before._replace(state="disputed", answered_at=now, dispute_reason=reason)
        answer = show_settlement(after, totals)
        notice = answer_notice(after, "settlement.disputed")
        await raise_notices(connection, now, (notice,), new_id)
        return Done(answer, (Happening("settlement.disputed", answer.id, answer),))

    return await act_once(pool, new_id, caller, sent, Settlement, work)
