"""Loading and saving price lists. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.partnerships.model.prices import AgreedPrice, PriceBasis, PriceFilter

SQL = load_statements("entrepot.partnerships.store", "prices.sql")


class PriceRow(NamedTuple):
    """What is paid for a variant now and next. `fits` says whether it was asked for."""

    id: Id
    sku: str
    name: str
    gtin: str | None
    unit: str
    state: str
    unit_price: Decimal | None
    fixed_price: Decimal | None
    fixed_from: datetime | None
    next_price: Decimal | None
    next_from: datetime | None
    vat_rate: Decimal | None
    fits: bool
    number: int


ROWS: Mapping[str, type] = {"list_prices": PriceRow}


async def find_own_variants(
    connection: Connection, organisation: Id, variants: Sequence[Id]
) -> set[Id]:
    """Read which of these variants an organisation has."""
    rows = await connection.fetch(SQL["find_own_variants"], organisation, variants)
    return {row[0] for row in rows}


async def put_fixed_prices(
    connection: Connection,
    wholesaler: Id,
    partnership: Id,
    prices: Sequence[tuple[Id, datetime, Decimal | None]],
) -> None:
    """Set fixed prices by (variant, from when, price); None there ends the fixed price."""
    written = await connection.fetch(
        SQL["put_fixed_prices"], wholesaler, partnership, *columns(prices, 3)
    )
    assert len(written) == len(prices), "every price is written once"


async def list_prices(
    connection: Connection,
    of: tuple[Id, Id],
    states: Sequence[str],
    wanted: PriceFilter,
    after: str,
    among: int,
    limit: int,
) -> list[PriceRow]:
    """Read what is paid for a wholesaler's variants by sku, from after one on.

    `of` is wholesaler and partnership. At most `limit` rows that fit among the next `among`; the
    last of those is read too, whether or not it fits.
    """
    rows = await connection.fetch(
        SQL["list_prices"],
        *of,
        after,
        states,
        wanted.variant,
        wanted.sku,
        wanted.gtin,
        wanted.name,
        among,
        limit,
    )
    return [PriceRow(*row) for row in rows]


def to_agreed_price(row: PriceRow, currency: str) -> AgreedPrice:
    """What is paid for a variant, as it is shown."""
    basis: PriceBasis | None = None
    if row.unit_price is not None:
        basis = "percentage" if row.fixed_price is None else "fixed"
    return AgreedPrice(
        variant=ids.VARIANT + row.id,
        sku=row.sku,
        name=row.name,
        gtin=row.gtin,
        unit=row.unit,
        state=row.state,
        unit_price=_text(row.unit_price),
        basis=basis,
        valid_from=None if row.fixed_price is None else row.fixed_from,
        next_price=_text(row.next_price),
        next_from=row.next_from,
        vat_rate=_text(row.vat_rate),
        currency=currency,
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else quantity_text(number)
