"""Make products with their variants."""

from collections.abc import Callable, Sequence
from datetime import datetime

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import (
    NewProduct,
    NewVariant,
    Product,
    Variant,
    check_products,
    sku_taken,
)
from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Refusal, RefusedError, gather


async def create_products(
    pool: Pool, new_id: Callable[[], Id], caller: Caller, products: Sequence[NewProduct]
) -> list[Product] | Refusal:
    """Make products of the caller's organisation with their variants: all of them or none.

    A fixed number of statements whatever their number. Refuses `identity.scope_missing`,
    `catalogue.no_products`, `catalogue.no_variants`, `catalogue.too_many_variants`,
    `catalogue.sku_taken` and the `_not_valid` codes of the catalogue, each fault by its field.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE) or check_products(products)
    if refusal is not None:
        return refusal
    try:
        async with writing(pool) as connection:
            now = await read_clock(connection)
            made = [_made(new_id, now, product) for product in products]
            skus = await store.insert_products(
                connection,
                caller.organisation,
                now,
                [(product.id.removeprefix(ids.PRODUCT), product.name) for product in made],
                _rows(products, made),
            )
            _refuse_taken(products, skus)
            happenings = [
                Happening("catalogue.product_created", product.id, product) for product in made
            ]
            await record(connection, now, new_id, caller, happenings)
    except RefusedError as refused:
        return refused.refusal
    return made


def _made(new_id: Callable[[], Id], now: datetime, new: NewProduct) -> Product:
    """Say what a new product will be, with its ids."""
    product = ids.PRODUCT + new_id()
    variants = tuple(
        Variant(
            ids.VARIANT + new_id(),
            product,
            each.sku,
            each.name,
            each.unit,
            each.pricing_model,
            None if each.retail_price is None else quantity_text(each.retail_price),
            each.whole_units,
            each.unlimited,
            each.is_orderable,
            quantity_text(each.order_quantity_min),
            quantity_text(each.order_quantity_multiple),
            "active",
            now,
        )
        for each in new.variants
    )
    return Product(product, new.name, variants)


def _rows(
    products: Sequence[NewProduct], made: Sequence[Product]
) -> list[tuple[Id, Id, NewVariant]]:
    """Pair every new variant with its id and its product's."""
    return [
        (variant.inner_id, product.id.removeprefix(ids.PRODUCT), new)
        for wanted, product in zip(products, made, strict=True)
        for new, variant in zip(wanted.variants, product.variants, strict=True)
    ]


def _refuse_taken(products: Sequence[NewProduct], made: set[str]) -> None:
    """Undo everything, naming each sku that was taken."""
    faults = [
        sku_taken(variant.sku, f"products[{number}].variants[{place}]")
        for number, product in enumerate(products)
        for place, variant in enumerate(product.variants)
        if variant.sku not in made
    ]
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        raise RefusedError(refusal)
