"""How orders of marketplaces and seller invoices are shown.

A marketplace sees its whole order. A seller sees its invoice and nothing beyond: where the goods
go, its own lines and what it is owed, never the order, its totals or another seller's lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Key, Page
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.fulfilment import (
    Refund,
    left_to_cancel,
    left_to_return,
    paid_back,
    still_open,
)
from entrepot.orders.model.fulfilment_showing import (
    ShownRefundRequest,
    ShownShipment,
    show_refund,
    show_shipment,
)
from entrepot.orders.model.invoice_status import (
    AggregateStatus,
    Asked,
    InvoiceFlag,
    InvoiceStatus,
    LineProgress,
    LineStatus,
    LineStatusFull,
    Progress,
    flags_of,
    line_status,
    line_status_full,
    status_of,
    status_of_all,
)
from entrepot.orders.model.market import Buyer, with_billing
from entrepot.orders.model.market_rows import (
    Beside,
    ExternalIdRow,
    InvoiceLineRow,
    InvoiceRow,
    MarketOrderRow,
)

InvoiceSort: TypeAlias = Literal["created_at", "paid_at"]
Side: TypeAlias = Literal["seller", "marketplace"]

INVOICES_LOOKED_AT_MAX: Final = 500
"""How many invoices one page looks through for those that fit."""

_BUYER: Final = msgspec.json.Decoder(Buyer)
_METADATA: Final = msgspec.json.Decoder(dict[str, str])


class MarketOrderFilter(msgspec.Struct, frozen=True):
    """Which orders of a marketplace to read: all that is given must fit.

    `external_id` is a key and a value.
    """

    created_since: datetime | None = None
    legacy_id: int | None = None
    external_id: tuple[str, str] | None = None


class InvoiceFilter(msgspec.Struct, frozen=True):
    """Which invoices to read: all that is given must fit.

    `external_id`, a key and a value, is one of the order that they are of. `not_dispatched`: of
    which something has neither left nor been cancelled, nor is asked to be.
    """

    created_since: datetime | None = None
    paid_since: datetime | None = None
    not_dispatched: bool = False
    legacy_id: int | None = None
    external_id: tuple[str, str] | None = None
    sort: InvoiceSort = "created_at"
    descending: bool = False


class ShownExternalId(msgspec.Struct, frozen=True):
    """What others call something."""

    key: str
    value: str


class ShownAdjustment(msgspec.Struct, frozen=True):
    """What was taken off or put on; the seller bears `withheld`."""

    kind: str
    amount: int
    withheld: int
    description: str
    source: str | None


class ShownInvoiceLine(msgspec.Struct, frozen=True):
    """A line of an invoice, the goods as they were called when they were sold.

    Amounts are minor units with their tax; `cost` is what the customer pays, `owed` what its seller
    gets, `wholesale_price` that of a unit. `quantity_awaiting_dispatch` may leave: it is neither
    gone nor cancelled, and nobody asked to cancel it. For `quantity_returnable` the money can be
    asked back; of `returned` it was given back.
    """

    line: int
    legacy_id: int
    variant: str
    variant_legacy_id: int
    variant_name: str
    product: str
    product_legacy_id: int
    product_name: str
    sku: str
    gtin: str | None
    quantity: str
    shipped: str
    returned: str
    cancelled: str
    quantity_awaiting_dispatch: str
    quantity_returnable: str
    status: LineStatus
    status_full: LineStatusFull
    pricing_model: str
    wholesale_price: str | None
    cost: int
    cost_tax: int
    tax_rate: str | None
    postage: int
    postage_tax: int
    postage_tax_rate: str | None
    owed: int
    adjustments: list[ShownAdjustment]
    external_ids: list[ShownExternalId]
    metadata: dict[str, str]


class ShownInvoice(msgspec.Struct, frozen=True):
    """A seller invoice with its lines. Amounts are minor units (of so many digits) of `currency`.

    `status_flags` tell its history, `status` the most of it in one word; from
    `ready_at` on its customer may fetch it. `order` and its number are
    told to the marketplace only.
    """

    id: str
    legacy_id: int
    marketplace: str
    marketplace_name: str
    seller: str
    seller_name: str
    delivery_type: str
    pricing_model: str
    currency: str
    minor_digits: int
    subtotal: int
    postage: int
    tax: int
    adjusted: int
    withheld: int
    total: int
    owed: int
    status_flags: list[InvoiceFlag]
    status: InvoiceStatus
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime
    ready_at: datetime | None
    buyer: Buyer
    lines: list[ShownInvoiceLine]
    shipments: list[ShownShipment]
    refund_requests: list[ShownRefundRequest]
    adjustments: list[ShownAdjustment]
    external_ids: list[ShownExternalId]
    metadata: dict[str, str]
    order: str | None = None
    order_legacy_id: int | None = None


class ShownMarketplaceOrder(msgspec.Struct, frozen=True):
    """An order of a marketplace with its invoices. Amounts are minor units of `currency`.

    `aggregate_status` is that of all its invoices, or `mixed`. While `is_under_review`, nothing of
    it can be shipped.
    """

    id: str
    legacy_id: int
    token: str
    reference: str
    status: str
    fulfilment_status: str
    payment_status: str
    is_under_review: bool
    aggregate_status: AggregateStatus
    created_at: datetime
    updated_at: datetime
    currency: str
    minor_digits: int
    country: str
    subtotal: int
    postage: int
    tax: int
    adjusted: int
    total: int
    buyer: Buyer
    payment_details: Any
    external_ids: list[ShownExternalId]
    metadata: dict[str, str]
    invoices: list[ShownInvoice]


def show_marketplace_orders(
    orders: Iterable[MarketOrderRow], invoices: Iterable[InvoiceRow], beside: Beside
) -> list[ShownMarketplaceOrder]:
    """Put orders together with their invoices, in the order they were read."""
    by_order: dict[Id, list[ShownInvoice]] = {}
    for invoice, shown in zip(
        invoices, show_invoices(invoices, beside, "marketplace"), strict=True
    ):
        by_order.setdefault(invoice.order_id, []).append(shown)
    named = _external_ids(beside.external_ids)
    return [
        ShownMarketplaceOrder(
            ids.ORDER + row.id,
            row.legacy_id,
            row.token,
            row.reference,
            row.status,
            row.fulfilment_status,
            row.payment_status,
            row.is_under_review,
            status_of_all([each.status for each in by_order[row.id]]),
            row.created_at,
            row.updated_at,
            row.currency,
            row.minor_digits,
            row.country,
            row.subtotal,
            row.postage,
            row.tax,
            row.adjusted,
            row.total,
            with_billing(_BUYER.decode(row.buyer)),
            None if row.payment_details is None else msgspec.json.decode(row.payment_details),
            named.get(("order", row.id, 0), []),
            _METADATA.decode(row.metadata),
            by_order[row.id],
        )
        for row in orders
    ]


def show_invoices(invoices: Iterable[InvoiceRow], beside: Beside, side: Side) -> list[ShownInvoice]:
    """Put invoices together with their lines; a seller is not told of the order."""
    lines: dict[Id, list[ShownInvoiceLine]] = {}
    rows: dict[Id, list[InvoiceLineRow]] = {}
    shipments: dict[Id, list[ShownShipment]] = {}
    for shipment in beside.shipments:
        shipments.setdefault(shipment.invoice, []).append(show_shipment(shipment))
    refunds: dict[Id, list[Refund]] = {}
    for refund in beside.refunds:
        refunds.setdefault(refund.invoice, []).append(refund)
    named = _external_ids(beside.external_ids)
    adjusted: dict[tuple[Id, int | None], list[ShownAdjustment]] = {}
    for each in beside.adjustments:
        adjusted.setdefault((each.invoice, each.line_no), []).append(ShownAdjustment(*each[2:]))
    for row in beside.lines:
        shown = _show_line(
            row,
            refunds.get(row.invoice, []),
            adjusted.get((row.invoice, row.line_no), []),
            named.get(("line", row.order_id, row.line_no), []),
        )
        lines.setdefault(row.invoice, []).append(shown)
        rows.setdefault(row.invoice, []).append(row)
    progress = {
        row.id: _progress(row, rows.get(row.id, []), refunds.get(row.id, [])) for row in invoices
    }
    return [
        ShownInvoice(
            ids.INVOICE + row.id,
            row.legacy_id,
            ids.ORGANISATION + row.organisation,
            row.marketplace_name,
            ids.ORGANISATION + row.seller,
            row.seller_name,
            row.delivery_type,
            row.pricing_model,
            row.currency,
            row.minor_digits,
            row.subtotal,
            row.postage,
            row.tax,
            row.adjusted,
            row.withheld,
            row.total,
            row.owed,
            flags_of(progress[row.id]),
            status_of(progress[row.id]),
            row.created_at,
            row.paid_at,
            row.updated_at,
            row.ready_at,
            _shown_buyer(row.buyer, side),
            lines.get(row.id, []),
            shipments.get(row.id, []),
            [show_refund(each) for each in refunds.get(row.id, [])],
            adjusted.get((row.id, None), []),
            named.get(("invoice", row.id, 0), []),
            _METADATA.decode(row.metadata),
            ids.ORDER + row.order_id if side == "marketplace" else None,
            row.order_legacy_id if side == "marketplace" else None,
        )
        for row in invoices
    ]


def _progress(
    invoice: InvoiceRow, lines: Iterable[InvoiceLineRow], refunds: Iterable[Refund]
) -> Progress:
    """How far an invoice is, as its status follows from it."""
    refunds = list(refunds)
    return Progress(
        invoice.paid_at is not None,
        is_under_review=invoice.is_under_review,
        is_collected=invoice.delivery_type == "click_and_collect",
        lines=[_line_progress(line, refunds) for line in lines],
        asked=[
            Asked(
                each.status == "returned",
                any(part.dispatched for part in each.parts),
                any(part.line_no is not None and not part.dispatched for part in each.parts),
            )
            for each in still_open(refunds)
        ],
        is_ready=invoice.ready_at is not None,
    )


def _line_progress(line: InvoiceLineRow, refunds: Iterable[Refund]) -> LineProgress:
    return LineProgress(
        line.quantity,
        line.shipped,
        line.cancelled,
        paid_back(refunds).get(line.line_no, Decimal(0)),
    )


def _show_line(
    row: InvoiceLineRow,
    refunds: Sequence[Refund],
    adjustments: list[ShownAdjustment],
    external_ids: list[ShownExternalId],
) -> ShownInvoiceLine:
    progress = _line_progress(row, refunds)
    return ShownInvoiceLine(
        row.line_no,
        row.legacy_id,
        ids.VARIANT + row.variant,
        row.variant_legacy_id,
        row.variant_name,
        ids.PRODUCT + row.product,
        row.product_legacy_id,
        row.product_name,
        row.sku,
        row.gtin,
        quantity_text(row.quantity),
        quantity_text(row.shipped),
        quantity_text(row.returned),
        quantity_text(row.cancelled),
        quantity_text(left_to_cancel(row, refunds)),
        quantity_text(left_to_return(row, refunds)),
        line_status(progress),
        line_status_full(progress),
        row.pricing_model,
        _text(row.wholesale_price),
        row.cost,
        row.cost_tax,
        _text(row.tax_rate),
        row.postage,
        row.postage_tax,
        _text(row.postage_tax_rate),
        row.owed,
        adjustments,
        external_ids,
        _METADATA.decode(row.metadata),
    )


def _shown_buyer(document: bytes, side: Side) -> Buyer:
    """The buyer of an invoice: a seller is told where the goods and the bill go, and what was said.

    What the buyer is known by in other books is the marketplace's.
    """
    buyer = with_billing(_BUYER.decode(document))
    if side == "marketplace":
        return buyer
    return msgspec.structs.replace(
        buyer, purchase_order_number=None, billing_business_code=None, terms_accepted=None
    )


def _external_ids(
    rows: Iterable[ExternalIdRow],
) -> Mapping[tuple[str, Id, int], list[ShownExternalId]]:
    found: dict[tuple[str, Id, int], list[ShownExternalId]] = {}
    for row in rows:
        place = (row.owner_type, row.subject, row.line_no)
        found.setdefault(place, []).append(ShownExternalId(row.key, row.value))
    return found


def _text(number: Decimal | None) -> str | None:
    return None if number is None else quantity_text(number)


def _key_of(row: InvoiceRow, sort: InvoiceSort) -> Key:
    """Where an invoice stands in a list: when it was paid, in microseconds, and its id."""
    if sort == "created_at" or row.paid_at is None:
        return (0, row.id)
    return (int(row.paid_at.timestamp()) * 1_000_000 + row.paid_at.microsecond, row.id)


def cut_invoices(
    looked: Sequence[InvoiceRow], page: Page, wanted: InvoiceFilter
) -> tuple[Sequence[InvoiceRow], Key | None]:
    """Cut what was looked at to a page of what fits, with the key to go on after if there is more.

    The last row may be there only to say how far was looked.
    """
    rows = [row for row in looked if row.fits]
    if len(rows) > page.limit:
        return rows[: page.limit], _key_of(rows[page.limit - 1], wanted.sort)
    if looked and looked[-1].looked_at == INVOICES_LOOKED_AT_MAX:
        return rows, _key_of(looked[-1], wanted.sort)
    return rows, None


def unknown_invoice(invoice: Id) -> Refusal:
    """Answer for an invoice that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_INVOICE,
        "There is no such invoice. Check its id.",
        facts={"invoice": ids.INVOICE + invoice} if invoice else {},
    )
