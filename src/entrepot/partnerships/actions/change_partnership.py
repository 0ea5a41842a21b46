"""Change what a wholesaler and a retailer agreed on."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.notices import raise_notices
from entrepot.partnerships.model import (
    AgreementChanges,
    Partnership,
    changed_names,
    check_agreement,
    is_ending,
    partner_notice,
    unknown_partnership,
    wholesaler_only,
    with_changes,
)
from entrepot.partnerships.store import partnerships


async def change_partnership(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    changes: AgreementChanges,
    sent: Sent | None = None,
) -> Written[Partnership] | Refusal:
    """Change what is given of the agreement, by the wholesaler, effective at once (E21).

    What passed already stays as it was, at its price. The retailer gets a notice, of everything
    but the buffer. Refuses `identity.scope_missing`, `partnerships.unknown_partnership`,
    `partnerships.wholesaler_only`, `partnerships.partnership_ending` (once it has ended or is
    ending), `partnerships.sharing_policy_not_valid`, `partnerships.on_cancel_not_valid`,
    `partnerships.buffer_not_valid`, `partnerships.cap_not_valid`,
    `partnerships.price_percentage_not_valid`, `partnerships.terms_not_valid` and
    `request.key_reused`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal
    me = caller.organisation

    async def work(connection: Connection, now: datetime) -> Done[Partnership] | Refusal:
        found = await partnerships.lock_partnership(connection, me, partnership)
        if found is None:
            return unknown_partnership(partnership)
        if found.role_of(me) == "retailer":
            return wholesaler_only(found)
        before = found.agreement()
        agreement = with_changes(before, changes)
        refused = is_ending(found) or check_agreement(agreement)
        if refused is not None:
            return refused
        names = changed_names(before, agreement)
        if not names:
            return Done(found.to_show(me))
        await partnerships.set_agreement(connection, found, agreement)
        changed = found._replace(**msgspec.structs.asdict(agreement))
        visible = [name for name in names if name != "buffer"]
        if visible:
            told = partner_notice(changed, me, "changed", changed=" ".join(visible))
            await raise_notices(connection, now, [told], new_id)
        shown = changed.to_show(me)
        return Done(shown, (Happening("partnerships.partnership_changed", shown.id, shown),))

    return await act_once(pool, new_id, caller, sent, Partnership, work)
