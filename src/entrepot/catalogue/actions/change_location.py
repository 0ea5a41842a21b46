"""Change a location."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import (
    Location,
    LocationChanges,
    check_location,
    code_taken,
    with_changes,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def change_location(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    location: Id,
    changes: LocationChanges,
    sent: Sent | None = None,
) -> Written[Location] | Refusal:
    """Change what is given of a location of the caller's organisation; the rest stays.

    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.unknown_location`,
    `catalogue.code_not_valid`, `catalogue.name_not_valid`, `catalogue.rank_not_valid` and
    `catalogue.code_taken`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Location] | Refusal:
        found = await store.lock_location(connection, caller.organisation, location)
        if found is None:
            return refuse(
                errors.UNKNOWN_LOCATION,
                "You have no such location. Check its id.",
                field="location",
                facts={"location": ids.LOCATION + location} if location else {},
            )
        changed = with_changes(found, changes)
        refused = check_location(changed)
        if refused is not None:
            return refused
        if changed == found:
            return Done(found)
        if not await store.update_location(connection, caller.organisation, changed):
            return Refusal((code_taken(changed.code),))
        happening = Happening("catalogue.location_changed", changed.id, changed)
        return Done(changed, (happening,))

    return await act_once(pool, new_id, caller, sent, Location, work)
