"""Reads of the catalogue for doors: an organisation's own locations, suppliers, products, variants.

Every view refuses `identity.scope_missing`.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    LISTED,
    Location,
    Product,
    Supplier,
    Variant,
    VariantFilter,
    name_key,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading, reading_snapshot
from entrepot.infra.sheets import SheetForm, write_pages
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST, Page
from entrepot.kernel.refusal import Refusal

EVERYTHING = VariantFilter()
EXPORT_ROWS: Final = 2_000
"""Rows of a sheet that are read at once."""

PRODUCT_LINE: Final = (
    "sku",
    "name",
    "product",
    "gtin",
    "unit",
    "pricing_model",
    "retail_price",
    "wholesale_price",
    "purchase_price",
    "vat_rate",
    "whole_units",
    "unlimited",
    "is_orderable",
    "order_quantity_min",
    "order_quantity_multiple",
    "units_per_case",
    "supplier",
    "supplier_sku",
    "state",
)
"""The columns of an exported sheet of products."""

SUPPLIER_LINE: Final = ("name", "email", "backorders_allowed", "backorder_threshold", "state")
"""The columns of an exported sheet of suppliers."""


async def list_locations(pool: Pool, caller: Caller) -> list[Location] | Refusal:
    """The caller's locations, in the order in which orders ship from them."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_locations(connection, caller.organisation)


async def find_location(pool: Pool, caller: Caller, id_: Id) -> Location | Refusal | None:
    """One of the caller's locations; None where it has no such location."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_location(connection, caller.organisation, id_)


async def list_suppliers(
    pool: Pool, caller: Caller, page: Page, state: str | None = None
) -> list[Supplier] | Refusal:
    """The caller's suppliers by name, one more than the page shows; without a state, undeleted.

    A page's key is what the last name is compared by, and the last id.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    name, id_ = ("", LOWEST) if page.after is None else page.after
    states = LISTED if state is None else (state,)
    async with reading(pool) as connection:
        return await store.list_suppliers(
            connection, caller.organisation, states, (str(name), str(id_)), page.rows_wanted
        )


async def find_supplier(pool: Pool, caller: Caller, id_: Id) -> Supplier | Refusal | None:
    """One of the caller's suppliers, also a deleted one; None where it has no such supplier."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_supplier(connection, caller.organisation, id_)


async def find_suppliers_by_name(
    pool: Pool, caller: Caller, names: Sequence[str]
) -> dict[str, Supplier] | Refusal:
    """The caller's suppliers by these names, however they are capitalised, without deleted ones.

    A name that no supplier has is left out.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    keys = {name: name_key(name) for name in names}
    async with reading(pool) as connection:
        found = await store.find_suppliers_by_name(
            connection, caller.organisation, list(keys.values())
        )
    by_key = {each.name_key: each for each in found}
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


async def list_products(pool: Pool, caller: Caller, page: Page) -> list[Product] | Refusal:
    """The caller's products with their variants in the order of their ids.

    One more than the page shows. A page's key is the last id.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading_snapshot(pool) as connection:
        return await store.list_products(connection, caller.organisation, after, page.rows_wanted)


async def find_product(pool: Pool, caller: Caller, id_: Id) -> Product | Refusal | None:
    """One of the caller's products with its variants; None where it has no such product."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading_snapshot(pool) as connection:
        return await store.find_product(connection, caller.organisation, id_)


async def list_variants(
    pool: Pool,
    caller: Caller,
    after: str = "",
    limit: int = 100,
    wanted: VariantFilter = EVERYTHING,
) -> list[Variant] | Refusal:
    """The caller's variants that fit by sku, from after the sku `after` on.

    Without a state asked for, deleted ones are left out.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_variants(connection, caller.organisation, wanted, after, limit)


async def find_variants(pool: Pool, caller: Caller, skus: Sequence[str]) -> list[Variant] | Refusal:
    """The caller's variants with these skus, by sku, without deleted ones."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_variants(connection, caller.organisation, skus, LISTED)


async def find_variant(pool: Pool, caller: Caller, id_: Id) -> Variant | Refusal | None:
    """One of the caller's own variants; None where it has no such variant."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.find_variant(connection, caller.organisation, id_)


async def export_products(
    pool: Pool, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    """The caller's variants as a sheet, by sku, without deleted ones; read as it is written.

    What is changed meanwhile may or may not be in it.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    texts = ("sku", "name", "product", "unit", "supplier", "supplier_sku")
    return write_pages(PRODUCT_LINE, texts, form, _product_pages(pool, caller.organisation))


async def export_suppliers(
    pool: Pool, caller: Caller, form: SheetForm
) -> AsyncIterator[bytes] | Refusal:
    """The caller's suppliers as a sheet, by name, without deleted ones; read as it is written."""
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    pages = _supplier_pages(pool, caller.organisation)
    return write_pages(SUPPLIER_LINE, ("name", "email"), form, pages)


async def _product_pages(
    pool: Pool, organisation: Id
) -> AsyncIterator[Sequence[tuple[str | None, ...]]]:
    after = ""
    while True:
        async with reading(pool) as connection:
            page = await store.list_product_lines(connection, organisation, after, EXPORT_ROWS)
        yield page
        if len(page) < EXPORT_ROWS:
            return
        after = str(page[-1][0])


async def _supplier_pages(
    pool: Pool, organisation: Id
) -> AsyncIterator[Sequence[tuple[str | None, ...]]]:
    after = ("", LOWEST)
    while True:
        async with reading(pool) as connection:
            page = await store.list_suppliers(connection, organisation, LISTED, after, EXPORT_ROWS)
        yield [
            (
                each.name,
                each.email,
                "yes" if each.backorders_allowed else "no",
                str(each.backorder_threshold),
                each.state,
            )
            for each in page
        ]
        if len(page) < EXPORT_ROWS:
            return
        after = (page[-1].name_key, page[-1].inner_id)
