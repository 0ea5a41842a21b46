"""Loading and saving locations, products, variants. No other code runs its statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.catalogue.model import Location, NewLocation, NewVariant, Variant
from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text

SQL = load_statements("entrepot.catalogue")


class LocationRow(NamedTuple):
    """A location as it is stored."""

    id: Id
    code: str
    name: str
    rank: int
    ships_orders: bool


class VariantRow(NamedTuple):
    """A variant as it is stored."""

    id: Id
    product: Id
    sku: str
    name: str
    unit: str
    pricing_model: str
    retail_price: Decimal | None
    whole_units: bool
    unlimited: bool
    is_orderable: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    state: str
    created_at: datetime


ROWS: Mapping[str, type] = {
    "list_locations": LocationRow,
    "list_variants": VariantRow,
    "find_variant": VariantRow,
    "find_variants": VariantRow,
    "lock_variant": VariantRow,
}


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
    rows = await connection.fetch(SQL["list_locations"], organisation)
    return [Location(ids.LOCATION + row["id"], *tuple(row)[1:]) for row in rows]


async def insert_products(
    connection: Connection,
    organisation: Id,
    at: datetime,
    products: Sequence[tuple[Id, str]],
    variants: Sequence[tuple[Id, Id, NewVariant]],
) -> set[str]:
    """Make products of (id, name) and variants of (id, product, what is new).

    Returns the skus of the variants that were made; the others' are taken.
    """
    await connection.execute(SQL["insert_products"], organisation, at, *columns(products, 2))
    rows = [(id_, product, *msgspec.structs.astuple(new)) for id_, product, new in variants]
    made = await connection.fetch(SQL["insert_variants"], organisation, at, *columns(rows, 12))
    return {row[0] for row in made}


async def list_variants(
    connection: Connection, organisation: Id, after: str, limit: int
) -> list[Variant]:
    """Read an organisation's variants by sku, from after `after` on."""
    rows = await connection.fetch(SQL["list_variants"], organisation, after, limit)
    return [_variant(VariantRow(*row)) for row in rows]


async def find_variants(
    connection: Connection, organisation: Id, skus: Sequence[str]
) -> list[Variant]:
    """Read an organisation's variants with these skus."""
    rows = await connection.fetch(SQL["find_variants"], organisation, skus)
    return [_variant(VariantRow(*row)) for row in rows]


async def find_variant(connection: Connection, organisation: Id, id_: Id) -> Variant | None:
    """Read one variant of an organisation."""
    row = await connection.fetchrow(SQL["find_variant"], organisation, id_)
    return None if row is None else _variant(VariantRow(*row))


async def lock_variant(connection: Connection, organisation: Id, id_: Id) -> Variant | None:
    """Lock and read one variant of an organisation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["lock_variant"], organisation, id_)
    return None if row is None else _variant(VariantRow(*row))


async def set_variant_state(connection: Connection, organisation: Id, id_: Id, state: str) -> None:
    """Put a locked variant into another state."""
    row = await connection.fetchrow(SQL["set_variant_state"], organisation, id_, state)
    assert row is not None, "a locked variant is there"


def _variant(row: VariantRow) -> Variant:
    return Variant(
        ids.VARIANT + row.id,
        ids.PRODUCT + row.product,
        row.sku,
        row.name,
        row.unit,
        row.pricing_model,
        None if row.retail_price is None else quantity_text(row.retail_price),
        row.whole_units,
        row.unlimited,
        row.is_orderable,
        quantity_text(row.order_quantity_min),
        quantity_text(row.order_quantity_multiple),
        row.state,
        row.created_at,
    )
