"""Change a supplier, or put it into another state."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    Supplier,
    SupplierChanges,
    check_supplier,
    name_taken,
    supplier_deleted,
    unknown_supplier,
    with_changes,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def change_supplier(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    supplier: Id,
    changes: SupplierChanges,
    sent: Sent | None = None,
) -> Written[Supplier] | Refusal:
    """Change what is given of a supplier of the caller's organisation; the rest stays.

    A deleted supplier is kept, so that its variants still say who it was, and cannot be changed.
    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.unknown_supplier`,
    `catalogue.name_not_valid`, `catalogue.email_not_valid`,
    `catalogue.backorder_threshold_not_valid`, `catalogue.state_not_valid`, `catalogue.name_taken`
    and `catalogue.supplier_deleted`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Supplier] | Refusal:
        found = await store.lock_supplier(connection, caller.organisation, supplier)
        if found is None:
            return Refusal((unknown_supplier(supplier),))
        changed = with_changes(found, changes)
        refused = check_supplier(changed)
        if refused is not None:
            return refused
        if changed == found:
            return Done(found)
        if found.state == "deleted":
            return Refusal((supplier_deleted(supplier),))
        if not await store.update_supplier(connection, caller.organisation, changed):
            return Refusal((name_taken(changed.name),))
        happening = Happening("catalogue.supplier_changed", changed.id, changed)
        return Done(changed, (happening,))

    return await act_once(pool, new_id, caller, sent, Supplier, work)
