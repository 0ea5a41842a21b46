"""Ask the money back for lines of a seller invoice, cancelled or returned."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_invoice_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import RefundLine, RequestRefund
from entrepot.orders.model.fulfilment import Initiator


class NewRefund(msgspec.Struct, frozen=True):
    """Money to ask back for lines of an invoice, by their numbers in the order.

    `restock` says whether the goods can be sold again; without it, cancelled ones can unless their
    reason is that they are out of stock, and returned ones cannot.
    """

    invoice: Id
    lines: tuple[RefundLine, ...]
    notes: tuple[str, ...] = ()
    initiated_by: Initiator | None = None
    restock: bool | None = None


async def request_refund(
    desk: Desk, caller: Caller, new: NewRefund, key: str, request: str | None = None
) -> Answer:
    """Make a refund request, through the batch: as the invoice's marketplace, or its seller.

    `key` makes it repeatable: sent again, it is answered as before. Answers a `ShownRefundRequest`.
    Refuses `orders.unknown_invoice`, `orders.line_of_another_invoice`,
    `orders.more_than_refundable`, `orders.money_not_valid`, `orders.detail_not_valid`, and codes of
    quantities.
    """
    place = await find_invoice_place(desk.pool, caller, new.invoice)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    command = RequestRefund(
        order,
        marketplace,
        new.invoice,
        desk.new_id(),
        new.lines,
        new.notes,
        new.initiated_by,
        new.restock,
    )
    return await submit(desk, caller, Handed(command, key, request, new))
