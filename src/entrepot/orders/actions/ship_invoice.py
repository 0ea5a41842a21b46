"""Let goods of a seller invoice leave in a shipment."""

from datetime import date

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_invoice_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import LineQuantity, ShipInvoice


class NewShipment(msgspec.Struct, frozen=True):
    """Goods that leave together: parts of an invoice's lines, by their numbers in the order.

    The carrier goes by its number in the list of carriers.
    """

    invoice: Id
    lines: tuple[LineQuantity, ...]
    carrier: int
    tracking_number: str
    dispatched_on: date
    note: str | None = None


async def ship_invoice(
    desk: Desk, caller: Caller, new: NewShipment, key: str, request: str | None = None
) -> Answer:
    """Ship goods of an invoice, through the batch: by its marketplace, or by its seller.

    `key` makes it repeatable: sent again, it is answered as before. Answers a `ShownShipment`.
    Refuses `orders.unknown_invoice`, `orders.under_review`, `orders.line_of_another_invoice`,
    `orders.unknown_carrier`, `orders.dispatched_before_ordered`, `orders.detail_not_valid`,
    `orders.more_than_undispatched`, and codes of quantities.
    """
    place = await find_invoice_place(desk.pool, caller, new.invoice)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    command = ShipInvoice(
        order,
        marketplace,
        new.invoice,
        desk.new_id(),
        new.lines,
        new.carrier,
        new.tracking_number,
        new.dispatched_on,
        new.note,
    )
    return await submit(desk, caller, Handed(command, key, request, new))
