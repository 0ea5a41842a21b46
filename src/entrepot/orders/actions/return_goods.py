"""Take shipped goods back."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import ReturnGoods


async def return_goods(
    desk: Desk, caller: Caller, command: ReturnGoods, key: str, request: str | None = None
) -> Answer:
    """Take shipped goods back, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.unknown_line`, `orders.unknown_location`,
    `orders.more_than_shipped`.
    """
    return await submit(desk, caller, Handed(command, key, request))
