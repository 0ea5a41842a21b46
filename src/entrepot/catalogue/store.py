"""Loading and saving the catalogue. No other code runs its statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from entrepot.catalogue.model import (
    KeptVariant,
    Location,
    NewLocation,
    NewVariant,
    Product,
    Supplier,
    Variant,
    VariantFilter,
    as_variant,
    gtin_key,
)
from entrepot.catalogue.model.rows import LocationRow, ProductRow, SupplierRow, VariantRow
from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.catalogue")
VIEWS = load_statements("entrepot.catalogue", "views.sql")

VARIANT_FIELDS = len(NewVariant.__struct_fields__)
_FIXED = {"sku", "unlimited", "legacy_id", "prices_include_vat"}
_WRITTEN = [name for name in NewVariant.__struct_fields__ if name not in _FIXED]


class LockedVariant(NamedTuple):
    """A locked variant: as it is answered, and all that can be said of it."""

    variant: Variant
    kept: NewVariant


class VariantToMake(NamedTuple):
    """A new variant with its id and its product's, its prices without VAT."""

    id: Id
    product: Id
    new: NewVariant


class Taken(NamedTuple):
    """Skus, and GTINs with all their digits, that an organisation's variants have."""

    skus: set[str]
    gtins: set[str]


ROWS: Mapping[str, type] = {
    "lock_location": LocationRow,
    "lock_product": ProductRow,
    "lock_likely_suppliers": SupplierRow,
    "lock_supplier": SupplierRow,
    "lock_variant": VariantRow,
}


# Locations


async def insert_location(
    connection: Connection, organisation: Id, id_: Id, new: NewLocation
) -> bool:
    """Make a location; False when its code is taken."""
    row = await connection.fetchrow(
        SQL["insert_location"], organisation, id_, *msgspec.structs.astuple(new)
    )
    return row is not None


async def list_locations(connection: Connection, organisation: Id) -> list[Location]:
    """Read an organisation's locations, in the order in which orders ship from them."""
    rows = await connection.fetch(VIEWS["list_locations"], organisation)
    return [_location(LocationRow(*row)) for row in rows]


async def find_location(connection: Connection, organisation: Id, id_: Id) -> Location | None:
    """Read one location of an organisation."""
    row = await connection.fetchrow(VIEWS["find_location"], organisation, id_)
    return None if row is None else _location(LocationRow(*row))


async def lock_location(connection: Connection, organisation: Id, id_: Id) -> Location | None:
    """Lock and read one location of an organisation; an id that could not be read is nobody's."""
    row = await connection.fetchrow(SQL["lock_location"], organisation, id_) if id_ else None
    return None if row is None else _location(LocationRow(*row))


async def update_location(connection: Connection, organisation: Id, location: Location) -> bool:
    """Write a locked location whole; False when its code is taken, which ends the transaction."""
    _, *values = msgspec.structs.astuple(location)
    broken = await _update(connection, "update_location", organisation, location.inner_id, *values)
    return broken is None


# Suppliers


async def insert_supplier(connection: Connection, organisation: Id, supplier: Supplier) -> bool:
    """Make a supplier; False when its name is taken."""
    row = await connection.fetchrow(
        SQL["insert_supplier"], organisation, *_supplier_values(supplier)
    )
    return row is not None


async def list_suppliers(
    connection: Connection,
    organisation: Id,
    states: Sequence[str],
    after: tuple[str, Id],
    limit: int,
) -> list[Supplier]:
    """Read an organisation's suppliers in these states by name, from after (name key, id) on."""
    rows = await connection.fetch(VIEWS["list_suppliers"], organisation, states, *after, limit)
    return [_supplier(SupplierRow(*row)) for row in rows]


async def find_supplier(connection: Connection, organisation: Id, id_: Id) -> Supplier | None:
    """Read one supplier of an organisation."""
    row = await connection.fetchrow(VIEWS["find_supplier"], organisation, id_)
    return None if row is None else _supplier(SupplierRow(*row))


async def find_suppliers_by_name(
    connection: Connection, organisation: Id, name_keys: Sequence[str]
) -> list[Supplier]:
    """Read an organisation's suppliers by what their names are compared by."""
    rows = await connection.fetch(VIEWS["find_suppliers_by_name"], organisation, name_keys)
    return [_supplier(SupplierRow(*row)) for row in rows]


async def read_supplier_states(
    connection: Connection, organisation: Id, suppliers: Iterable[Id]
) -> dict[Id, str]:
    """Read the states of those of these suppliers that an organisation has."""
    wanted = sorted({each for each in suppliers if each})
    if not wanted:
        return {}
    rows = await connection.fetch(SQL["read_supplier_states"], organisation, wanted)
    return {row[0]: row[1] for row in rows}


async def lock_supplier(connection: Connection, organisation: Id, id_: Id) -> Supplier | None:
    """Lock and read one supplier of an organisation; an id that could not be read is nobody's."""
    row = await connection.fetchrow(SQL["lock_supplier"], organisation, id_) if id_ else None
    return None if row is None else _supplier(SupplierRow(*row))


async def update_supplier(connection: Connection, organisation: Id, supplier: Supplier) -> bool:
    """Write a locked supplier whole; False when its name is taken, which ends the transaction."""
    *values, _, partnership = _supplier_values(supplier)
    broken = await _update(connection, "update_supplier", organisation, *values, partnership)
    return broken is None


# Products and variants


async def insert_legacy_ids(
    connection: Connection, chosen: Sequence[tuple[str, int]]
) -> set[tuple[str, int]]:
    """Give out chosen numbers of (kind, number). Returns those given; the others are taken."""
    rows = await connection.fetch(SQL["insert_legacy_ids"], *columns(chosen, 2)) if chosen else []
    return {(row[0], row[1]) for row in rows}


async def insert_products(
    connection: Connection,
    organisation: Id,
    at: datetime,
    products: Sequence[tuple[Id, str, int | None]],
) -> dict[Id, int]:
    """Make products of (id, name, number or None). Returns each one's number by its id."""
    rows = await connection.fetch(SQL["insert_products"], organisation, at, *columns(products, 3))
    return {row[0]: row[1] for row in rows}


async def insert_variants(
    connection: Connection, organisation: Id, at: datetime, variants: Sequence[VariantToMake]
) -> dict[Id, int]:
    """Make variants. Returns their numbers by id; of those not made, a sku or GTIN is taken."""
    rows = [(id_, product, *msgspec.structs.astuple(new)[:-1]) for id_, product, new in variants]
    made = await connection.fetch(
        SQL["insert_variants"], organisation, at, *columns(rows, VARIANT_FIELDS + 1)
    )
    return {row[0]: row[1] for row in made}


async def read_taken(
    connection: Connection, organisation: Id, variants: Sequence[NewVariant]
) -> Taken:
    """Read which skus and GTINs of these variants an organisation has already."""
    skus = [each.sku for each in variants]
    gtins = [gtin_key(each.gtin) for each in variants if each.gtin is not None]
    rows = await connection.fetch(SQL["read_taken"], organisation, skus, gtins)
    return Taken({row[0] for row in rows} - {None}, {row[1] for row in rows} - {None})


async def list_products(
    connection: Connection, organisation: Id, after: Id, limit: int
) -> list[Product]:
    """Read an organisation's products with their variants by id, from after `after` on."""
    rows = await connection.fetch(VIEWS["list_products"], organisation, after, limit)
    return await _with_variants(connection, organisation, [ProductRow(*row) for row in rows])


async def find_product(connection: Connection, organisation: Id, id_: Id) -> Product | None:
    """Read one product of an organisation with its variants."""
    row = await connection.fetchrow(VIEWS["find_product"], organisation, id_)
    rows = [] if row is None else [ProductRow(*row)]
    found = await _with_variants(connection, organisation, rows)
    return found[0] if found else None


async def lock_product(connection: Connection, organisation: Id, id_: Id) -> Product | None:
    """Lock and read one product with its variants; an id that could not be read is nobody's."""
    row = await connection.fetchrow(SQL["lock_product"], organisation, id_) if id_ else None
    rows = [] if row is None else [ProductRow(*row)]
    found = await _with_variants(connection, organisation, rows)
    return found[0] if found else None


async def update_product(connection: Connection, organisation: Id, product: Product) -> None:
    """Write a locked product whole, its variants apart."""
    row = await connection.fetchrow(
        SQL["update_product"], organisation, product.inner_id, product.name
    )
    assert row is not None, "a locked product is there"


async def list_variants(
    connection: Connection, organisation: Id, wanted: VariantFilter, after: str, limit: int
) -> list[Variant]:
    """Read an organisation's variants that fit by sku, from after `after` on."""
    if wanted.sku is None and wanted.gtin is None:
        values = [organisation, wanted.states, after, limit]
        name = "list_variants"
        if wanted.supplier is not None:
            name = "list_variants_of_supplier"
            values.append(wanted.supplier)
        rows = await connection.fetch(VIEWS[name], *values)
        return [_variant(VariantRow(*row)) for row in rows]
    if wanted.gtin is not None:
        found = await find_variants_by_gtin(connection, organisation, [gtin_key(wanted.gtin)])
    else:
        skus = [wanted.sku or ""]
        found = await find_variants(connection, organisation, skus, wanted.states)
    return [each for each in found if each.sku > after and wanted.fits(each)][:limit]


async def find_variants(
    connection: Connection, organisation: Id, skus: Sequence[str], states: Sequence[str]
) -> list[Variant]:
    """Read an organisation's variants with these skus, in these states."""
    rows = await connection.fetch(VIEWS["find_variants"], organisation, skus, states)
    return [_variant(VariantRow(*row)) for row in rows]


async def find_variants_by_gtin(
    connection: Connection, organisation: Id, gtin_keys: Sequence[str]
) -> list[Variant]:
    """Read an organisation's variants by what their GTINs are compared by."""
    rows = await connection.fetch(VIEWS["find_variants_by_gtin"], organisation, gtin_keys)
    return [_variant(VariantRow(*row)) for row in rows]


async def find_variant(connection: Connection, organisation: Id, id_: Id) -> Variant | None:
    """Read one variant of an organisation."""
    row = await connection.fetchrow(VIEWS["find_variant"], organisation, id_)
    return None if row is None else _variant(VariantRow(*row))


async def lock_variant(connection: Connection, organisation: Id, id_: Id) -> LockedVariant | None:
    """Lock and read one variant of an organisation; an id that could not be read is nobody's."""
    found = await connection.fetchrow(SQL["lock_variant"], organisation, id_) if id_ else None
    if found is None:
        return None
    row = VariantRow(*found)
    return LockedVariant(_variant(row), _kept(row))


async def update_variant(
    connection: Connection, organisation: Id, id_: Id, kept: NewVariant
) -> str | None:
    """Write a locked variant whole, but for what is fixed when it is made.

    Returns the name of the constraint that it breaks, which ends the transaction; else None.
    """
    return await _update(
        connection,
        "update_variant",
        organisation,
        id_,
        kept.sku,
        kept.name,
        kept.gtin,
        kept.unit,
        kept.pricing_model,
        kept.retail_price,
        kept.wholesale_price,
        kept.purchase_price,
        kept.vat_rate,
        kept.whole_units,
        kept.is_orderable,
        kept.order_quantity_min,
        kept.order_quantity_multiple,
        kept.units_per_case,
        kept.supplier,
        kept.supplier_sku,
        kept.state,
    )


async def _update(connection: Connection, name: str, *values: object) -> str | None:
    """Write a locked row; returns the name of the unique constraint that it breaks, else None."""
    try:
        row = await connection.fetchrow(SQL[name], *values)
    except asyncpg.UniqueViolationError as error:
        return str(error.constraint_name)
    assert row is not None, "a locked row is there"
    return None


async def _with_variants(
    connection: Connection, organisation: Id, products: Sequence[ProductRow]
) -> list[Product]:
    """Read the variants of products, in one statement."""
    if not products:
        return []
    rows = await connection.fetch(
        VIEWS["list_variants_of_products"], organisation, [each.id for each in products]
    )
    variants: dict[Id, list[Variant]] = {each.id: [] for each in products}
    for row in map(VariantRow._make, rows):
        variants[row.product].append(_variant(row))
    return [
        Product(
            ids.PRODUCT + each.id,
            each.legacy_id,
            each.name,
            tuple(variants[each.id]),
            each.created_at,
        )
        for each in products
    ]


# Sheets


async def lock_variants_by_sku(
    connection: Connection, organisation: Id, skus: Sequence[str]
) -> dict[str, KeptVariant]:
    """Lock and read the variants with these skus, also deleted ones, by sku."""
    rows = await connection.fetch(SQL["lock_variants_by_sku"], organisation, skus)
    kept = [KeptVariant(row[0], row[1], NewVariant(*tuple(row)[2:])) for row in rows]
    return {each.variant.sku: each for each in kept}


async def read_product_names(
    connection: Connection, organisation: Id, products: Collection[Id]
) -> dict[Id, str]:
    """Read the names of products by their ids."""
    rows = await connection.fetch(SQL["read_product_names"], organisation, list(products))
    return {row[0]: row[1] for row in rows}


async def find_product_ids(
    connection: Connection, organisation: Id, names: Collection[str]
) -> dict[str, Id]:
    """Find the oldest product of each of these names."""
    rows = await connection.fetch(SQL["find_product_ids"], organisation, list(names))
    return {row[0]: row[1] for row in rows}


async def update_variants(
    connection: Connection, organisation: Id, variants: Sequence[tuple[Id, NewVariant]]
) -> None:
    """Write locked variants whole, but for what is fixed and their skus."""
    rows = [(id_, *[getattr(kept, name) for name in _WRITTEN]) for id_, kept in variants]
    values = columns(rows, 1 + len(_WRITTEN))
    written = await connection.fetch(SQL["update_variants"], organisation, *values)
    assert len(written) == len(variants), "locked variants are there"


async def list_product_lines(
    connection: Connection, organisation: Id, after: str, limit: int
) -> list[tuple[str | None, ...]]:
    """Read an organisation's variants as lines of a sheet by sku, from after `after` on."""
    rows = await connection.fetch(VIEWS["list_product_lines"], organisation, after, limit)
    return [tuple(row) for row in rows]


async def lock_suppliers_by_name(
    connection: Connection, organisation: Id, name_keys: Sequence[str]
) -> list[Supplier]:
    """Lock and read suppliers by what their names are compared by."""
    rows = await connection.fetch(SQL["lock_suppliers_by_name"], organisation, name_keys)
    return [_supplier(SupplierRow(*row)) for row in rows]


async def lock_likely_suppliers(
    connection: Connection, organisation: Id, name_keys: Sequence[str], partnerships: Sequence[Id]
) -> list[Supplier]:
    """Lock and read suppliers by what their names are compared by, and by their partnerships."""
    rows = await connection.fetch(
        SQL["lock_likely_suppliers"], organisation, name_keys, partnerships
    )
    return [_supplier(SupplierRow(*row)) for row in rows]


async def insert_suppliers(
    connection: Connection, organisation: Id, suppliers: Sequence[Supplier]
) -> int:
    """Make suppliers; return how many were made. The others' names are taken."""
    rows = [_supplier_values(each) for each in suppliers]
    made = await connection.fetch(SQL["insert_suppliers"], organisation, *columns(rows, 9))
    return len(made)


async def update_suppliers(
    connection: Connection, organisation: Id, suppliers: Sequence[Supplier]
) -> None:
    """Write locked suppliers whole."""
    rows = [_supplier_values(each)[:-2] for each in suppliers]
    written = await connection.fetch(SQL["update_suppliers"], organisation, *columns(rows, 7))
    assert len(written) == len(suppliers), "locked suppliers are there"


def _location(row: LocationRow) -> Location:
    return Location(ids.LOCATION + row.id, *row[1:])


def _supplier(row: SupplierRow) -> Supplier:
    partnership = None if row.partnership is None else ids.PARTNERSHIP + row.partnership
    return Supplier(ids.SUPPLIER + row.id, *row[1:-1], partnership)


def _supplier_values(supplier: Supplier) -> tuple[object, ...]:
    """What is stored of a supplier; when it was made, and its partnership, come last."""
    _, *values, _ = msgspec.structs.astuple(supplier)
    return supplier.inner_id, supplier.name_key, *values, supplier.inner_partnership


def _variant(row: VariantRow) -> Variant:
    return as_variant(row.id, row.product, row.legacy_id, row.created_at, _kept(row))


def _kept(row: VariantRow) -> NewVariant:
    return NewVariant(
        row.sku,
        row.name,
        row.gtin,
        row.unit,
        row.pricing_model,
        row.retail_price,
        row.wholesale_price,
        row.purchase_price,
        row.vat_rate,
        row.whole_units,
        row.unlimited,
        row.is_orderable,
        row.order_quantity_min,
        row.order_quantity_multiple,
        row.units_per_case,
        row.supplier,
        row.supplier_sku,
        row.state,
        row.legacy_id,
    )
