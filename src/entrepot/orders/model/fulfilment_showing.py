"""How shipments and refund requests are shown and answered, to the marketplace and the seller.

Both are told the same, so neither the order nor other sellers are in it. Amounts are minor units.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Key, Page
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.fulfilment import (
    CARRIERS,
    Initiator,
    Refund,
    RefundNote,
    RefundPart,
    RefundStatus,
    Shipment,
    ShippedPart,
)

REFUNDS_LOOKED_AT_MAX: Final = 500
"""How many refund requests one page looks through for those that fit."""

_NOTES: Final = msgspec.json.Decoder(list[RefundNote])
_LINE_STATUSES: Final[Mapping[RefundStatus, str]] = {
    "awaiting": "awaiting_return",
    "returned": "refund_accepted",
    "refunded": "refunded",
    "denied": "refund_denied",
}


class ShipmentFilter(msgspec.Struct, frozen=True):
    """Which shipments to read: all that is given must fit."""

    invoice: Id | None = None
    legacy_id: int | None = None


class RefundFilter(msgspec.Struct, frozen=True):
    """Which refund requests to read: all that is given must fit."""

    invoice: Id | None = None
    legacy_id: int | None = None
    statuses: tuple[RefundStatus, ...] = ()
    created_since: datetime | None = None
    updated_since: datetime | None = None


class ShipmentRow(NamedTuple):
    """A line of a shipment with the shipment, as it is read."""

    organisation: Id
    id: Id
    order_id: Id
    invoice: Id
    invoice_legacy_id: int
    seller: Id
    legacy_id: int
    carrier: int
    tracking_number: str
    note: str | None
    dispatched_on: date
    created_at: datetime
    line_no: int
    line_legacy_id: int
    quantity: Decimal


class RefundRow(NamedTuple):
    """A line of a refund request with the request, as it is read; `fits` as for invoices."""

    organisation: Id
    id: Id
    order_id: Id
    invoice: Id
    invoice_legacy_id: int
    seller: Id
    legacy_id: int
    status: RefundStatus
    initiated_by: Initiator
    restock: bool | None
    currency: str
    minor_digits: int
    cash_amount: int | None
    created_at: datetime
    updated_at: datetime
    refunded_at: datetime | None
    notes: bytes
    number: int
    line_legacy_id: int
    line_no: int | None
    order_line_legacy_id: int | None
    quantity: Decimal
    dispatched: bool
    reason: str | None
    description: str | None
    amount_per_item: int
    amount: int
    fits: bool
    looked_at: int


class ShipmentCarrier(msgspec.Struct, frozen=True):
    """Who carries parcels; `{number}` in `tracking_url` stands for a parcel's."""

    legacy_id: int
    name: str
    homepage_url: str | None
    tracking_url: str | None


class ShownShippedLine(msgspec.Struct, frozen=True):
    """Units of a line, by its number in the order, that left in a shipment."""

    line: int
    line_legacy_id: int
    quantity: str


class ShownShipment(msgspec.Struct):
    """Goods of an invoice that left together. The carrier goes by its number."""

    id: str
    legacy_id: int
    invoice: str
    invoice_legacy_id: int
    carrier: int
    carrier_name: str
    homepage_url: str | None
    tracking_number: str
    tracking_link: str | None
    note: str | None
    dispatched_on: date
    created_at: datetime
    lines: list[ShownShippedLine]


class ShownRefundLine(msgspec.Struct):
    """What of a refund request is about one line; not `dispatched`, its units are cancelled.

    Without a line it is an amount that `description` explains.
    """

    number: int
    legacy_id: int
    line: int | None
    line_legacy_id: int | None
    quantity: str
    dispatched: bool
    status: str
    reason: str | None
    description: str | None
    amount_per_item: int
    amount: int


class ShownRefundRequest(msgspec.Struct):
    """Money that is asked back. `amount` is what its lines come to, `cash_amount` what went back.

    `restock` says whether its goods can be sold again, where somebody said so.
    """

    id: str
    legacy_id: int
    invoice: str
    invoice_legacy_id: int
    status: RefundStatus
    initiated_by: Initiator
    restock: bool | None
    currency: str
    minor_digits: int
    amount: int
    cash_amount: int | None
    created_at: datetime
    updated_at: datetime
    refunded_at: datetime | None
    notes: list[RefundNote]
    lines: list[ShownRefundLine]


def gather_shipments(rows: Iterable[ShipmentRow]) -> list[Shipment]:
    """Put shipments together with their lines, in the order they were read."""
    found: dict[Id, Shipment] = {}
    for row in rows:
        shipment = found.get(row.id)
        if shipment is None:
            shipment = found[row.id] = Shipment(
                row.organisation,
                row.id,
                row.order_id,
                row.invoice,
                row.invoice_legacy_id,
                row.seller,
                row.legacy_id,
                CARRIERS[row.carrier],
                row.tracking_number,
                row.note,
                row.dispatched_on,
                row.created_at,
                [],
            )
        shipment.parts.append(ShippedPart(row.line_no, row.line_legacy_id, row.quantity))
    return list(found.values())


def gather_refunds(rows: Iterable[RefundRow]) -> list[Refund]:
    """Put refund requests together with their lines, in the order they were read."""
    found: dict[Id, Refund] = {}
    for row in rows:
        refund = found.get(row.id)
        if refund is None:
            refund = found[row.id] = Refund(*row[:16], _NOTES.decode(row.notes), [])
        refund.parts.append(RefundPart(*row[17:27]))
    return list(found.values())


def show_carriers() -> list[ShipmentCarrier]:
    """Show who carries parcels, by number."""
    return [ShipmentCarrier(*each) for each in CARRIERS.values()]


def show_shipment(shipment: Shipment) -> ShownShipment:
    """Show a shipment, with where to follow it if its carrier says."""
    template = shipment.carrier.tracking_url
    link = template and template.replace("{number}", quote(shipment.tracking_number, safe=""))
    return ShownShipment(
        ids.SHIPMENT + shipment.id,
        shipment.legacy_id,
        ids.INVOICE + shipment.invoice,
        shipment.invoice_legacy_id,
        shipment.carrier.legacy_id,
        shipment.carrier.name,
        shipment.carrier.homepage_url,
        shipment.tracking_number,
        link,
        shipment.note,
        shipment.dispatched_on,
        shipment.created_at,
        [
            ShownShippedLine(part.line_no, part.line_legacy_id, quantity_text(part.quantity))
            for part in shipment.parts
        ],
    )


def show_refund(refund: Refund) -> ShownRefundRequest:
    """Show a refund request; the status of its lines follows from its own."""
    return ShownRefundRequest(
        ids.REFUND_REQUEST + refund.id,
        refund.legacy_id,
        ids.INVOICE + refund.invoice,
        refund.invoice_legacy_id,
        refund.status,
        refund.initiated_by,
        refund.restock,
        refund.currency,
        refund.minor_digits,
        refund.amount,
        refund.cash_amount,
        refund.created_at,
        refund.updated_at,
        refund.refunded_at,
        refund.notes,
        [
            ShownRefundLine(
                part.number,
                part.legacy_id,
                part.line_no,
                part.line_legacy_id,
                quantity_text(part.quantity),
                part.dispatched,
                _LINE_STATUSES[refund.status],
                part.reason,
                part.description,
                part.amount_per_item,
                part.amount,
            )
            for part in refund.parts
        ],
    )


def cut_refunds(looked: Sequence[RefundRow], page: Page) -> tuple[list[Refund], Key | None]:
    """Cut what was looked at to a page of what fits, with the key to go on after if there is more.

    The last request may be there only to say how far was looked.
    """
    fitting = gather_refunds(row for row in looked if row.fits)
    if len(fitting) > page.limit:
        return fitting[: page.limit], (fitting[page.limit - 1].id,)
    if looked and looked[-1].looked_at == REFUNDS_LOOKED_AT_MAX:
        return fitting, (looked[-1].id,)
    return fitting, None


def tell_fulfilment(answer: msgspec.Struct, numbers: Mapping[tuple[Id, int], int]) -> None:
    """Put the numbers that new shipments, requests and their lines got into what is answered.

    They go by id and line number, 0 for the whole.
    """
    if isinstance(answer, ShownShipment):
        shipment = answer.id.removeprefix(ids.SHIPMENT)
        answer.legacy_id = numbers.get((shipment, 0), answer.legacy_id)
    elif isinstance(answer, ShownRefundRequest):
        refund = answer.id.removeprefix(ids.REFUND_REQUEST)
        answer.legacy_id = numbers.get((refund, 0), answer.legacy_id)
        for line in answer.lines:
            line.legacy_id = numbers.get((refund, line.number), line.legacy_id)


def unknown_refund(refund: Id) -> Refusal:
    """Answer for a refund request that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_REFUND_REQUEST,
        "There is no such refund request. Check its id.",
        facts={"refund_request": ids.REFUND_REQUEST + refund} if refund else {},
    )


def unknown_shipment(shipment: Id) -> Refusal:
    """Answer for a shipment that is not there, and for one of somebody else."""
    return refuse(
        errors.UNKNOWN_SHIPMENT,
        "There is no such shipment. Check its id.",
        facts={"shipment": ids.SHIPMENT + shipment} if shipment else {},
    )
