"""Say that the goods of a refund request are back, or will not leave."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_refund_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import TakeBackRefund


class RefundStep(msgspec.Struct, frozen=True):
    """A step to take with a refund request, and what is noted by it."""

    refund: Id
    notes: tuple[str, ...] = ()


async def take_back_refund(
    desk: Desk, caller: Caller, step: RefundStep, key: str, request: str | None = None
) -> Answer:
    """Mark a refund request as returned: by the invoice's marketplace, or by its seller.

    `key` makes it repeatable: sent again, it is answered as before. Answers a `ShownRefundRequest`.
    Refuses `orders.unknown_refund_request`, `orders.refund_not_awaiting`.
    """
    place = await find_refund_place(desk.pool, caller, step.refund)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    command = TakeBackRefund(order, marketplace, step.refund, step.notes)
    return await submit(desk, caller, Handed(command, key, request, step))
