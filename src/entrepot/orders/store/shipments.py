"""Reading shipments and refund requests to show them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, Page, lowest_id
from entrepot.orders.model.fulfilment import Refund, Shipment
from entrepot.orders.model.fulfilment_showing import (
    REFUNDS_LOOKED_AT_MAX,
    RefundFilter,
    RefundRow,
    ShipmentFilter,
    ShipmentRow,
    gather_refunds,
    gather_shipments,
)
from entrepot.orders.model.market_showing import Side

SQL = load_statements("entrepot.orders.store", "shipments.sql")

ROWS: Mapping[str, type] = {
    "read_invoice_shipments": ShipmentRow,
    "read_invoice_refunds": RefundRow,
    "list_own_shipments": ShipmentRow,
    "list_own_refunds": RefundRow,
    "list_market_shipments": ShipmentRow,
    "list_market_refunds": RefundRow,
}

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS: Final[Mapping[Side, str]] = {"seller": "own", "marketplace": "market"}


async def read_invoice_shipments(
    connection: Connection, keys: Sequence[Sequence[object]]
) -> list[Shipment]:
    """Read the shipments of invoices, given as columns of marketplaces, orders and invoices."""
    rows = await connection.fetch(SQL["read_invoice_shipments"], *keys)
    return gather_shipments(ShipmentRow(*row) for row in rows)


async def read_invoice_refunds(
    connection: Connection, keys: Sequence[Sequence[object]]
) -> list[Refund]:
    """Read the refund requests on invoices, given as for shipments."""
    rows = await connection.fetch(SQL["read_invoice_refunds"], *keys)
    return gather_refunds(RefundRow(*row) for row in rows)


async def list_shipments(
    connection: Connection,
    caller: Id,
    side: Side,
    wanted: ShipmentFilter,
    page: Page,
    shipment: Id | None = None,
) -> list[Shipment]:
    """Read shipments of a seller or a marketplace, newest first; with `shipment`, that one."""
    rows = await connection.fetch(
        SQL[f"list_{_PARTS[side]}_shipments"],
        caller,
        HIGHEST if page.after is None else page.after[0],
        shipment,
        wanted.invoice,
        wanted.legacy_id,
        page.rows_wanted,
    )
    return gather_shipments(ShipmentRow(*row) for row in rows)


async def list_refunds(
    connection: Connection,
    caller: Id,
    side: Side,
    wanted: RefundFilter,
    page: Page,
    refund: Id | None = None,
) -> list[RefundRow]:
    """Read refund requests of a seller or a marketplace, newest first, one row a line.

    With `refund`, that one. With the last that was looked at: at most 500 are where what is wanted
    cannot be sought.
    """
    must_look = bool(wanted.statuses) or wanted.created_since or wanted.updated_since
    rows = await connection.fetch(
        SQL[f"list_{_PARTS[side]}_refunds"],
        caller,
        HIGHEST if page.after is None else page.after[0],
        refund,
        wanted.invoice,
        wanted.legacy_id,
        wanted.statuses,
        wanted.created_since or _BEGIN,
        wanted.updated_since or _BEGIN,
        lowest_id(wanted.created_since),
        REFUNDS_LOOKED_AT_MAX if must_look else page.rows_wanted,
    )
    return [RefundRow(*row) for row in rows]
