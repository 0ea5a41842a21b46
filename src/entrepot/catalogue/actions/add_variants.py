"""Add variants to a product."""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.actions.make_variants import make_variants
from entrepot.catalogue.model import (
    NewVariant,
    Product,
    as_kept,
    check_variants,
    placed,
    unknown_product,
)
from entrepot.catalogue.store import VariantToMake
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def add_variants(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    product: Id,
    variants: Sequence[NewVariant],
    sent: Sent | None = None,
) -> Written[Product] | Refusal:
    """Add variants to a product of the caller's organisation: all of them or none.

    Answers the product with all its variants; each new one is an event of its own. Refuses
    `identity.scope_missing`, `request.key_reused`, `catalogue.unknown_product`, and for its
    variants what `create_products` refuses.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_variants(variants)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[Product] | Refusal:
        found = await store.lock_product(connection, caller.organisation, product)
        if found is None:
            return unknown_product(product)
        wanted = {
            path: VariantToMake(new_id(), product, as_kept(new))
            for path, new in placed(variants).items()
        }
        made = await make_variants(connection, caller.organisation, now, wanted)
        together = sorted((*found.variants, *made.values()), key=attrgetter("sku"))
        changed = msgspec.structs.replace(found, variants=tuple(together))
        each = [
            Happening("catalogue.variant_created", variant.id, variant) for variant in made.values()
        ]
        return Done(changed, (Happening("catalogue.product_changed", changed.id, changed), *each))

    return await act_once(pool, new_id, caller, sent, Product, work)
