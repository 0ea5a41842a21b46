"""End a trading right."""

from collections.abc import Callable

import msgspec

from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, gather, refuse
from entrepot.partnerships import errors
from entrepot.partnerships.model import TradingRight, consignment_faults
from entrepot.partnerships.store import rights


async def end_trading_right(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, buyer: Id, kind: str
) -> TradingRight | Refusal:
    """Close the caller's variants to `buyer` again; orders that were placed stand.

    Ended again, nothing happens. Refuses `identity.scope_missing`,
    `partnerships.unknown_trading_right` and `partnerships.consignment_by_invitation`.
    """
    seller = caller.organisation
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE) or gather(
        consignment_faults(kind), errors.PRECEDENCE
    )
    if refusal is not None:
        return refusal
    async with writing(pool) as connection:
        found = await rights.lock_right(connection, seller, buyer, kind)
        if found is None:
            return refuse(
                errors.UNKNOWN_TRADING_RIGHT,
                "You gave this organisation no such trading right.",
                field="buyer",
                facts={"buyer": ids.ORGANISATION + buyer, "kind": kind}
                if buyer
                else {"kind": kind},
            )
        if found.state == "ended":
            return found
        now = await read_clock(connection)
        ended = msgspec.structs.replace(found, state="ended")
        await rights.set_right_state(connection, seller, buyer, kind, "ended")
        happening = Happening("partnerships.trading_right_ended", ended.buyer, ended)
        await record(connection, now, new_id, caller, [happening])
    return ended
