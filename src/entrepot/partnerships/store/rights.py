"""Loading and saving trading rights. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST
from entrepot.kernel.quantity import quantity_text
from entrepot.partnerships.model.rights import KnownOrganisation, OpenedVariant, TradingRight

SQL = load_statements("entrepot.partnerships.store", "rights.sql")


class RightRow(NamedTuple):
    """A trading right as it is stored."""

    seller: Id
    buyer: Id
    kind: str
    state: str
    created_at: datetime


class KnownOrganisationRow(NamedTuple):
    """An organisation, with the kinds of right by which it sells to and buys from the reader."""

    id: Id
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    sells_to: list[str]
    buys_from: list[str]


class OpenedVariantRow(NamedTuple):
    """A seller's variant that a right opens to the reader."""

    id: Id
    seller: Id
    sku: str
    name: str
    unit: str
    pricing_model: str
    whole_units: bool
    is_orderable: bool
    order_quantity_min: Decimal
    order_quantity_multiple: Decimal
    state: str


ROWS: Mapping[str, type] = {
    "find_opened_variant": OpenedVariantRow,
    "list_known_organisations": KnownOrganisationRow,
    "list_opened_variants": OpenedVariantRow,
    "lock_right": RightRow,
    "list_rights": RightRow,
}


async def insert_right(
    connection: Connection, seller: Id, buyer: Id, kind: str, at: datetime
) -> bool:
    """Give a trading right; False when there is one, in whatever state."""
    return await connection.fetchrow(SQL["insert_right"], seller, buyer, kind, at) is not None


async def lock_right(
    connection: Connection, seller: Id, buyer: Id, kind: str
) -> TradingRight | None:
    """Lock and read one trading right; with an id that could not be read there is none."""
    if not buyer:
        return None
    row = await connection.fetchrow(SQL["lock_right"], seller, buyer, kind)
    return None if row is None else _right(RightRow(*row))


async def set_right_state(
    connection: Connection, seller: Id, buyer: Id, kind: str, state: str
) -> None:
    """Put a locked trading right into another state."""
    row = await connection.fetchrow(SQL["set_right_state"], seller, buyer, kind, state)
    assert row is not None, "a locked trading right is there"


async def list_rights(connection: Connection, organisation: Id) -> list[TradingRight]:
    """Read the trading rights that an organisation gave, then those that it was given."""
    rows = await connection.fetch(SQL["list_rights"], organisation)
    return [_right(RightRow(*row)) for row in rows]


async def list_known_organisations(
    connection: Connection, reader: Id, after: Id, limit: int
) -> list[KnownOrganisation]:
    """Read an organisation and those it has a right with, by id, from after one on."""
    return await _known_between(connection, reader, (after, HIGHEST), after, limit)


async def find_known_organisation(
    connection: Connection, reader: Id, id_: Id
) -> KnownOrganisation | None:
    """Read one organisation that the reader knows."""
    found = await _known_between(connection, reader, (id_, id_), None, 1)
    return found[0] if found else None


async def list_opened_variants(
    connection: Connection,
    buyer: Id,
    seller: tuple[Id | None, str | None],
    after: str,
    sku: str | None,
    limit: int,
) -> list[OpenedVariant]:
    """Read a seller's variants (by its id or slug) that are opened to a buyer, by sku."""
    rows = await connection.fetch(SQL["list_opened_variants"], buyer, *seller, after, sku, limit)
    return [_opened(OpenedVariantRow(*row)) for row in rows]


async def find_opened_variant(connection: Connection, buyer: Id, id_: Id) -> OpenedVariant | None:
    """Read one variant that is opened to a buyer."""
    row = await connection.fetchrow(SQL["find_opened_variant"], buyer, id_)
    return None if row is None else _opened(OpenedVariantRow(*row))


async def resolve_skus(
    connection: Connection, buyer: Id, named: Sequence[tuple[Id | None, str | None, str]]
) -> dict[int, Id]:
    """Read the variants named by (seller, its slug, sku), by their number."""
    rows = await connection.fetch(SQL["resolve_skus"], buyer, *columns(named, 3))
    return {row[0] - 1: row[1] for row in rows}


async def _known_between(
    connection: Connection, reader: Id, ends: tuple[Id, Id], but_for: Id | None, limit: int
) -> list[KnownOrganisation]:
    """Read the organisations that a reader knows, from one id to another."""
    rows = await connection.fetch(SQL["list_known_organisations"], reader, *ends, but_for, limit)
    return [
        KnownOrganisation(ids.ORGANISATION + row.id, *row[1:])
        for row in (KnownOrganisationRow(*each) for each in rows)
    ]


def _opened(row: OpenedVariantRow) -> OpenedVariant:
    return OpenedVariant(
        ids.VARIANT + row.id,
        ids.ORGANISATION + row.seller,
        row.sku,
        row.name,
        row.unit,
        row.pricing_model,
        row.whole_units,
        row.is_orderable,
        quantity_text(row.order_quantity_min),
        quantity_text(row.order_quantity_multiple),
        row.state,
    )


def _right(row: RightRow) -> TradingRight:
    return TradingRight(ids.ORGANISATION + row.seller, ids.ORGANISATION + row.buyer, *row[2:])
