"""Make a location."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.model import Location, NewLocation, check_location, code_taken
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def create_location(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewLocation,
    sent: Sent | None = None,
) -> Written[Location] | Refusal:
    """Make a location of the caller's organisation, where it keeps stock.

    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.code_not_valid`,
    `catalogue.name_not_valid`, `catalogue.rank_not_valid` and `catalogue.code_taken`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_location(new)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Location] | Refusal:
        made = new_id()
        if not await store.insert_location(connection, caller.organisation, made, new):
            return Refusal((code_taken(new.code),))
        location = Location(ids.LOCATION + made, *msgspec.structs.astuple(new))
        happening = Happening("catalogue.location_created", location.id, location)
        return Done(location, (happening,))

    return await act_once(pool, new_id, caller, sent, Location, work)
