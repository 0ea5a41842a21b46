"""Give another organisation a trading right."""

from collections.abc import Callable

import msgspec

from entrepot.identity import UNKNOWN_ORGANISATION, check_scope, organisation_exists
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.partnerships.model import TradingRight, check_right
from entrepot.partnerships.store import rights


async def grant_trading_right(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, buyer: Id, kind: str
) -> TradingRight | Refusal:
    """Open the caller's variants to `buyer`; given again, a right that holds stays as it is.

    A consignment right is a partnership's, by invitation. Refuses `identity.scope_missing`,
    `identity.unknown_organisation`, `partnerships.kind_not_valid`,
    `partnerships.consignment_by_invitation` and `partnerships.right_with_oneself`.
    """
    seller = caller.organisation
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE) or check_right(seller, buyer, kind)
    if refusal is not None:
        return refusal
    async with writing(pool) as connection:
        now = await read_clock(connection)
        if not await organisation_exists(connection, buyer):
            return refuse(
                UNKNOWN_ORGANISATION,
                "There is no such organisation. Check its id.",
                field="buyer",
                facts={"buyer": ids.ORGANISATION + buyer} if buyer else {},
            )
        right = TradingRight(
            ids.ORGANISATION + seller, ids.ORGANISATION + buyer, kind, "active", now
        )
        if not await rights.insert_right(connection, seller, buyer, kind, now):
            found = await rights.lock_right(connection, seller, buyer, kind)
            assert found is not None, "a trading right is never deleted"
            if found.state == "active":
                return found
            right = msgspec.structs.replace(found, state="active")
            await rights.set_right_state(connection, seller, buyer, kind, "active")
        happening = Happening("partnerships.trading_right_granted", right.buyer, right)
        await record(connection, now, new_id, caller, [happening])
    return right
