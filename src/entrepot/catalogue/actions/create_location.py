"""Make a location."""

from collections.abc import Callable

import msgspec

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import Location, NewLocation, check_location
from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def create_location(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, new: NewLocation
) -> Location | Refusal:
    """Make a location of the caller's organisation, where it keeps stock.

    Refuses `identity.scope_missing`, `catalogue.code_not_valid`, `catalogue.name_not_valid`,
    `catalogue.rank_not_valid` and `catalogue.code_taken`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_location(new)
    if refusal is not None:
        return refusal
    made = new_id()
    async with writing(pool) as connection:
        now = await read_clock(connection)
        if not await store.insert_location(connection, caller.organisation, made, new):
            return refuse(
                errors.CODE_TAKEN,
                f"You have a location {new.code} already; choose another code.",
                field="code",
                facts={"code": new.code},
            )
        location = Location(ids.LOCATION + made, *msgspec.structs.astuple(new))
        happening = Happening("catalogue.location_created", location.id, location)
        await record(connection, now, new_id, caller, [happening])
    return location
