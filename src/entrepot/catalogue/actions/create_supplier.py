"""Make a supplier."""

from collections.abc import Callable
from datetime import datetime

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    NewSupplier,
    Supplier,
    check_supplier,
    make_supplier,
    name_taken,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def create_supplier(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    new: NewSupplier,
    sent: Sent | None = None,
) -> Written[Supplier] | Refusal:
    """Make a supplier of the caller's organisation; its name, capitals aside, is its own there.

    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.name_not_valid`,
    `catalogue.email_not_valid`, `catalogue.backorder_threshold_not_valid` and
    `catalogue.name_taken`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_supplier(new)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Supplier] | Refusal:
        supplier = make_supplier(new_id(), new, now)
        if not await store.insert_supplier(connection, caller.organisation, supplier):
            return Refusal((name_taken(new.name),))
        happening = Happening("catalogue.supplier_created", supplier.id, supplier)
        return Done(supplier, (happening,))

    return await act_once(pool, new_id, caller, sent, Supplier, work)
