"""Change a product."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.model import Product, check_name, unknown_product
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def change_product(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    product: Id,
    name: str,
    sent: Sent | None = None,
) -> Written[Product] | Refusal:
    """Give a product of the caller's organisation another name; its variants stay as they are.

    Refuses `identity.scope_missing`, `request.key_reused`, `catalogue.unknown_product` and
    `catalogue.name_not_valid`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_name(name)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Product] | Refusal:
        found = await store.lock_product(connection, caller.organisation, product)
        if found is None:
            return unknown_product(product)
        if found.name == name:
            return Done(found)
        changed = msgspec.structs.replace(found, name=name)
        await store.update_product(connection, caller.organisation, changed)
        happening = Happening("catalogue.product_changed", changed.id, changed)
        return Done(changed, (happening,))

    return await act_once(pool, new_id, caller, sent, Product, work)
