"""Activate, deactivate or delete a variant."""

from collections.abc import Callable
from typing import Final

import msgspec

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import Variant, check_state
from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse

ACTS: Final = {
    "active": "catalogue.variant_activated",
    "deactivated": "catalogue.variant_deactivated",
    "deleted": "catalogue.variant_deleted",
}


async def set_variant_state(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, variant: Id, state: str
) -> Variant | Refusal:
    """Put a variant of the caller's organisation into a state; put there again, nothing happens.

    A deactivated variant takes no new orders and keeps those it has; deleted is for ever.
    Refuses `identity.scope_missing`, `catalogue.state_not_valid`, `catalogue.unknown_variant` and
    `catalogue.variant_deleted`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    fault = check_state(state)
    if fault is not None:
        return Refusal((fault,))
    async with writing(pool) as connection:
        found = await store.lock_variant(connection, caller.organisation, variant)
        if found is None:
            return refuse(
                errors.UNKNOWN_VARIANT,
                "You have no such variant. Check its id.",
                field="variant",
                facts={"variant": ids.VARIANT + variant} if variant else {},
            )
        if found.state == state:
            return found
        if found.state == "deleted":
            return refuse(
                errors.VARIANT_DELETED,
                f"{found.sku} was deleted; make a new variant instead.",
                field="variant",
                facts={"variant": found.id, "sku": found.sku},
            )
        now = await read_clock(connection)
        changed = msgspec.structs.replace(found, state=state)
        await store.set_variant_state(connection, caller.organisation, variant, state)
        happening = Happening(ACTS[state], changed.id, changed)
        await record(connection, now, new_id, caller, [happening])
    return changed
