"""Rules of products: a name over at least one variant."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from entrepot.catalogue import errors
from entrepot.catalogue.model.gtins import gtin_key
from entrepot.catalogue.model.text import NAME_LENGTH_MAX, name_fault
from entrepot.catalogue.model.variants import (
    LEGACY_ID_MAX,
    NewVariant,
    Variant,
    check_new_variants,
    gtin_taken,
    legacy_id_fault,
    legacy_id_taken,
    sku_taken,
)
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.kernel.text import is_plain

VARIANTS_MAX: Final = 10_000


class NewProduct(msgspec.Struct, frozen=True):
    """A product to make, with at least one variant. `legacy_id` as in `NewVariant`."""

    name: str
    variants: tuple[NewVariant, ...]
    legacy_id: int | None = None


class Product(msgspec.Struct, frozen=True):
    """A product with its variants by sku, its id as on the wire. Deleted variants are left out."""

    id: str
    legacy_id: int
    name: str
    variants: tuple[Variant, ...]
    created_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.PRODUCT)


class ProductsMade(msgspec.Struct, frozen=True):
    """Products just made, in the order in which they were given."""

    products: tuple[Product, ...]


def check_products(products: Sequence[NewProduct]) -> Refusal | None:
    """Name everything that is wrong with products to make, in all of them at once."""
    if not products:
        fault = Fault(errors.NO_PRODUCTS, "Give at least one product.", "products")
        return gather([fault], errors.PRECEDENCE)
    fault_of_many = _too_many(sum(len(product.variants) for product in products), "products")
    if fault_of_many is not None:
        return gather([fault_of_many], errors.PRECEDENCE)
    return gather(_product_faults(products), errors.PRECEDENCE)


def check_variants(variants: Sequence[NewVariant]) -> Refusal | None:
    """Name everything that is wrong with variants to add to a product, in all of them at once."""
    fault = _too_many(len(variants), "variants")
    if not variants:
        fault = _no_variants("variants")
    if fault is not None:
        return gather([fault], errors.PRECEDENCE)
    faults = [*check_new_variants(variants, "variants"), *_named_twice(placed(variants))]
    return gather(faults, errors.PRECEDENCE)


def check_name(name: str) -> Refusal | None:
    """Name what is wrong with a product's name."""
    faults = [] if is_plain(name, NAME_LENGTH_MAX) else [name_fault(name, "name")]
    return gather(faults, errors.PRECEDENCE)


def placed(variants: Sequence[NewVariant], before: str = "") -> dict[str, NewVariant]:
    """Variants by the path at which they stand in a request."""
    return {f"{before}variants[{place}]": variant for place, variant in enumerate(variants)}


def placed_in(products: Sequence[NewProduct]) -> dict[str, NewVariant]:
    """The variants of products by the path at which they stand in a request."""
    return {
        path: variant
        for number, product in enumerate(products)
        for path, variant in placed(product.variants, f"products[{number}].").items()
    }


def unknown_product(product: Id) -> Refusal:
    """Say that an organisation has no such product; "" stands for an id that is none."""
    fault = Fault(
        errors.UNKNOWN_PRODUCT,
        "You have no such product. Check its id.",
        "product",
        {"product": ids.PRODUCT + product} if product else {},
    )
    return Refusal((fault,))


def _product_faults(products: Sequence[NewProduct]) -> Iterator[Fault]:
    numbers: set[int] = set()
    for number, product in enumerate(products):
        field = f"products[{number}]"
        if not is_plain(product.name, NAME_LENGTH_MAX):
            yield name_fault(product.name, f"{field}.name")
        if not product.variants:
            yield _no_variants(f"{field}.variants")
        legacy_id = product.legacy_id
        if legacy_id is not None:
            if not 1 <= legacy_id <= LEGACY_ID_MAX:
                yield legacy_id_fault(legacy_id, f"{field}.legacy_id")
            if legacy_id in numbers:
                yield legacy_id_taken(legacy_id, f"{field}.legacy_id")
            numbers.add(legacy_id)
        yield from check_new_variants(product.variants, f"{field}.variants")
    yield from _named_twice(placed_in(products))


def _named_twice(variants: dict[str, NewVariant]) -> Iterator[Fault]:
    """Name what only one variant can have and a second one asks for."""
    skus: set[str] = set()
    gtins: set[str] = set()
    numbers: set[int] = set()
    for path, variant in variants.items():
        if variant.sku in skus:
            yield sku_taken(variant.sku, f"{path}.sku")
        skus.add(variant.sku)
        if variant.gtin is not None:
            key = gtin_key(variant.gtin)
            if key in gtins:
                yield gtin_taken(variant.gtin, f"{path}.gtin")
            gtins.add(key)
        if variant.legacy_id is not None:
            if variant.legacy_id in numbers:
                yield legacy_id_taken(variant.legacy_id, f"{path}.legacy_id")
            numbers.add(variant.legacy_id)


def _no_variants(field: str) -> Fault:
    return Fault(errors.NO_VARIANTS, "A product has at least one variant.", field)


def _too_many(count: int, field: str) -> Fault | None:
    if count <= VARIANTS_MAX:
        return None
    return Fault(
        errors.TOO_MANY_VARIANTS,
        f"Make at most {VARIANTS_MAX} variants at once.",
        field,
        {"variants": count, "max": VARIANTS_MAX},
    )
