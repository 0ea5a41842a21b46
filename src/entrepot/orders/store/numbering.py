"""Finding invoices by the numbers of what is on them, and by what others call that."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment_showing import RefundFilter
from entrepot.orders.model.market_seeking import (
    InvoiceKeyRow,
    NamedRow,
    Numbered,
    OwnerType,
)
from entrepot.orders.model.market_showing import Side

SQL = load_statements("entrepot.orders.store", "numbering.sql")

ROWS: Mapping[str, type] = {
    "number_invoices": InvoiceKeyRow,
    "number_lines": InvoiceKeyRow,
    "number_shipments": InvoiceKeyRow,
    "number_refunds": InvoiceKeyRow,
    "number_refund_lines": InvoiceKeyRow,
    "find_external_ids": NamedRow,
}

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def number_invoices(
    connection: Connection, caller: Id, kind: Numbered, numbers: Sequence[int]
) -> list[InvoiceKeyRow]:
    """Find which invoices have these numbers, or something on them has, of those a caller sees."""
    rows = await connection.fetch(SQL[f"number_{kind}s"], caller, list(numbers))
    return [InvoiceKeyRow(*row) for row in rows]


async def find_external_ids(
    connection: Connection,
    caller: Id,
    owner_types: Sequence[OwnerType],
    key: str,
    values: Sequence[str],
    limit: int,
) -> list[NamedRow]:
    """Find what others call orders, invoices and lines that a caller sees."""
    rows = await connection.fetch(
        SQL["find_external_ids"], caller, list(owner_types), key, list(values), limit
    )
    return [NamedRow(*row) for row in rows]


async def count_refunds(
    connection: Connection, caller: Id, side: Side, wanted: RefundFilter
) -> int:
    """Count the refund requests of a seller or a marketplace that fit."""
    number: int = await connection.fetchval(
        SQL["count_refunds"],
        caller,
        side,
        wanted.invoice,
        wanted.legacy_id,
        wanted.statuses,
        wanted.created_since or _BEGIN,
        wanted.updated_since or _BEGIN,
    )
    return number
