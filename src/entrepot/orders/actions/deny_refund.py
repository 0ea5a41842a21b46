"""Say that no money goes back."""

from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_refund_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.actions.take_back_refund import RefundStep
from entrepot.orders.model import DenyRefund


async def deny_refund(
    desk: Desk, caller: Caller, step: RefundStep, key: str, request: str | None = None
) -> Answer:
    """Deny a refund request, as its marketplace; its goods may be dispatched again.

    `key` makes it repeatable: sent again, it is answered as before. Answers a `ShownRefundRequest`.
    Refuses `orders.unknown_refund_request`, `orders.marketplace_decides`, `orders.refund_ended`.
    """
    place = await find_refund_place(desk.pool, caller, step.refund)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    command = DenyRefund(order, marketplace, step.refund, step.notes)
    return await submit(desk, caller, Handed(command, key, request, step))
