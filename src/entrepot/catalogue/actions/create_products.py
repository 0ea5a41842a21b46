"""Make products with their variants."""

from collections.abc import Callable, Sequence
from datetime import datetime

from entrepot.catalogue import store
from entrepot.catalogue.actions.make_variants import give_out_legacy_ids, make_variants
from entrepot.catalogue.model import (
    NewProduct,
    Product,
    ProductsMade,
    Variant,
    as_kept,
    check_products,
    placed,
)
from entrepot.catalogue.store import VariantToMake
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal


async def create_products(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    products: Sequence[NewProduct],
    sent: Sent | None = None,
) -> Written[ProductsMade] | Refusal:
    """Make products of the caller's organisation with their variants: all of them or none.

    A fixed number of statements whatever their number. Each product is an event of its own, after
    the one of the whole. Refuses `identity.scope_missing`, `request.key_reused`,
    `catalogue.no_products`, `catalogue.no_variants`, `catalogue.too_many_variants`,
    `catalogue.unknown_supplier`, `catalogue.supplier_deleted`, `catalogue.sku_taken`,
    `catalogue.gtin_taken`, `catalogue.legacy_id_taken`, `catalogue.vat_rate_needed` and the
    `_not_valid` codes of the catalogue, each fault by its field.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_products(products)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, now: datetime) -> Done[ProductsMade]:
        made = ProductsMade(await _make(connection, new_id, caller.organisation, now, products))
        subject = ids.ORGANISATION + caller.organisation
        each = [
            Happening("catalogue.product_created", product.id, product) for product in made.products
        ]
        return Done(made, (Happening("catalogue.products_created", subject, made), *each))

    return await act_once(pool, new_id, caller, sent, ProductsMade, work)


async def _make(
    connection: Connection,
    new_id: Callable[[], Id],
    organisation: Id,
    now: datetime,
    products: Sequence[NewProduct],
) -> tuple[Product, ...]:
    known = await give_out_legacy_ids(
        connection,
        "product",
        {f"products[{number}].legacy_id": each.legacy_id for number, each in enumerate(products)},
    )
    by_id = {new_id(): product for product in products}
    numbers = await store.insert_products(
        connection,
        organisation,
        now,
        [(id_, product.name, product.legacy_id) for id_, product in by_id.items()],
    )
    wanted = {
        path: VariantToMake(new_id(), id_, as_kept(new))
        for number, (id_, product) in enumerate(by_id.items())
        for path, new in placed(product.variants, f"products[{number}].").items()
    }
    variants = await make_variants(connection, organisation, now, wanted, known)
    of_product: dict[Id, list[Variant]] = {id_: [] for id_ in by_id}
    for each in sorted(wanted.values(), key=lambda one: one.new.sku):
        of_product[each.product].append(variants[each.id])
    return tuple(
        [
            Product(
                ids.PRODUCT + id_,
                numbers[id_],
                product.name,
                tuple(of_product[id_]),
                now,
            )
            for id_, product in by_id.items()
        ]
    )
