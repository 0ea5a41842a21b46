"""Loading what acts on seller invoices rest on, and saving shipments and refund requests."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from entrepot.infra.arrays import columns
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment import (
    InvoicedLine,
    InvoicedOrder,
    InvoiceFacts,
    Refund,
    Shipment,
)
from entrepot.orders.model.fulfilment_showing import RefundRow, gather_refunds
from entrepot.orders.model.market_rows import PickupRow
from entrepot.orders.model.pricing import round_half_up

SQL = load_statements("entrepot.orders.store", "fulfilment.sql")

ROWS: Mapping[str, type] = {"read_order_refunds": RefundRow, "read_pickup": PickupRow}

_ENCODER: Final = msgspec.json.Encoder()
_SHIPPED_LINES: Final = -1


async def find_invoice_place(
    connection: Connection, caller: Id, invoice: Id
) -> tuple[Id, Id] | None:
    """Read whose order, and which, an invoice is of; None where it is none of the caller's."""
    row = await connection.fetchrow(SQL["find_invoice_place"], caller, invoice)
    return None if row is None else (row[0], row[1])


async def find_refund_place(connection: Connection, caller: Id, refund: Id) -> tuple[Id, Id] | None:
    """Read whose order, and which, a refund request is on; None if it is none of the caller's."""
    row = await connection.fetchrow(SQL["find_refund_place"], caller, refund)
    return None if row is None else (row[0], row[1])


async def read_invoiced_orders(
    connection: Connection, orders: Sequence[tuple[Id, Id]]
) -> dict[tuple[Id, Id], InvoicedOrder]:
    """Read the invoices of locked orders, their lines, and the refund requests on them."""
    found: dict[tuple[Id, Id], InvoicedOrder] = {}
    keys = columns(orders, 2)
    for row in await connection.fetch(SQL["read_invoiced_lines"], *keys):
        (owner, order, *said), invoice, line = row[:5], row[5:10], row[10:]
        currency, digits, is_under_review = said
        invoiced = found.setdefault(
            (owner, order), InvoicedOrder(currency, digits, {}, {}, {}, is_under_review)
        )
        invoiced.invoices[invoice[0]] = InvoiceFacts(*invoice)
        line_no, legacy_id, cost, quantity, adjusted = line
        paid = max(Decimal(cost + adjusted), Decimal(0))
        invoiced.lines[line_no] = InvoicedLine(
            line_no, legacy_id, invoice[0], round_half_up(paid / quantity)
        )
    rows = await connection.fetch(SQL["read_order_refunds"], *keys)
    for refund in gather_refunds(RefundRow(*row) for row in rows):
        found[refund.organisation, refund.order_id].refunds[refund.id] = refund
    return found


async def write_fulfilment(
    connection: Connection, shipments: Sequence[Shipment], refunds: Sequence[Refund]
) -> Mapping[tuple[Id, int], int]:
    """Write new shipments, and refund requests as they are now. Row counts are asserted.

    Returns their numbers by id and 0, and those of requests' new lines by id and line number.
    """
    shipped = [row for each in shipments for row in _shipped_rows(each)]
    lined = [row for each in refunds for row in _refund_line_rows(each)]
    rows = await connection.fetch(
        SQL["write_fulfilment"],
        _ENCODER.encode([_shipment_row(each) for each in shipments]),
        _ENCODER.encode(shipped),
        _ENCODER.encode([_refund_row(each) for each in refunds]),
        _ENCODER.encode(lined),
    )
    numbers = {(ident, part): number for ident, part, number in rows if part != _SHIPPED_LINES}
    (written,) = [number for _, part, number in rows if part == _SHIPPED_LINES]
    assert written == len(shipped), "every shipped line is written once"
    expected = len(shipments) + len(refunds) + len(lined)
    assert len(numbers) == expected, "every shipment, request and new line has its number"
    return numbers


async def touch_invoices(
    connection: Connection, invoices: Collection[tuple[Id, Id]], now: datetime
) -> None:
    """Note that invoices, by (marketplace, id), and their orders were changed now."""
    await connection.execute(SQL["touch_invoices"], *columns(sorted(invoices), 2), now)


async def read_pickup(connection: Connection, marketplace: Id, invoice: Id) -> PickupRow:
    """Read what is known of a locked order's invoice that may be fetched."""
    row = await connection.fetchrow(SQL["read_pickup"], marketplace, invoice)
    assert row is not None, "an invoice is never deleted"
    return PickupRow(*row)


async def write_ready(connection: Connection, marketplace: Id, invoice: Id, now: datetime) -> None:
    """Write that a locked order's invoice can be fetched from now on."""
    await connection.execute(SQL["write_ready"], marketplace, invoice, now)
    await touch_invoices(connection, [(marketplace, invoice)], now)


def _shipment_row(shipment: Shipment) -> dict[str, Any]:
    return {
        "organisation": shipment.organisation,
        "id": shipment.id,
        "order_id": shipment.order_id,
        "invoice": shipment.invoice,
        "seller": shipment.seller,
        "carrier": shipment.carrier.legacy_id,
        "tracking_number": shipment.tracking_number,
        "note": shipment.note,
        "dispatched_on": shipment.dispatched_on,
        "created_at": shipment.created_at,
    }


def _shipped_rows(shipment: Shipment) -> Iterator[dict[str, Any]]:
    for part in shipment.parts:
        yield {
            "organisation": shipment.organisation,
            "shipment": shipment.id,
            "order_id": shipment.order_id,
            "line_no": part.line_no,
            "quantity": part.quantity,
        }


def _refund_row(refund: Refund) -> dict[str, Any]:
    return {
        "organisation": refund.organisation,
        "id": refund.id,
        "order_id": refund.order_id,
        "invoice": refund.invoice,
        "seller": refund.seller,
        "status": refund.status,
        "initiated_by": refund.initiated_by,
        "restock": refund.restock,
        "amount": refund.amount,
        "cash_amount": refund.cash_amount,
        "notes": refund.notes,
        "created_at": refund.created_at,
        "updated_at": refund.updated_at,
        "refunded_at": refund.refunded_at,
    }


def _refund_line_rows(refund: Refund) -> Iterator[dict[str, Any]]:
    """The lines of a request that are not written yet: they have no number."""
    for part in refund.parts:
        if not part.legacy_id:
            yield {
                "organisation": refund.organisation,
                "refund_request": refund.id,
                "number": part.number,
                "order_id": refund.order_id,
                "line_no": part.line_no,
                "quantity": part.quantity,
                "dispatched": part.dispatched,
                "reason": part.reason,
                "description": part.description,
                "amount_per_item": part.amount_per_item,
                "amount": part.amount,
            }
