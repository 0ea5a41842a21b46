"""Say how the payment of an order ended."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import RecordPayment


async def record_payment(
    desk: Desk, caller: Caller, command: RecordPayment, key: str, request: str | None = None
) -> Answer:
    """Say how the payment of an order ended, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.not_placed`, `orders.already_paid`,
    `orders.already_cancelled`, `orders.payment_too_late`.
    """
    return await submit(desk, caller, Handed(command, key, request))
