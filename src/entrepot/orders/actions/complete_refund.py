"""Say that the money of a refund request went back."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_refund_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import CompleteRefund


class RefundCompletion(msgspec.Struct, frozen=True):
    """How a refund request ends: with what its lines come to, or `cash_amount` (minor units).

    `restock` says whether the goods can be sold again, whatever the request says.
    """

    refund: Id
    notes: tuple[str, ...] = ()
    cash_amount: int | None = None
    restock: bool | None = None


async def complete_refund(
    desk: Desk, caller: Caller, completion: RefundCompletion, key: str, request: str | None = None
) -> Answer:
    """Mark a refund request as refunded, as its marketplace, through the batch.

    What was cancelled or came back moves with it. Without an amount no more goes back than was
    paid. `key` makes it repeatable: sent again, it is answered as before. Answers a
    `ShownRefundRequest`. Refuses `orders.unknown_refund_request`, `orders.marketplace_decides`,
    `orders.refund_not_returned`, `orders.refund_too_large`.
    """
    place = await find_refund_place(desk.pool, caller, completion.refund)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    command = CompleteRefund(
        order,
        marketplace,
        completion.refund,
        completion.notes,
        completion.cash_amount,
        completion.restock,
    )
    return await submit(desk, caller, Handed(command, key, request, completion))
