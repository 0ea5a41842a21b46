"""Acts on the invoices of the demo's marketplace orders, by their sellers and the marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from entrepot import orders
from entrepot.cli.demo.steps import ActOnInvoices, PayBack, ShipInvoices
from entrepot.cli.opening import accepted
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import (
    Desk,
    LineQuantity,
    NewRefund,
    NewShipment,
    RefundCompletion,
    RefundLine,
    RefundStep,
    ShownMarketplaceOrder,
)

CARRIER: Final = 9
"""Australia Post."""
_ZONE: Final = ZoneInfo("Australia/Melbourne")


class _RefundId(msgspec.Struct, frozen=True):
    """What is read of the answer to a refund request."""

    id: str


async def act_on_invoices(
    desk: Desk,
    callers: Mapping[Id, Caller],
    order: tuple[Caller, Id],
    act: ActOnInvoices,
    at: datetime,
    key: str,
) -> None:
    """Act on the invoices of a marketplace's order, as they stand.

    `callers` go by their organisation. Each act has a key of its own, so that a history that was
    cut off goes on where it ended.
    """
    marketplace, ident = order
    shown = await orders.find_marketplace_order(desk.pool, marketplace, ident)
    if isinstance(shown, Refusal):
        raise RefusedError(shown)
    if isinstance(act, PayBack):
        await _pay_back(desk, marketplace, shown, act, key)
    else:
        await _ship(desk, callers, shown, act, at, key)


async def _ship(
    desk: Desk,
    callers: Mapping[Id, Caller],
    order: ShownMarketplaceOrder,
    act: ShipInvoices,
    at: datetime,
    key: str,
) -> None:
    """Each seller ships what of its invoice has not left."""
    for number, invoice in enumerate(order.invoices, 1):
        left = [(line.line, Decimal(line.quantity_awaiting_dispatch)) for line in invoice.lines]
        lines = [
            LineQuantity(line, min(units, act.at_most or units)) for line, units in left if units
        ]
        if lines:
            parcel = f"AP{order.legacy_id}{number}{1 if act.at_most else 2}"
            new = NewShipment(
                invoice.id.removeprefix(ids.INVOICE),
                tuple(lines),
                CARRIER,
                parcel,
                at.astimezone(_ZONE).date(),
            )
            seller = callers[invoice.seller.removeprefix(ids.ORGANISATION)]
            accepted(await orders.ship_invoice(desk, seller, new, f"{key}-{number}"))


async def _pay_back(
    desk: Desk, caller: Caller, order: ShownMarketplaceOrder, act: PayBack, key: str
) -> None:
    """Cancel the first invoice, or take a unit of its first line back, as far as was said."""
    invoice = order.invoices[0]
    lines = [
        RefundLine(line.line, Decimal(line.quantity), dispatched=False, reason=act.reason)
        for line in invoice.lines
    ]
    if act.is_return:
        first = invoice.lines[0].line
        lines = [RefundLine(first, Decimal(1), dispatched=True, reason=act.reason)]
    new = NewRefund(invoice.id.removeprefix(ids.INVOICE), tuple(lines), initiated_by="buyer")
    asked = accepted(await orders.request_refund(desk, caller, new, f"{key}-asked"))
    if not act.is_paid:
        return
    refund = msgspec.json.decode(asked.body, type=_RefundId).id.removeprefix(ids.REFUND_REQUEST)
    accepted(await orders.take_back_refund(desk, caller, RefundStep(refund), f"{key}-back"))
    completion = RefundCompletion(refund)
    accepted(await orders.complete_refund(desk, caller, completion, f"{key}-paid"))
