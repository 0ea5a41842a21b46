"""Acknowledge a settlement: say that it is right."""

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
    show_settlement,
    unknown_settlement,
)


async def acknowledge_settlement(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    settlement: Id,
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[Settlement] | Refusal:
    """Acknowledge the caller's face of a document, for good; a dispute of it is over then.

    The partner is told, and answers its own face by itself. Acknowledged again, it stays as it is.
    `moment` says when it happens.

    Refuses `identity.scope_missing`, `settlement.unknown_settlement` and `request.key_reused`.
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
        totals = (await store.read_totals(connection, organisation, [settlement])).get(
            settlement, []
        )
        if before.state == "acknowledged":
            return Done(show_settlement(before, totals))
        await store.set_answer(connection, organisation, settlement, "acknowledged", now)
        after = before._replace(state="acknowledged", answered_at=now, dispute_reason=None)
        answer = show_settlement(after, totals)
        if before.state == "disputed":
            notice = answer_notice(after, "settlement.dispute_over")
            await raise_notices(connection, now, (notice,), new_id)
        return Done(answer, (Happening("settlement.acknowledged", answer.id, answer),))

    return await act_once(pool, new_id, caller, sent, Settlement, work)
