"""Correct what is on hand by a difference."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import AdjustStock


async def adjust_stock(
    desk: Desk, caller: Caller, command: AdjustStock, key: str, request: str | None = None
) -> Answer:
    """Correct what is on hand by a difference, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_variant`, `orders.unknown_location`, those of quantities, and
    `stock.insufficient_available`.
    """
    return await submit(desk, caller, Handed(command, key, request))
